import { alertsWithin } from "./budget.ts";
import { rankDescending } from "./ranking.ts";
import { checkProbabilities, checkRows, checkShare, countPositives, type Labels, type Scores } from "./rows.ts";

/** A group of rows with neighbouring scores. */
export interface CalibrationBin {
  readonly rows: number;
  /** Mean predicted probability. */
  readonly predicted: number;
  /** Share of frauds. */
  readonly observed: number;
  readonly positives: number;
}

/** Mean squared error of the probabilities. At a prevalence of 0.2 % any model has about 0.002: read the skill. */
export function brier(scores: Scores, labels: Labels): number {
  checkRows(scores, labels);
  checkProbabilities(scores);
  let sum = 0;
  for (let row = 0; row < scores.length; row++) {
    const error = scores[row]! - labels[row]!;
    sum += error * error;
  }
  return sum / scores.length;
}

/** 1 - Brier / (Brier of always predicting the prevalence): 0 knows nothing, 1 is perfect, below 0 is worse than nothing. */
export function brierSkill(scores: Scores, labels: Labels): number {
  const prevalence = countPositives(labels) / labels.length;
  return 1 - brier(scores, labels) / (prevalence * (1 - prevalence));
}

/**
 * Expected calibration error over `bins` bins of equal mass: the mean of |mean prediction - share of frauds|, by rows.
 * Equal-width bins would put 99 % of the rows in the first. Equal scores stay in one bin.
 */
export function ece(scores: Scores, labels: Labels, bins = 15): number {
  let error = 0;
  for (const bin of equalMassBins(scores, labels, bins)) error += bin.rows * Math.abs(bin.predicted - bin.observed);
  return error / scores.length;
}

/** Bins of (nearly) equal numbers of rows, by ascending score. Equal scores stay in one bin, so there may be fewer. */
export function equalMassBins(scores: Scores, labels: Labels, bins = 15): CalibrationBin[] {
  return cutIntoBins(scores, labels, bins, () => 1);
}

/**
 * Bins that hold (nearly) equal expected frauds, by ascending score. At a low prevalence this shows the top of the scale,
 * where decisions fall, which bins of equal rows cannot.
 */
export function calibrationCurve(scores: Scores, labels: Labels, bins = 10): CalibrationBin[] {
  return cutIntoBins(scores, labels, bins, (score) => score);
}

/** Mean prediction and share of frauds among the `share` of rows with the highest scores. */
export function topCalibration(scores: Scores, labels: Labels, share = 0.01): CalibrationBin {
  checkRows(scores, labels);
  checkProbabilities(scores);
  checkShare("The top share", share);
  const order = rankDescending(scores);
  // The whole tie at the cut is taken, so that the order of equal rows does not matter.
  let rows = alertsWithin(share, order.length);
  while (rows < order.length && scores[order[rows]!] === scores[order[rows - 1]!]) rows++;
  let predicted = 0;
  let positives = 0;
  for (let i = 0; i < rows; i++) {
    predicted += scores[order[i]!]!;
    positives += labels[order[i]!]!;
  }
  return { rows, predicted: predicted / rows, observed: positives / rows, positives };
}

/** Frauds that the probabilities expect / frauds that there are. 0.8 to 1.25 is customary. */
export function expectedObservedRatio(scores: Scores, labels: Labels): number {
  checkRows(scores, labels);
  checkProbabilities(scores);
  let expected = 0;
  for (let row = 0; row < scores.length; row++) expected += scores[row]!;
  return expected / countPositives(labels);
}

function cutIntoBins(scores: Scores, labels: Labels, bins: number, mass: (score: number) => number): CalibrationBin[] {
  checkRows(scores, labels);
  checkProbabilities(scores);
  const order = rankDescending(scores).reverse();
  let total = 0;
  for (let row = 0; row < scores.length; row++) total += mass(scores[row]!);
  const result: CalibrationBin[] = [];
  let rows = 0;
  let predicted = 0;
  let positives = 0;
  let passed = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    rows++;
    predicted += scores[row]!;
    positives += labels[row]!;
    passed += mass(scores[row]!);
    const last = i === order.length - 1;
    if (!last && scores[row] === scores[order[i + 1]!]) continue;
    // A sum of many small numbers falls a little short of its round share: allow for that.
    if (last || passed >= ((result.length + 1) / bins) * total - 1e-9 * total) {
      result.push({ rows, predicted: predicted / rows, observed: positives / rows, positives });
      rows = 0;
      predicted = 0;
      positives = 0;
    }
  }
  return result;
}
