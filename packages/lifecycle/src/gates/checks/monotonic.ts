import { z } from "zod";
import { common, defineCheck, figure, lacking, percent } from "./check.ts";

/** More of one input never lowers (or never raises) the score, all else equal. */
export const monotonicCheck = defineCheck({
  proves: "The score goes one way with an input where the business says that it must, all else equal.",
  inputs: ["responses"],
  settings: z.strictObject({
    check: z.literal("monotonic"),
    feature: z.string().min(1).describe("An input of the model, a number."),
    direction: z.enum(["rising", "falling"]).describe("How the score goes as the input grows."),
    tolerance: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("A step the other way that does not count, in probability."),
    share: z.number().min(0).lt(1).default(0).describe("Share of the rows that may have a step the other way."),
    support: z.number().int().min(1).default(100).describe("Rows needed to judge."),
    ...common,
  }),
  title: ({ feature, direction }) => `score ${direction} with ${feature}`,
  judge({ feature, direction, tolerance, share, support }, { responses }) {
    const found = responses?.find((response) => response.feature === feature);
    if (found === undefined) return lacking(`The model's response to ${feature}`);
    const wrong = direction === "rising" ? found.falls : found.rises;
    const rows = wrong.length;
    const breaks = wrong.filter((step) => step > tolerance).length;
    const largest = wrong.reduce((most, step) => Math.max(most, step), 0);
    const evidence = { feature, direction, rows, breaks, largest_step: largest, tolerance, values: found.values };
    if (rows < support || found.values < 2) {
      return {
        status: "not_enough_evidence",
        found: found.values < 2 ? "one value" : `${rows} rows`,
        reason:
          found.values < 2
            ? `${feature} has fewer than two values on these rows.`
            : `Only ${rows} rows were tried; ${support} are needed.`,
        evidence,
      };
    }
    const way = direction === "rising" ? "falls" : "rises";
    return {
      status: breaks <= share * rows ? "passed" : "refused",
      found: `${breaks} of ${rows} rows the other way`,
      reason: `Of ${rows} rows tried with ${found.values} values of ${feature}, the score ${way} somewhere on ${breaks}, by up to ${figure(largest)}; ${percent(share)} are allowed.`,
      evidence,
    };
  },
});
