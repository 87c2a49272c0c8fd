import { z } from "zod";
import { common, defineCheck, figure, lacking, support } from "./check.ts";

/** The probabilities mean what they say. */
export const calibrationCheck = defineCheck({
  proves: "Probabilities can be read as probabilities, so that costs and thresholds by amount mean something.",
  inputs: ["evaluation"],
  settings: z.strictObject({
    check: z.literal("calibration"),
    ece: z.number().gt(0).max(1).optional().describe("Highest expected calibration error (bins of equal mass)."),
    top: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe("Highest |predicted - observed| among the 1 % with the highest scores."),
    ratio: z
      .strictObject({ min: z.number().gt(0), max: z.number().gt(0) })
      .optional()
      .describe("Expected frauds / observed frauds."),
    support: support(50),
    ...common,
  }),
  title: ({ ece, top, ratio }) =>
    `calibration: ${[
      ece === undefined ? "" : `ECE at most ${ece}`,
      top === undefined ? "" : `top 1 % within ${top}`,
      ratio === undefined ? "" : `expected/observed ${ratio.min} to ${ratio.max}`,
    ]
      .filter((part) => part !== "")
      .join(", ")}`,
  judge(settings, { evaluation }) {
    if (evaluation === undefined) return lacking("The evaluation of the candidate");
    const { metrics, top1pct, positives } = evaluation;
    const ece = metrics.ece ?? Number.NaN;
    const ratio = metrics.expected_observed_ratio ?? Number.NaN;
    const gap = Math.abs(top1pct.predicted - top1pct.observed);
    const evidence = {
      ece,
      expected_observed_ratio: ratio,
      top_1pct_predicted: top1pct.predicted,
      top_1pct_observed: top1pct.observed,
      frauds: positives,
    };
    const found = `ECE ${figure(ece)}, ratio ${figure(ratio)}`;
    if (positives < settings.support) {
      return {
        status: "not_enough_evidence",
        found: `${positives} frauds`,
        reason: `Only ${positives} frauds are known; ${settings.support} are needed to judge calibration.`,
        evidence,
      };
    }
    const faults: string[] = [];
    if (settings.ece !== undefined && !(ece <= settings.ece))
      faults.push(`the calibration error is ${figure(ece)}, above ${settings.ece}`);
    if (settings.top !== undefined && !(gap <= settings.top))
      faults.push(`the top 1 % expects ${figure(top1pct.predicted)} and has ${figure(top1pct.observed)}`);
    if (settings.ratio !== undefined && !(ratio >= settings.ratio.min && ratio <= settings.ratio.max))
      faults.push(
        `expected/observed frauds is ${figure(ratio)}, outside ${settings.ratio.min} to ${settings.ratio.max}`,
      );
    const sentence = faults.join("; ");
    return {
      status: faults.length > 0 ? "refused" : "passed",
      found,
      reason: faults.length > 0 ? `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.` : `Within limits: ${found}.`,
      evidence,
    };
  },
});
