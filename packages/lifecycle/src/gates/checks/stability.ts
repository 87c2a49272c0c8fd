import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

/** The same training with other seeds gives as good a model: the candidate is no lucky draw. */
export const stabilityCheck = defineCheck({
  proves: "The metric does not hang on the training's seed: models of other seeds have it too.",
  inputs: ["evaluation", "seeds"],
  settings: z.strictObject({
    check: z.literal("stability"),
    metric: z.string().min(1).default("auc_pr").describe("A metric of the evaluation."),
    spread: z.number().gt(0).describe("Largest distance between the lowest and the highest, the candidate included."),
    models: z.number().int().min(2).default(3).describe("Models of other seeds needed to judge."),
    ...common,
  }),
  title: ({ metric, spread }) => `${metric} across seeds within ${spread}`,
  judge({ metric, spread, models }, { evaluation, seeds, digests }) {
    if (evaluation === undefined) return lacking("The evaluation of the candidate");
    if (seeds === undefined || seeds.length === 0) return lacking("A model of another seed");
    // The candidate itself, or one model twice, says nothing of another seed.
    const others = new Map(seeds.filter(({ digest }) => digest !== digests.model).map((one) => [one.digest, one]));
    const own = evaluation.metrics[metric];
    const values = [...others.values()].map(({ name, metrics }) => ({ name, value: metrics[metric] ?? Number.NaN }));
    const evidence: Record<string, number | string | null> = { metric, spread_limit: spread, candidate: own ?? null };
    for (const { name, value } of values) evidence[name] = Number.isFinite(value) ? value : null;
    if (own === undefined || values.some(({ value }) => !Number.isFinite(value))) {
      return {
        status: "not_enough_evidence",
        found: "not measured",
        reason: `Not every model has a metric ${metric} on these rows.`,
        evidence,
      };
    }
    if (values.length < models) {
      return {
        status: "not_enough_evidence",
        found: `${values.length} other seeds`,
        reason: `Only ${values.length} different models of other seeds were given; ${models} are needed.`,
        evidence,
      };
    }
    const all = [own, ...values.map(({ value }) => value)];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    return {
      status: high - low <= spread ? "passed" : "refused",
      found: `${figure(low)} to ${figure(high)}`,
      reason: `${metric} goes from ${figure(low)} to ${figure(high)} over ${all.length} seeds, ${figure(high - low)} apart; ${spread} is allowed.`,
      evidence: { ...evidence, spread: high - low },
    };
  },
});
