import { type Interval, Z95 } from "@esteira/models/evaluation/interval";
import { correctOdds } from "@esteira/models/evaluation/prior-correction";
import type { Decisions } from "./decisions.ts";
import { weightOf } from "./weighted-share.ts";

/** What a model's own probabilities said when it was accepted, beside what came true, on one side of the threshold. */
interface Side {
  /** What the odds of a score are multiplied by, so that the scores' sum is the frauds that came true. */
  readonly odds: number;
  /** Variance of the frauds that came true over their square: how well that factor is known. Infinite without frauds. */
  readonly unsure: number;
}

export interface ScoreReference {
  readonly alerted: Side;
  readonly passed: Side;
}

/** A share that will come true, before its labels have. */
export interface EstimatedShare {
  readonly value: number;
  /** Holds what comes true in 95 of 100 cases, while scores keep their meaning. */
  readonly interval: Interval;
}

/** Estimated performance of decisions whose labels are still unknown. NaN where there is nothing to divide by. */
export interface Estimate {
  readonly frauds: number;
  readonly recall: EstimatedShare;
  readonly precision: EstimatedShare;
}

/** Undefined when a score is no probability: nothing can be estimated from such scores. */
export function scoreReference(
  scores: ArrayLike<number>,
  fraudScores: ArrayLike<number>,
  threshold: number,
): ScoreReference | undefined {
  const alerted: number[] = [];
  const passed: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (!(score >= 0 && score <= 1)) return undefined;
    (score >= threshold ? alerted : passed).push(score);
  }
  let caught = 0;
  for (let row = 0; row < fraudScores.length; row++) if (fraudScores[row]! >= threshold) caught++;
  return { alerted: sideOf(alerted, caught), passed: sideOf(passed, fraudScores.length - caught) };
}

/** The odds' factor by bisection of its logarithm; 1 where there is nothing to learn from. */
function sideOf(scores: readonly number[], frauds: number): Side {
  const possible = scores.filter((score) => score > 0).length;
  if (frauds === 0 || frauds >= possible)
    return { odds: 1, unsure: frauds === 0 ? Number.POSITIVE_INFINITY : 1 / frauds };
  let [low, high] = [-20, 20];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    const factor = Math.exp(middle);
    const told = scores.reduce((sum, score) => sum + correctOdds(score, factor), 0);
    if (told < frauds) low = middle;
    else high = middle;
  }
  const odds = Math.exp((low + high) / 2);
  const variance = scores.reduce((sum, score) => {
    const chance = correctOdds(score, odds);
    return sum + chance * (1 - chance);
  }, 0);
  return { odds, unsure: variance / frauds ** 2 };
}

/**
 * Confusion estimated from probabilities (CBPE): each transfer is as many frauds as its score says, corrected on either side of the
 * threshold by what came true of the reference. It follows a change of who transfers what. It is blind to a change of what fraud looks
 * like: a new scam scores low, and the estimate says that all is well.
 *
 * The intervals hold the chance of the labels (each comes true or not) and the reference's own (its frauds were counted, not known).
 * Normal on the scale of the logit. Undefined when a score is no probability.
 */
export function estimatePerformance(
  decisions: Pick<Decisions, "score" | "alerted" | "weight">,
  rows: ArrayLike<number>,
  reference: ScoreReference,
): Estimate | undefined {
  const alerted = { count: 0, sum: 0, variance: 0 };
  const passed = { count: 0, sum: 0, variance: 0 };
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const score = decisions.score[row]!;
    if (!(score >= 0 && score <= 1)) return undefined;
    const isAlerted = decisions.alerted[row] === 1;
    const side = isAlerted ? alerted : passed;
    const probability = correctOdds(score, (isAlerted ? reference.alerted : reference.passed).odds);
    const weight = weightOf(decisions, row);
    side.count += weight;
    side.sum += weight * probability;
    // The labels' own chance, and that of the sample where each row stands for several (Horvitz-Thompson).
    side.variance += weight * probability * (1 - probability) + weight * (weight - 1) * probability ** 2;
  }
  const frauds = alerted.sum + passed.sum;
  const unsure = { alerted: reference.alerted.unsure, passed: reference.passed.unsure };
  const recall = alerted.sum / frauds;
  const byLabels = (passed.sum ** 2 * alerted.variance + alerted.sum ** 2 * passed.variance) / frauds ** 4;
  const byReference = (recall * (1 - recall)) ** 2 * (unsure.alerted + unsure.passed);
  const precision = alerted.sum / alerted.count;
  return {
    frauds,
    recall: share(recall, byLabels + byReference),
    precision: share(precision, alerted.variance / alerted.count ** 2 + precision ** 2 * unsure.alerted),
  };
}

function share(value: number, variance: number): EstimatedShare {
  if (Number.isNaN(value)) return { value, interval: { low: 0, high: 1 } };
  const odds = value * (1 - value);
  if (odds <= 0 || !Number.isFinite(variance)) return { value, interval: { low: 0, high: 1 } };
  const centre = Math.log(value / (1 - value));
  const half = (Z95 * Math.sqrt(variance)) / odds;
  const back = (logit: number) => 1 / (1 + Math.exp(-logit));
  return { value, interval: { low: back(centre - half), high: back(centre + half) } };
}

/** Whether estimates have come true so far. */
export interface EstimateRecord {
  /** Mature cohorts with a realised and an estimated recall. */
  readonly cohorts: number;
  /** Those whose realised recall lies in the estimate's interval. */
  readonly held: number;
  /** False when more have failed than chance shows once in a hundred: what the estimates assume does not hold. */
  readonly isTrusted: boolean;
}

/** Of `cohorts` intervals that each hold in 95 of 100 cases, have too many failed? */
export function estimateRecord(cohorts: number, held: number): EstimateRecord {
  const failed = cohorts - held;
  let [chance, atLeast] = [0.95 ** cohorts, 1];
  for (let k = 0; k < failed; k++) {
    atLeast -= chance;
    chance *= ((cohorts - k) / (k + 1)) * (0.05 / 0.95);
  }
  return { cohorts, held, isTrusted: failed === 0 || atLeast > 0.01 };
}
