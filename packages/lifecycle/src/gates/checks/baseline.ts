import { z } from "zod";
import { common, defineCheck, lacking } from "./check.ts";
import { atBudget, judgeAgainst, rivalSettings } from "./rival.ts";

/** The candidate against something simple on the same rows: the floor that needs no knowledge of the data's prevalence. */
export const baselineCheck = defineCheck({
  proves: "On the same rows the candidate is worth more than something that needs no such model, beyond chance.",
  inputs: ["baselines"],
  settings: z.strictObject({
    check: z.literal("baseline"),
    baseline: z.string().min(1).describe("The baseline's name, for example amount only."),
    ...rivalSettings,
    ...common,
  }),
  title: (settings) =>
    `${settings.metric}${atBudget(settings)} ${settings.proof === "superior" ? "above" : "against"} ${settings.baseline}`,
  judge(settings, { baselines }) {
    const found = baselines?.find(({ name }) => name === settings.baseline);
    if (found === undefined) {
      const known = baselines?.map(({ name }) => name).join(", ");
      return lacking(`The baseline ${settings.baseline}${known ? ` (there are ${known})` : ""}`);
    }
    return judgeAgainst(settings, found, "baseline");
  },
});
