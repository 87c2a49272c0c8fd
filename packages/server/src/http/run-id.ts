import { z } from "zod";
import { requiredText, text } from "./fields.ts";

/** Fields of a request that names its run: by `run_id`, or by `run_uuid` as old clients do; `joinRunId` makes them one. */
export const withRunId = <S extends z.ZodRawShape>(fields: S) =>
  z.object({ run_id: requiredText, run_uuid: text, ...fields });

/** Clients older than MLflow 1.0 name a run `run_uuid`; newer ones send both. */
export function joinRunId(source: unknown): unknown {
  if (typeof source !== "object" || source === null || !("run_uuid" in source)) return source;
  const { run_uuid, ...rest } = source;
  return { run_id: run_uuid, ...rest };
}
