import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

/** The evaluation rows are like the training rows in the features that matter. */
export const driftCheck = defineCheck({
  proves: "The features that the model leans on are distributed on the evaluation rows as in training.",
  inputs: ["drift"],
  settings: z.strictObject({
    check: z.literal("drift"),
    psi: z.number().gt(0).default(0.25).describe("Highest population stability index of a feature."),
    top: z.number().int().min(1).default(10).describe("How many features, by importance, are looked at."),
    inherent: z
      .enum(["judge", "except"])
      .default("judge")
      .describe(
        "Whether features count that must move: windows that the data are too short to fill, calendars longer than the rows.",
      ),
    ...common,
  }),
  title: ({ psi, top }) => `PSI of the first ${top} features at most ${psi}`,
  judge({ psi, top, inherent }, { drift }) {
    if (drift === undefined || drift.length === 0) return lacking("The drift of the evaluation rows against training");
    const excepted = drift.filter((row) => inherent === "except" && row.inherent === true);
    const looked = drift
      .filter((row) => !excepted.includes(row))
      .sort((a, b) => b.importance - a.importance)
      .slice(0, top);
    if (looked.length === 0) return lacking("The drift of a feature that need not move");
    // What equal distributions of these sizes would show is not drift.
    const moved = looked.filter((row) => row.psi > psi + row.expectedPsi).sort((a, b) => b.psi - a.psi);
    const worst = [...looked].sort((a, b) => b.psi - a.psi)[0]!;
    const name = (row: { feature: string; psi: number }) => `${row.feature} ${figure(row.psi)}`;
    const left = excepted.length === 0 ? "" : `, ${excepted.length} that must move excepted`;
    return {
      status: moved.length > 0 ? "refused" : "passed",
      found: `highest ${name(worst)}${left}`,
      reason:
        moved.length > 0
          ? `${moved.length} of the first ${looked.length} features have moved: ${moved.map(name).join(", ")}.`
          : `None of the first ${looked.length} features is above ${psi}; the highest is ${name(worst)}.`,
      evidence: Object.fromEntries([
        ["limit", psi],
        ...looked.map((row) => [row.feature, row.psi] as const),
        ...excepted.map((row) => [`${row.feature} (must move)`, row.psi] as const),
      ]),
    };
  },
});
