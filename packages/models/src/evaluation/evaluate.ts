import { averagePrecisionOf } from "./average-precision.ts";
import { type BootstrapRows, bootstrap } from "./bootstrap.ts";
import { type BudgetMetrics, budgetMetricsOf, dailyBudgetMetrics } from "./budget.ts";
import {
  brier,
  brierSkill,
  type CalibrationBin,
  calibrationCurve,
  ece,
  expectedObservedRatio,
  topCalibration,
} from "./calibration.ts";
import { type Curve, prCurve, rocCurve } from "./curves.ts";
import { type Grouping, type GroupMetrics, groupMetrics, typologyMetrics } from "./groups.ts";
import type { Interval } from "./interval.ts";
import { rankDescending } from "./ranking.ts";
import type { ResampledMetric } from "./resampled-metric.ts";
import { rocAucOf } from "./roc-auc.ts";
import { checkBothClasses, checkLength, checkRows, countPositives, type Labels, type Scores } from "./rows.ts";
import { type ScoreHistogram, scoreHistogram } from "./score-histogram.ts";
import { type ThresholdMetrics, thresholdMetrics } from "./threshold.ts";

/** Alert budgets that every evaluation reports, as shares of rows. */
export const BUDGETS = [0.001, 0.005, 0.01] as const;

export interface EvaluationInput {
  /** Probabilities, 0 to 1. */
  readonly scores: Scores;
  readonly labels: Labels;
  /** Money of each row, in one unit. */
  readonly amounts: Float64Array;
  /** Hash of each row's id (`tieKeysOf`). */
  readonly tieKeys: Uint32Array;
  /** Chosen on validation rows, never on these. */
  readonly threshold: number;
  /** Day number of each row: gives the metrics of a budget kept day by day. */
  readonly days?: Int32Array;
  /** Index into `typologyNames`; 0 is none. */
  readonly typology?: Uint8Array;
  readonly typologyNames?: readonly string[];
  readonly slices?: Readonly<Record<string, Grouping>>;
  /** The customer of each row: gives intervals by resampling customers. */
  readonly clusters?: Int32Array;
  readonly replicates?: number;
  readonly seed?: number;
}

export interface EvaluationReport {
  readonly rows: number;
  readonly positives: number;
  readonly prevalence: number;
  readonly threshold: number;
  /** Flat, by names fit for MLflow metric keys (`auc_pr`, `recall_at_0.5pct` ...). Only finite values. */
  readonly metrics: Readonly<Record<string, number>>;
  /** 95 %, customers resampled; empty when no clusters were given. */
  readonly intervals: Readonly<Record<string, Interval>>;
  readonly budgets: readonly BudgetMetrics[];
  readonly atThreshold: ThresholdMetrics;
  readonly typologies: readonly GroupMetrics[];
  readonly slices: Readonly<Record<string, readonly GroupMetrics[]>>;
  readonly calibration: readonly CalibrationBin[];
  readonly top1pct: CalibrationBin;
  readonly pr: Curve;
  readonly roc: Curve;
  readonly histogram: ScoreHistogram;
}

