import { z } from "zod";
import { common, defineCheck, lacking, noChampion } from "./check.ts";
import { atBudget, judgeAgainst, rivalSettings } from "./rival.ts";

/** The candidate against the champion, on the same rows, by resampling whole customers (or days). */
export const championCheck = defineCheck({
  proves: "On the same rows and the same alert budget the candidate is not worse than the champion, beyond chance.",
  inputs: ["champion"],
  settings: z.strictObject({ check: z.literal("champion"), ...rivalSettings, ...common }),
  title: (settings) =>
    `${settings.metric}${atBudget(settings)} ${settings.proof === "superior" ? "above" : "against"} the champion`,
  judge(settings, { champion }) {
    if (champion === undefined) return lacking("The comparison with the champion");
    if (champion === null) return noChampion("There is no champion yet to compare with; the absolute limits decide.");
    return judgeAgainst(settings, champion, "champion");
  },
});
