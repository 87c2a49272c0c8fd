import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";
import { type GroupMetric, measureOf, weightOf } from "./group-metric.ts";

/** No group of a slice fares much worse than another. */
export const fairnessCheck = defineCheck({
  proves: "No group of people is blocked, or left unprotected, much more than another.",
  inputs: ["evaluation"],
  settings: z.strictObject({
    check: z.literal("fairness"),
    slice: z.string().min(1).describe("The name of a slice of the evaluation: an age band, a region."),
    metric: z
      .enum(["fpr", "recall", "value_recall"])
      .default("fpr")
      .describe("fpr: honest transfers that are alerted; recall: frauds that are caught."),
    gap: z.number().gt(0).lt(1).optional().describe("Largest distance between the lowest and the highest group."),
    ratio: z.number().gt(1).optional().describe("How many times the lowest the highest may be."),
    support: z
      .number()
      .int()
      .min(1)
      .default(100)
      .describe("Rows that count for the metric (frauds; honest transfers for fpr) below which a group is not judged."),
    ...common,
  }),
  title: ({ slice, metric, gap, ratio }) =>
    `${metric} of all ${slice} ${[
      gap === undefined ? "" : `within ${gap}`,
      ratio === undefined ? "" : `within ${ratio} times`,
    ]
      .filter((part) => part !== "")
      .join(", ")}`,
  judge({ slice, metric, gap, ratio, support }, { evaluation }) {
    if (evaluation === undefined) return lacking("The evaluation of the candidate");
    const groups = evaluation.slices[slice];
    if (groups === undefined || groups.length === 0) return lacking(`The slice ${slice} of the evaluation`);
    const measured = groups.map((group) => ({
      name: group.name,
      value: measureOf(group, metric satisfies GroupMetric),
      weight: weightOf(group, metric),
    }));
    const judged = measured.filter(({ value, weight }) => weight >= support && Number.isFinite(value));
    const small = measured.filter((one) => !judged.includes(one));
    const evidence: Record<string, number | string | null> = { slice, metric, support };
    for (const { name, value, weight } of measured) {
      evidence[`${name}.${metric}`] = Number.isFinite(value) ? value : null;
      evidence[`${name}.support`] = weight;
    }
    const [lowest, ...others] = judged.toSorted((a, b) => a.value - b.value);
    const highest = others.at(-1);
    const tooSmall = small.map(({ name, weight }) => `${name} (${weight})`).join(", ");
    if (lowest === undefined || highest === undefined) {
      return {
        status: "not_enough_evidence",
        found: `${judged.length} of ${measured.length} groups`,
        reason: `Fewer than two groups of ${slice} have ${support} cases: too small are ${tooSmall || "none"}.`,
        evidence,
      };
    }
    const apart = highest.value - lowest.value;
    const found = `${lowest.name} ${figure(lowest.value)} to ${highest.name} ${figure(highest.value)}`;
    const faults: string[] = [];
    if (gap !== undefined && apart > gap) faults.push(`${figure(apart)} apart, and ${gap} is allowed`);
    if (ratio !== undefined && highest.value > ratio * lowest.value)
      faults.push(
        `${lowest.value > 0 ? `${figure(highest.value / lowest.value)} times` : "above nothing at all"}, and ${ratio} times is allowed`,
      );
    if (faults.length > 0)
      return { status: "refused", found, reason: `${metric} goes from ${found}: ${faults.join("; ")}.`, evidence };
    if (small.length > 0) {
      return {
        status: "not_enough_evidence",
        found: `${judged.length} alike, ${small.length} too small`,
        reason: `Too few cases (${support} needed) to judge ${tooSmall}; the other ${judged.length} groups are alike.`,
        evidence,
      };
    }
    return { status: "passed", found, reason: `All ${judged.length} groups are alike: ${found}.`, evidence };
  },
});
