import type { GroupMetrics } from "@esteira/models/evaluation/groups";
import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";
import { measureOf, weightOf } from "./group-metric.ts";

/** A floor (or a ceiling) that every group of a slice keeps. */
export const sliceCheck = defineCheck({
  proves: "No group with enough known frauds falls through a floor that the total would hide.",
  inputs: ["evaluation"],
  settings: z.strictObject({
    check: z.literal("slice"),
    slice: z.string().min(1).describe("typology, or the name of a slice of the evaluation."),
    metric: z.enum(["recall", "value_recall", "fpr"]).default("recall"),
    min: z.number().min(0).max(1).optional(),
    max: z.number().min(0).max(1).optional(),
    support: z
      .number()
      .int()
      .min(1)
      .default(30)
      .describe("Rows that count for the metric (frauds; honest transfers for fpr) below which a group is not judged."),
    except: z.array(z.string()).default([]).describe("Groups that are known to be out of reach, said in the open."),
    ...common,
  }),
  title: ({ slice, metric, min, max }) =>
    `${metric} of each ${slice}${min === undefined ? "" : ` at least ${min}`}${max === undefined ? "" : ` at most ${max}`}`,
  judge({ slice, metric, min, max, support, except }, { evaluation }) {
    if (evaluation === undefined) return lacking("The evaluation of the candidate");
    const groups = slice === "typology" ? evaluation.typologies : evaluation.slices[slice];
    if (groups === undefined || groups.length === 0) return lacking(`The slice ${slice} of the evaluation`);
    const judged = groups
      .filter((group) => !except.includes(group.name))
      .map((group) => ({ group, value: measureOf(group, metric), weight: weightOf(group, metric) }));
    const supported = judged.filter(({ weight, value }) => weight >= support && Number.isFinite(value));
    const small = judged.filter((entry) => !supported.includes(entry));
    const failed = supported.filter(
      ({ value }) => (min !== undefined && value < min) || (max !== undefined && value > max),
    );
    const evidence: Record<string, number | string | null> = {
      slice,
      metric,
      min: min ?? null,
      max: max ?? null,
      support,
    };
    for (const { group, value, weight } of judged) {
      evidence[`${group.name}.${metric}`] = Number.isFinite(value) ? value : null;
      evidence[`${group.name}.support`] = weight;
    }
    if (except.length > 0) evidence.except = except.join(", ");
    const name = ({ group, value }: { group: GroupMetrics; value: number }) => `${group.name} ${figure(value)}`;
    const smallNames = small.map(({ group, weight }) => `${group.name} (${weight})`).join(", ");
    if (failed.length > 0) {
      return {
        status: "refused",
        found: failed.map(name).join(", "),
        reason: `${failed.length} of ${supported.length} groups miss the limit: ${failed.map(name).join(", ")}.`,
        evidence,
      };
    }
    if (small.length > 0) {
      return {
        status: "not_enough_evidence",
        found: `${supported.length} pass, ${small.length} too small`,
        reason: `Too few cases (${support} needed) to judge ${smallNames}; the other ${supported.length} groups keep the limit.`,
        evidence,
      };
    }
    const extreme = [...supported].sort((a, b) => (min === undefined ? b.value - a.value : a.value - b.value))[0];
    return {
      status: extreme === undefined ? "not_enough_evidence" : "passed",
      found: extreme === undefined ? "no group" : `${min === undefined ? "highest" : "lowest"} ${name(extreme)}`,
      reason:
        extreme === undefined
          ? `No group of ${slice} is left to judge.`
          : `All ${supported.length} groups keep the limit; the nearest is ${name(extreme)}.`,
      evidence,
    };
  },
});
