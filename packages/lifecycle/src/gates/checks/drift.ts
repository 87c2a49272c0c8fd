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
    except: z.array(z.string()).default([]).describe("Features that move by construction, said in the open."),
    ...common,
  }),
  title: ({ psi, top, except }) =>
    `PSI of the first ${top} features at most ${psi}${except.length === 0 ? "" : `, ${except.length} excepted`}`,
  judge({ psi, top, except }, { drift }) {
    if (drift === undefined || drift.length === 0) return lacking("The drift of the evaluation rows against training");
    const looked = drift
      .filter(({ feature }) => !except.includes(feature))
      .sort((a, b) => b.importance - a.importance)
      .slice(0, top);
    if (looked.length === 0) return lacking("The drift of a feature that is not excepted");
    // What equal distributions of these sizes would show is not drift.
    const moved = looked.filter((row) => row.psi > psi + row.expectedPsi).sort((a, b) => b.psi - a.psi);
    const worst = [...looked].sort((a, b) => b.psi - a.psi)[0]!;
    const name = (row: { feature: string; psi: number }) => `${row.feature} ${figure(row.psi)}`;
    return {
      status: moved.length > 0 ? "refused" : "passed",
      found: `highest ${name(worst)}`,
      reason:
        moved.length > 0
          ? `${moved.length} of the first ${looked.length} features have moved: ${moved.map(name).join(", ")}.`
          : `None of the first ${looked.length} features is above ${psi}; the highest is ${name(worst)}.`,
      evidence: Object.fromEntries([
        ["limit", psi],
        ...looked.map((row) => [row.feature, row.psi] as const),
        ...drift
          .filter(({ feature }) => except.includes(feature))
          .map((row) => [`${row.feature} (excepted)`, row.psi] as const),
      ]),
    };
  },
});
