import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

/** A limit on any metric of the evaluation. */
export const metricCheck = defineCheck({
  proves: "A metric of the candidate on the evaluation rows keeps an absolute limit.",
  inputs: ["evaluation"],
  settings: z.strictObject({
    check: z.literal("metric"),
    metric: z.string().min(1).describe("A metric of the evaluation, for example auc_pr or recall_at_0.5pct."),
    min: z.number().optional(),
    max: z.number().optional(),
    support: z
      .number()
      .int()
      .min(1)
      .default(1)
      .describe("Known frauds below which the check says: not enough evidence."),
    ...common,
  }),
  title: ({ metric, min, max }) =>
    [metric, min === undefined ? "" : `at least ${min}`, max === undefined ? "" : `at most ${max}`]
      .filter((part) => part !== "")
      .join(" "),
  judge({ metric, min, max, support }, { evaluation }) {
    if (evaluation === undefined) return lacking("The evaluation of the candidate");
    const value = evaluation.metrics[metric];
    const evidence = { metric, value: value ?? null, min: min ?? null, max: max ?? null, frauds: evaluation.positives };
    if (value === undefined || Number.isNaN(value)) {
      return {
        status: "not_enough_evidence",
        found: "not measured",
        reason: `The evaluation has no metric ${metric}.`,
        evidence,
      };
    }
    if (evaluation.positives < support) {
      return {
        status: "not_enough_evidence",
        found: `${evaluation.positives} frauds`,
        reason: `Only ${evaluation.positives} frauds are known; ${support} are needed to judge ${metric}.`,
        evidence,
      };
    }
    const low = min !== undefined && value < min;
    const high = max !== undefined && value > max;
    const limit = low ? `below the limit of ${min}` : high ? `above the limit of ${max}` : "within its limits";
    return {
      status: low || high ? "refused" : "passed",
      found: figure(value),
      reason: `${metric} is ${figure(value)}, ${limit}.`,
      evidence,
    };
  },
});
