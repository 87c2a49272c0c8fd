import { z } from "zod";
import type { RunEvent } from "../entities/run-watch.ts";
import { runId } from "../ids.ts";
import { metricToWire, metricWire } from "./metric.ts";
import { runInfoToWire, runInfoWire } from "./run.ts";
import { tagsWire } from "./tag.ts";

/** What the data of each event holds, by the event's name. */
const EVENTS = {
  run: z
    .object({ info: runInfoWire, tags: tagsWire })
    .transform(({ info, tags }): RunEvent => ({ kind: "run", run: { info, tags } })),
  metrics: z
    .object({ run_id: z.string(), points: z.array(metricWire) })
    .transform(({ run_id, points }): RunEvent => ({ kind: "metrics", runId: runId(run_id), points })),
  live: z
    .object({ run_ids: z.array(z.string()).default([]) })
    .transform(({ run_ids }): RunEvent => ({ kind: "live", runIds: run_ids.map(runId) })),
  reset: z.object({}).transform((): RunEvent => ({ kind: "reset" })),
  end: z.object({}).transform((): RunEvent => ({ kind: "end" })),
} satisfies Readonly<Record<RunEvent["kind"], z.ZodType>>;

export function runEventToWire(event: RunEvent): object {
  switch (event.kind) {
    case "run":
      return { info: runInfoToWire(event.run.info), tags: event.run.tags };
    case "metrics":
      return { run_id: event.runId, points: event.points.map(metricToWire) };
    case "live":
      return { run_ids: event.runIds };
    default:
      return {};
  }
}

/** The event of this name and data; undefined for a name that a later server may send. Throws what zod throws. */
export function runEventFromWire(name: string, data: unknown): RunEvent | undefined {
  return Object.hasOwn(EVENTS, name) ? EVENTS[name as RunEvent["kind"]].parse(data) : undefined;
}
