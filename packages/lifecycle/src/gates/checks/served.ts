import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

/** What the service answered is what the packaged model answers to the same rows. */
export const servedCheck = defineCheck({
  proves: "The model answers the requests that its service has logged as the service did.",
  inputs: ["served"],
  settings: z.strictObject({
    check: z.literal("served"),
    tolerance: z
      .number()
      .min(0)
      .max(1)
      .default(1e-9)
      .describe("Largest difference of two answers that does not count."),
    differing: z.number().int().min(0).default(0).describe("Most rows that may differ."),
    rows: z.number().int().min(1).default(100).describe("Logged rows needed to judge."),
    ...common,
  }),
  title: ({ differing }) => `logged requests answered again, ${differing} differing at most`,
  judge({ tolerance, differing, rows }, { served }) {
    if (served === undefined) return lacking("A log of answered requests");
    const answered = served.differences.length;
    const apart = served.differences.filter((difference) => !(difference <= tolerance)).length;
    const largest = served.differences.reduce((most, difference) => Math.max(most, difference), 0);
    const evidence = { rows: answered, unusable: served.unusable, differing: apart, largest, tolerance };
    if (apart > differing) {
      return {
        status: "refused",
        found: `${apart} of ${answered} rows differ`,
        reason: `${apart} of ${answered} logged rows are answered otherwise than the service answered, by up to ${figure(largest)}; ${differing} are allowed.`,
        evidence,
      };
    }
    if (answered < rows) {
      return {
        status: "not_enough_evidence",
        found: `${answered} rows`,
        reason: `Only ${answered} logged rows of this model can be answered again (${served.unusable} are of another version, or redacted); ${rows} are needed.`,
        evidence,
      };
    }
    return {
      status: "passed",
      found: `${answered} rows, ${apart} differ`,
      reason: `Of ${answered} logged rows ${apart} differ, the largest difference is ${figure(largest)}.`,
      evidence,
    };
  },
});