/** Everything that is asked of a fraud model on one set of rows. */
export function evaluateBinary(input: EvaluationInput): EvaluationReport {
  const { scores, labels, amounts, tieKeys } = input;
  checkRows(scores, labels);
  checkBothClasses(labels);
  checkLength("amounts", amounts.length, scores.length);
  const order = rankDescending(scores, tieKeys);
  const positives = countPositives(labels);
  const prevalence = positives / labels.length;
  const budgets = BUDGETS.map((share) => budgetMetricsOf(order, input, share));
  const atThreshold = thresholdMetrics(input, input.threshold);
  const typologies =
    input.typology === undefined
      ? []
      : typologyMetrics(input, { codes: input.typology, names: input.typologyNames ?? [] }, input.threshold);
  const slices: Record<string, GroupMetrics[]> = {};
  for (const [name, grouping] of Object.entries(input.slices ?? {}))
    slices[name] = groupMetrics(input, grouping, input.threshold);
  const top1pct = topCalibration(scores, labels, 0.01);
  const aucPr = averagePrecisionOf(order, scores, labels);

  const metrics: Record<string, number> = {
    auc_pr: aucPr,
    auc_pr_lift: aucPr / prevalence,
    auc_roc: rocAucOf(order, scores, labels),
    prevalence,
    rows: labels.length,
    frauds: positives,
    threshold: input.threshold,
    precision: atThreshold.precision,
    recall: atThreshold.recall,
    f1: atThreshold.f1,
    false_positive_rate: atThreshold.falsePositiveRate,
    alert_rate: atThreshold.alertRate,
    value_recall: atThreshold.valueRecall,
    brier: brier(scores, labels),
    brier_skill: brierSkill(scores, labels),
    ece: ece(scores, labels),
    expected_observed_ratio: expectedObservedRatio(scores, labels),
    top_1pct_predicted: top1pct.predicted,
    top_1pct_observed: top1pct.observed,
  };
  budgets.forEach((budget) => {
    addBudget(metrics, budget, "");
    metrics[`tie_share${budgetSuffix(budget.share)}`] = budget.tieShare;
  });
  if (input.days !== undefined) {
    for (const share of BUDGETS)
      addBudget(metrics, dailyBudgetMetrics(order, { scores, labels, amounts, days: input.days }, share), "_daily");
  }
  for (const group of typologies) {
    metrics[`recall_${metricKey(group.name)}`] = group.recall;
    metrics[`frauds_${metricKey(group.name)}`] = group.frauds;
  }
  for (const [slice, groups] of Object.entries(slices)) {
    for (const group of groups) {
      metrics[`recall_${metricKey(slice)}_${metricKey(group.name)}`] = group.recall;
      metrics[`fpr_${metricKey(slice)}_${metricKey(group.name)}`] = group.falsePositiveRate;
    }
  }
  return {
    rows: labels.length,
    positives,
    prevalence,
    threshold: input.threshold,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value))),
    intervals:
      input.clusters === undefined ? {} : intervalsOf({ labels, amounts, tieKeys, clusters: input.clusters }, input),
    budgets,
    atThreshold,
    typologies,
    slices,
    calibration: calibrationCurve(scores, labels),
    top1pct,
    pr: prCurve(order, scores, labels),
    roc: rocCurve(order, scores, labels),
    histogram: scoreHistogram(scores, labels),
  };
}

/** `_at_0.5pct` of 0.005. */
export const budgetSuffix = (share: number): string => `_at_${Number((share * 100).toPrecision(6))}pct`;

/** A text as part of an MLflow metric key. */
export const metricKey = (text: string): string =>
  text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .replace(/[^A-Za-z0-9_.-]+/g, "_");

function addBudget(metrics: Record<string, number>, budget: BudgetMetrics, kind: string): void {
  const suffix = budgetSuffix(budget.share) + kind;
  metrics[`recall${suffix}`] = budget.recall;
  metrics[`precision${suffix}`] = budget.precision;
  metrics[`fpr${suffix}`] = budget.falsePositiveRate;
  metrics[`value_recall${suffix}`] = budget.valueRecall;
}

function intervalsOf(rows: BootstrapRows, input: EvaluationInput): Record<string, Interval> {
  const intervals: Record<string, Interval> = {};
  const measured: [string, ResampledMetric][] = [
    ["auc_pr", { name: "auc_pr" }],
    ["auc_roc", { name: "auc_roc" }],
    ...BUDGETS.flatMap((budget): [string, ResampledMetric][] => [
      [`recall${budgetSuffix(budget)}`, { name: "recall", budget }],
      [`value_recall${budgetSuffix(budget)}`, { name: "value_recall", budget }],
    ]),
  ];
  for (const [name, metric] of measured) {
    const { low, high } = bootstrap(rows, input.scores, {
      metric,
      replicates: input.replicates ?? 500,
      seed: input.seed ?? 1,
    });
    intervals[name] = { low, high };
  }
  return intervals;
}
