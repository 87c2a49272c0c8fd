import { PARITY_ENGINES } from "@esteira/models/verification/parity-report";
import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

const DAY = 86_400_000;

/** The model answers here as the engine that made it answers: the report of `esteira models verify --against`. */
export const parityCheck = defineCheck({
  proves: "The packaged model answers hard rows as the engine that made it does.",
  inputs: ["parity", "digests", "evaluatedAt"],
  settings: z.strictObject({
    check: z.literal("parity"),
    against: z.enum(PARITY_ENGINES).optional().describe("The engine that must have been asked; any when absent."),
    ulp: z
      .number()
      .int()
      .min(0)
      .default(1)
      .describe("Largest distance of two answers, in units in the last place of what the model computes in."),
    differing: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe("Most rows with any difference at all; any number within `ulp` when absent."),
    days: z.number().gt(0).default(30).describe("Age of the report at most."),
    rows: z.number().int().min(1).default(20).describe("Rows that both engines answered, needed to judge."),
    ...common,
  }),
  title: ({ against, ulp, differing }) =>
    `equal to ${against ?? "the original engine"} within ${ulp} ulp${differing === undefined ? "" : `, ${differing} rows differing at most`}`,
  judge({ against, ulp, differing, days, rows }, { parity, digests, evaluatedAt }) {
    if (parity === undefined) return lacking("The parity report");
    if (parity === null) {
      return {
        status: "refused",
        found: "no report",
        reason:
          "No parity report lies beside the model: make one with esteira models verify --against, naming the engine that made it.",
        evidence: {},
      };
    }
    const age = (evaluatedAt - Date.parse(parity.comparedAt)) / DAY;
    const answered = parity.rows - parity.refused;
    const finite = (value: number) => (Number.isFinite(value) ? value : null);
    const evidence = {
      against: parity.against,
      digest: parity.digest,
      compared_at: parity.comparedAt,
      age_days: age,
      rows: parity.rows,
      refused_by_both: parity.refused,
      differing: parity.differing,
      incomparable: parity.incomparable,
      max_ulp: finite(parity.maxUlp),
      max_relative: finite(parity.maxRelative),
    };
    const faults: string[] = [];
    if (`sha256:${parity.digest}` !== digests.model)
      faults.push(
        `it is of the model ${parity.digest.slice(0, 12)}…, not of this one (${digests.model.slice(7, 19)}…)`,
      );
    if (against !== undefined && parity.against !== against)
      faults.push(`it compares with ${parity.against}, and ${against} is asked`);
    if (!(age <= days)) faults.push(`it is ${figure(age)} days old, and ${days} are allowed`);
    if (!(age >= 0)) faults.push(`it is dated ${parity.comparedAt}, after this judgement`);
    if (parity.incomparable > 0) faults.push(`${parity.incomparable} rows cannot be compared: one engine refuses them`);
    if (parity.maxUlp > ulp) faults.push(`answers lie ${figure(parity.maxUlp)} ulp apart, and ${ulp} are allowed`);
    if (differing !== undefined && parity.differing > differing)
      faults.push(`${parity.differing} rows differ, and ${differing} are allowed`);
    const found = `${parity.differing} of ${answered} differ, ${figure(parity.maxUlp)} ulp`;
    if (faults.length > 0)
      return { status: "refused", found, reason: `The parity report does not hold: ${faults.join("; ")}.`, evidence };
    if (answered < rows) {
      return {
        status: "not_enough_evidence",
        found: `${answered} rows`,
        reason: `Only ${answered} rows were answered by both engines; ${rows} are needed.`,
        evidence,
      };
    }
    return {
      status: "passed",
      found,
      reason: `${parity.differing} of ${answered} rows differ from ${parity.against}, by ${figure(parity.maxUlp)} ulp at most, in a report of this model ${figure(age)} days old.`,
      evidence,
    };
  },
});
