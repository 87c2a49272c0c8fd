import { pairedBootstraps } from "@esteira/models/evaluation/bootstrap";
import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import type { ResampledMetric } from "@esteira/models/evaluation/resampled-metric";
import { countPositives } from "@esteira/models/evaluation/rows";
import { z } from "zod";
import type { RivalEvidence } from "../evidence.ts";
import type { Finding } from "../verdict.ts";
import { figure, lacking, percent, share, signed, support } from "./check.ts";

/** How a candidate is compared with another scorer on the same rows: what the checks `champion` and `baseline` share. */
export const rivalSettings = {
  metric: z.enum(["recall", "value_recall", "precision", "auc_pr", "auc_roc"]),
  budget: share.optional().describe("Share of transfers that may be alerted; for recall, value_recall and precision."),
  proof: z
    .enum(["not_worse", "better", "superior"])
    .default("not_worse")
    .describe(
      "not_worse: the lower bound lies above -margin. better: that, and the difference is positive. superior: the lower bound lies above 0.",
    ),
  margin: z.number().min(0).max(1).default(0.01).describe("How much worse is still acceptable, in the metric's unit."),
  confidence: z.number().gt(0.5).lt(1).default(0.95).describe("One-sided."),
  replicates: z.number().int().min(200).max(100_000).default(1000),
  resample: z
    .enum(["customers", "days", "widest"])
    .default("customers")
    .describe("What is drawn as a whole; widest takes the lower of the two lower bounds."),
  seed: z.number().int().min(0).default(1),
  support: support(100),
};

type RivalSettings = z.infer<z.ZodObject<typeof rivalSettings>>;

/** The budget that the metric is measured at, for a title. */
export const atBudget = ({ budget }: Pick<RivalSettings, "budget">): string =>
  budget === undefined ? "" : ` at ${percent(budget)} alerts`;

/** The candidate against a rival: whole customers (or days) are drawn, and both are measured on the same draw. */
export function judgeAgainst(settings: RivalSettings, rival: RivalEvidence, role: "champion" | "baseline"): Finding {
  const frauds = countPositives(rival.rows.labels);
  if (frauds < settings.support) {
    return {
      status: "not_enough_evidence",
      found: `${frauds} frauds`,
      reason: `Only ${frauds} frauds are known on the compared rows; ${settings.support} are needed.`,
      evidence: { frauds, support: settings.support, [role]: rival.name },
    };
  }
  const clusterings: Int32Array[] = [];
  if (settings.resample !== "days") clusterings.push(rival.rows.clusters);
  if (settings.resample !== "customers") {
    if (rival.days === undefined) return lacking("The day of each compared row");
    clusterings.push(rival.days);
  }
  const metric: ResampledMetric =
    settings.metric === "auc_pr" || settings.metric === "auc_roc"
      ? { name: settings.metric }
      : { name: settings.metric, budget: settings.budget ?? 0.005 };
  const estimates = pairedBootstraps(rival.rows, clusterings, rival.scores, {
    metric,
    replicates: settings.replicates,
    seed: settings.seed,
  });
  const bounds = estimates.map(({ replicates }) => quantileOfSorted(replicates, 1 - settings.confidence));
  const bound = Math.min(...bounds);
  const estimate = estimates[bounds.indexOf(bound)]!;
  // At a margin of 0 an identical model, whose every draw gives exactly 0, is not worse.
  const notWorse = bound >= -settings.margin;
  const proven =
    settings.proof === "superior" ? bound > 0 : notWorse && (settings.proof === "not_worse" || estimate.delta > 0);
  const asked = settings.proof === "superior" ? "above 0" : `at ${signed(-settings.margin)} or above`;
  const proofs = {
    not_worse: `not worse than the ${role} by more than the margin`,
    better: "not worse by more than the margin, and better in point",
    superior: `better than the ${role}`,
  } as const;
  return {
    status: proven ? "passed" : "refused",
    found: `${signed(estimate.delta)} (lower bound ${signed(bound)})`,
    reason:
      `${settings.metric} is ${figure(estimate.challenger)} against ${figure(estimate.champion)} of ${rival.name}: ` +
      `a difference of ${signed(estimate.delta)}, at least ${signed(bound)} with ${percent(settings.confidence)} confidence; ` +
      `asked: ${proofs[settings.proof]} (bound ${asked}).`,
    evidence: {
      [role]: rival.name,
      [`${role}_digest`]: rival.digest,
      [`${role}_value`]: estimate.champion,
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
      rows: rival.rows.labels.length,
    },
  };
}
