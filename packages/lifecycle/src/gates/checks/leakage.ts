import { z } from "zod";
import { common, defineCheck, lacking, percent, share } from "./check.ts";

/** A feature that alone carries the model has usually seen the answer. */
export const leakageCheck = defineCheck({
  proves: "No single feature carries the model, which is what a leak of the label looks like.",
  inputs: ["importance"],
  settings: z.strictObject({
    check: z.literal("leakage"),
    share: share.default(0.6).describe("Highest share of the total gain that one feature may have."),
    ...common,
  }),
  title: ({ share }) => `no feature above ${percent(share)} of the gain`,
  judge({ share }, { importance }) {
    if (importance === undefined) return lacking("The importance of the features");
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
