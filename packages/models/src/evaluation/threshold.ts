import { invalid } from "@esteira/core/errors";
import { rankDescending } from "./ranking.ts";
import { checkLength, checkRows, checkShare, type Labels, type Scores } from "./rows.ts";

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** What one threshold does: a row is alerted when its score is at or above it. */
export interface ThresholdMetrics {
  readonly threshold: number;
  readonly confusion: Confusion;
  /** 0 when nothing is alerted, as scikit-learn's `zero_division=0`. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly falsePositiveRate: number;
  /** Rows alerted / rows: what the threshold really costs the desk on these rows. */
  readonly alertRate: number;
  /** Money of the frauds alerted / money of all frauds; NaN without amounts or money. */
  readonly valueRecall: number;
}

export function thresholdMetrics(
  rows: { scores: Scores; labels: Labels; amounts?: Float64Array },
  threshold: number,
): ThresholdMetrics {
  const { scores, labels, amounts } = rows;
  checkRows(scores, labels);
  if (amounts !== undefined) checkLength("amounts", amounts.length, scores.length);
  if (!Number.isFinite(threshold)) throw invalid(`The threshold is ${threshold}; it must be a finite number.`);
  let alerts = 0;
  let caught = 0;
  let positives = 0;
  let money = 0;
  let moneyCaught = 0;
  for (let row = 0; row < scores.length; row++) {
    const alerted = scores[row]! >= threshold;
    if (alerted) alerts++;
    if (labels[row] !== 1) continue;
    positives++;
    const amount = amounts?.[row] ?? 0;
    money += amount;
    if (!alerted) continue;
    caught++;
    moneyCaught += amount;
  }
  const falsePositives = alerts - caught;
  const precision = alerts === 0 ? 0 : caught / alerts;
  const recall = positives === 0 ? 0 : caught / positives;
  return {
    threshold,
    confusion: {
      truePositives: caught,
      falsePositives,
      falseNegatives: positives - caught,
      trueNegatives: scores.length - positives - falsePositives,
    },
    precision,
    recall,
    f1: caught === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    falsePositiveRate: falsePositives / (scores.length - positives),
    alertRate: alerts / scores.length,
    valueRecall: moneyCaught / money,
  };
}

/**
 * The lowest threshold that alerts at most `share` of these (validation) rows. Equal scores stand or fall together, so the
 * realised rate may be lower than the share, and differs on other rows: report it there (`alertRate`).
 */
export function thresholdForBudget(scores: Scores, share: number): number {
  checkShare("The alert budget", share);
  if (scores.length === 0) throw invalid("No rows to choose a threshold from; give the validation scores.");
  const sorted = Float64Array.from(scores).sort();
  const allowed = Math.floor(share * sorted.length + 1e-9);
  // The first row that the budget cannot pay for: the threshold must lie above its score.
  const refused = sorted.length - 1 - allowed;
  if (refused < 0) return sorted[0]!;
  const limit = sorted[refused]!;
  for (let i = refused + 1; i < sorted.length; i++) if (sorted[i]! > limit) return sorted[i]!;
  return nextAbove(limit);
}

/**
 * The threshold whose alerts gain the most, of those at or above `atLeast`: `gains` says what alerting each row brings, less than nothing for an honest
 * one. Equal scores stand or fall together; of thresholds that gain the same it is the one that alerts least, and above all scores where no alert gains.
 */
export function bestThreshold(
  scores: Scores,
  gains: Float64Array,
  atLeast = Number.NEGATIVE_INFINITY,
): { readonly threshold: number; readonly gain: number } {
  checkLength("gains", gains.length, scores.length);
  if (scores.length === 0) throw invalid("No rows to choose a threshold from.");
  const order = rankDescending(scores);
  let best = { threshold: nextAbove(scores[order[0]!]!), gain: 0 };
  let gain = 0;
  for (let i = 0; i < order.length; i++) {
    const score = scores[order[i]!]!;
    if (score < atLeast) break;
    gain += gains[order[i]!]!;
    const isLastOfTie = i === order.length - 1 || score !== scores[order[i + 1]!];
    if (isLastOfTie && gain > best.gain) best = { threshold: score, gain };
  }
  return best;
}

/** The next double above `value`. */
function nextAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(1);
  const number = new Float64Array(bits.buffer);
  number[0] = value;
  bits[0] = bits[0]! + (value > 0 ? 1n : -1n);
  return number[0]!;
}
