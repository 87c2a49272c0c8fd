import { z } from "zod";
import { common, defineCheck, figure, lacking, percent, share } from "./check.ts";

/** A feature that alone carries the model has usually seen the answer. */
export const leakageCheck = defineCheck({
  proves: "No single feature carries the model, which is what a leak of the label looks like.",
  inputs: ["importance", "alone"],
  settings: z.strictObject({
    check: z.literal("leakage"),
    share: share.default(0.6).describe("Highest share of the total gain that one feature may have."),
    alone: z
      .number()
      .gt(0.5)
      .max(1)
      .optional()
      .describe(
        "Highest AUC-ROC that one input may have by itself, in either direction: more has seen what came later.",
      ),
    ...common,
  }),
  title: ({ share, alone }) =>
    `no feature above ${percent(share)} of the gain${alone === undefined ? "" : `, none alone above ${alone}`}`,
  judge({ share, alone: limit }, { importance, alone }) {
    if (importance === undefined) return lacking("The importance of the features");
    if (limit !== undefined) {
      if (alone === undefined || alone.length === 0) return lacking("How good each input is by itself");
      const best = alone.toSorted((a, b) => b.auc - a.auc)[0]!;
      if (best.auc > limit) {
        return {
          status: "refused",
          found: `${best.feature} alone ${figure(best.auc)}`,
          reason: `${best.feature} by itself ranks frauds with an AUC-ROC of ${figure(best.auc)}, above ${limit}: it knows what came later, or is the answer.`,
          evidence: { feature: best.feature, auc_alone: best.auc, limit },
        };
      }
    }
    const total = importance.reduce((sum, { gain }) => sum + gain, 0);
    const first = [...importance].sort((a, b) => b.gain - a.gain)[0];
    if (first === undefined || !(total > 0)) {
      return {
        status: "not_enough_evidence",
        found: "no gain",
        reason: "The model splits on no feature, so nothing can be said of a leak.",
        evidence: { features: importance.length },
      };
    }
    const largest = first.gain / total;
    const smells = largest > share;
    return {
      status: smells ? "refused" : "passed",
      found: `${first.feature} ${percent(largest)}`,
      reason: smells
        ? `${first.feature} has ${percent(largest)} of the gain, above ${percent(share)}: find out when its value becomes known.`
        : `The first feature, ${first.feature}, has ${percent(largest)} of the gain.`,
      evidence: { feature: first.feature, gain_share: largest, limit: share, features: importance.length },
    };
  },
});
