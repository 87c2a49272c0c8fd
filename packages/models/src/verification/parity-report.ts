/** The file beside a model that says how far our answers to its golden rows are from those of the engine that made it. */

import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { ServableModel } from "../flavors/flavor.ts";
import type { Frame } from "../format/enforce.ts";
import { parseJson } from "../format/json.ts";
import type { Parity } from "./parity.ts";

/** Written beside the model; not part of its digest. */
export const PARITY_FILE = "esteira_parity.json";

export const PARITY_ENGINES = ["python", "spark", "xgboost"] as const;
/**
 * `python`: MLflow's pyfunc, with the library that made the model; `spark`: Spark's own `PipelineModel.transform`; `xgboost`: libxgboost in
 * this process, without Python.
 */
export type ParityEngine = (typeof PARITY_ENGINES)[number];

export interface ParityReport extends Parity {
  readonly format: "esteira-parity/1";
  readonly against: ParityEngine;
  /** Of the model that was compared, 64 hex digits. */
  readonly digest: string;
  /** When, in ISO 8601. */
  readonly comparedAt: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly tolerance: number;
  readonly passed: boolean;
}

/** What an engine is asked, with what goes into the report. */
export interface ParityQuestion {
  readonly model: ServableModel;
  readonly folder: string;
  readonly example: Frame;
  /** The interpreter that has the engine, where that is a library of Python. */
  readonly python: string;
  readonly tolerance: number;
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function reportParity(
  against: ParityEngine,
  { digest, at, tolerance }: Pick<ParityQuestion, "digest" | "at" | "tolerance">,
  versions: Readonly<Record<string, string>>,
  parity: Parity,
): ParityReport {
  return {
    format: "esteira-parity/1",
    against,
    digest,
    comparedAt: new Date(at).toISOString(),
    versions,
    tolerance,
    // Rows that both refuse prove nothing about answers.
    passed: parity.incomparable === 0 && parity.refused < parity.rows && parity.maxRelative <= tolerance,
    ...parity,
  };
}

const count = z.number().int().nonnegative();
/** JSON has no infinity: a distance without end is null there. */
const distance = z
  .number()
  .nonnegative()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY);

const reportWire = z.object({
  format: z.literal("esteira-parity/1"),
  against: z.enum(PARITY_ENGINES),
  digest: z.string(),
  comparedAt: z.iso.datetime(),
  rows: count,
  differing: count,
  incomparable: count,
  refused: count,
  maxUlp: distance,
  maxRelative: distance,
  passed: z.boolean(),
});

/** What a gate reads of a report. */
export type ParitySummary = z.infer<typeof reportWire>;

/** Throws INVALID_PARAMETER_VALUE when the text is no report. */
export function readParityReport(text: string): ParitySummary {
  const read = reportWire.safeParse(parseJson(text, PARITY_FILE));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalid(
    `${PARITY_FILE} is no parity report: ${issue?.path.join(".") || "it"}: ${issue?.message ?? "not valid"}`,
  );
}
