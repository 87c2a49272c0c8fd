import { meanReplicates } from "@esteira/models/evaluation/bootstrap";
import { brier, ece } from "@esteira/models/evaluation/calibration";
import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import { countPositives } from "@esteira/models/evaluation/rows";
import { z } from "zod";
import { common, defineCheck, figure, lacking, noChampion, percent, support } from "./check.ts";

/** The candidate's probabilities beside the champion's: what costs and amounts are weighed by. */
export const probabilitiesCheck = defineCheck({
  proves: "On the same rows the candidate's probabilities are no further from the truth than the champion's.",
  inputs: ["champion"],
  settings: z.strictObject({
    check: z.literal("probabilities"),
    brier: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("How much worse the Brier score may be, as a share of the champion's; beyond chance."),
    ece: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe("How much larger the calibration error (bins of equal mass) may be; as measured."),
    confidence: z.number().gt(0.5).lt(1).default(0.95).describe("One-sided, of the Brier score."),
    replicates: z.number().int().min(200).max(100_000).default(1000),
    seed: z.number().int().min(0).default(1),
    support: support(100),
    ...common,
  }),
  title: (settings) =>
    `probabilities against the champion: ${[
      settings.brier === undefined ? "" : `Brier at most ${percent(settings.brier)} worse`,
      settings.ece === undefined ? "" : `ECE at most ${settings.ece} larger`,
    ]
      .filter((part) => part !== "")
      .join(", ")}`,
  judge(settings, { champion }) {
    if (champion === undefined) return lacking("The comparison with the champion");
    if (champion === null) return noChampion("There is no champion yet whose probabilities could be compared.");
    const { rows, scores, name } = champion;
    const { labels } = rows;
    const frauds = countPositives(labels);
    if (frauds < settings.support) {
      return {
        status: "not_enough_evidence",
        found: `${frauds} frauds`,
        reason: `Only ${frauds} frauds are known on the compared rows; ${settings.support} are needed.`,
        evidence: { frauds, support: settings.support, champion: name },
      };
    }
    const own = { brier: brier(scores.challenger, labels), ece: ece(scores.challenger, labels) };
    const theirs = { brier: brier(scores.champion, labels), ece: ece(scores.champion, labels) };
    const worse = Float64Array.from(
      labels,
      (label, row) => (scores.challenger[row]! - label) ** 2 - (scores.champion[row]! - label) ** 2,
    );
    const bound = quantileOfSorted(meanReplicates(worse, rows.clusters, settings), settings.confidence);
    const faults: string[] = [];
    if (settings.brier !== undefined && !(bound <= settings.brier * theirs.brier))
      faults.push(
        `the Brier score is ${figure(own.brier)} against ${figure(theirs.brier)} of ${name}, up to ${figure(bound)} worse with ${percent(settings.confidence)} confidence where ${figure(settings.brier * theirs.brier)} is allowed`,
      );
    if (settings.ece !== undefined && !(own.ece <= theirs.ece + settings.ece))
      faults.push(
        `the calibration error is ${figure(own.ece)} against ${figure(theirs.ece)} of ${name}, and may be ${settings.ece} larger`,
      );
    const sentence = faults.join("; ");
    const found = `Brier ${figure(own.brier)} beside ${figure(theirs.brier)}, ECE ${figure(own.ece)} beside ${figure(theirs.ece)}`;
    return {
      status: faults.length > 0 ? "refused" : "passed",
      found,
      reason: faults.length > 0 ? `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.` : `Within limits: ${found}.`,
      evidence: {
        champion: name,
        champion_digest: champion.digest,
        brier: own.brier,
        champion_brier: theirs.brier,
        brier_worse_bound: bound,
        ece: own.ece,
        champion_ece: theirs.ece,
        confidence: settings.confidence,
        replicates: settings.replicates,
        frauds,
      },
    };
  },
});
