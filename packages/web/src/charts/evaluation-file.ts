import { z } from "zod";

/** The file in which a run keeps what its model does on labelled rows, and with it the curves. */
export const EVALUATION_FILE = "evaluation.json";

const numbers = z.array(z.number());
const curve = z.object({ x: numbers, y: numbers }).refine(({ x, y }) => x.length === y.length);
const evaluation = z.object({
  pr: curve.optional(),
  roc: curve.optional(),
  calibration: z.array(z.object({ predicted: z.number(), observed: z.number(), rows: z.number() })).optional(),
  prevalence: z.number().optional(),
  metrics: z.record(z.string(), z.unknown()).default({}),
});

export interface EvaluationCurves {
  /** Recall (x) against precision (y). */
  readonly pr?: { readonly x: readonly number[]; readonly y: readonly number[] } | undefined;
  /** False positive rate (x) against recall (y). */
  readonly roc?: { readonly x: readonly number[]; readonly y: readonly number[] } | undefined;
  /** Mean predicted probability against the share of positives, a bin a point. */
  readonly calibration?: { readonly x: readonly number[]; readonly y: readonly number[] } | undefined;
  /** Share of positives among all rows. */
  readonly prevalence?: number | undefined;
  /** Areas under the curves, and the expected calibration error, where the run says them. */
  readonly figures: {
    readonly pr?: number | undefined;
    readonly roc?: number | undefined;
    readonly calibration?: number | undefined;
  };
}

/** The curves in the text of an `evaluation.json`; undefined when it has none, or is something else. */
export function parseEvaluation(text: string): EvaluationCurves | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = evaluation.safeParse(parsed);
  if (!result.success) return undefined;
  const { pr, roc, calibration, prevalence, metrics } = result.data;
  if (pr === undefined && roc === undefined && calibration === undefined) return undefined;
  const figure = (key: string) => (typeof metrics[key] === "number" ? metrics[key] : undefined);
  return {
    pr,
    roc,
    calibration: calibration && {
      x: calibration.map(({ predicted }) => predicted),
      y: calibration.map(({ observed }) => observed),
    },
    prevalence,
    figures: { pr: figure("auc_pr"), roc: figure("auc_roc"), calibration: figure("ece") },
  };
}
