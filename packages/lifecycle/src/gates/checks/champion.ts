import { pairedBootstrap } from "@esteira/models/evaluation/bootstrap";
import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import type { ResampledMetric } from "@esteira/models/evaluation/resampled-metric";
import { countPositives } from "@esteira/models/evaluation/rows";
import { z } from "zod";
import { common, defineCheck, figure, lacking, percent, share, signed, support } from "./check.ts";

const PROOFS = {
  not_worse: "not worse than the champion by more than the margin",
  better: "not worse by more than the margin, and better in point",
  superior: "better than the champion",
} as const;

/** The candidate against the champion, on the same rows, by resampling whole customers (or days). */
export const championCheck = defineCheck({
  proves: "On the same rows and the same alert budget the candidate is not worse than the champion, beyond chance.",
  inputs: ["champion"],
  settings: z.strictObject({
    check: z.literal("champion"),
    metric: z.enum(["recall", "value_recall", "precision", "auc_pr", "auc_roc"]),
    budget: share
      .optional()
      .describe("Share of transfers that may be alerted; for recall, value_recall and precision."),
    proof: z
      .enum(["not_worse", "better", "superior"])
      .default("not_worse")
      .describe(
        "not_worse: the lower bound lies above -margin. better: that, and the difference is positive. superior: the lower bound lies above 0.",
      ),
    margin: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe("How much worse is still acceptable, in the metric's unit."),
    confidence: z.number().gt(0.5).lt(1).default(0.95).describe("One-sided."),
    replicates: z.number().int().min(200).max(100_000).default(1000),
    resample: z
      .enum(["customers", "days", "widest"])
      .default("customers")
      .describe("What is drawn as a whole; widest takes the lower of the two lower bounds."),
    seed: z.number().int().min(0).default(1),
    support: support(100),
    ...common,
  }),
  title: ({ metric, budget, proof }) =>
    `${metric}${budget === undefined ? "" : ` at ${percent(budget)} alerts`} ${proof === "superior" ? "above" : "against"} the champion`,
  judge(settings, { champion }) {
    if (champion === undefined) return lacking("The comparison with the champion");
    if (champion === null) {
      return {
        status: "not_applicable",
        found: "no champion yet",
        reason: "There is no champion yet to compare with; the absolute limits decide.",
        evidence: {},
      };
    }
    const frauds = countPositives(champion.rows.labels);
    if (frauds < settings.support) {
      return {
        status: "not_enough_evidence",
        found: `${frauds} frauds`,
        reason: `Only ${frauds} frauds are known on the compared rows; ${settings.support} are needed.`,
        evidence: { frauds, support: settings.support, champion: champion.name },
      };
    }
    const clusterings: Int32Array[] = [];
    if (settings.resample !== "days") clusterings.push(champion.rows.clusters);
    if (settings.resample !== "customers") {
      if (champion.days === undefined) return lacking("The day of each compared row");
      clusterings.push(champion.days);
    }
    const metric: ResampledMetric =
      settings.metric === "auc_pr" || settings.metric === "auc_roc"
        ? { name: settings.metric }
        : { name: settings.metric, budget: settings.budget ?? 0.005 };
    const estimates = clusterings.map((clusters) =>
      pairedBootstrap({ ...champion.rows, clusters }, champion.scores, {
        metric,
        replicates: settings.replicates,
        seed: settings.seed,
      }),
    );
    const bounds = estimates.map(({ replicates }) => quantileOfSorted(replicates, 1 - settings.confidence));
    const bound = Math.min(...bounds);
    const estimate = estimates[bounds.indexOf(bound)]!;
    // At a margin of 0 an identical model, whose every draw gives exactly 0, is not worse.
    const notWorse = bound >= -settings.margin;
    const proven =
      settings.proof === "superior" ? bound > 0 : notWorse && (settings.proof === "not_worse" || estimate.delta > 0);
    const asked = settings.proof === "superior" ? "above 0" : `at ${signed(-settings.margin)} or above`;
    return {
      status: proven ? "passed" : "refused",
      found: `${signed(estimate.delta)} (lower bound ${signed(bound)})`,
      reason:
        `${settings.metric} is ${figure(estimate.challenger)} against ${figure(estimate.champion)} of ${champion.name}: ` +
        `a difference of ${signed(estimate.delta)}, at least ${signed(bound)} with ${percent(settings.confidence)} confidence; ` +
        `asked: ${PROOFS[settings.proof]} (bound ${asked}).`,
      evidence: {
        champion: champion.name,
        champion_digest: champion.digest,
        champion_value: estimate.champion,
        challenger_value: estimate.challenger,
        delta: estimate.delta,
        lower_bound: bound,
        interval_low: estimate.low,
        interval_high: estimate.high,
        p_not_better: estimate.pNotBetter,
        margin: settings.margin,
        confidence: settings.confidence,
        replicates: estimate.replicates.length,
        frauds,
        rows: champion.rows.labels.length,
      },
    };
  },
});
