import { invalid } from "@esteira/core/errors";

/** Scores of a model, higher is more suspicious; probabilities where calibration is asked for. One a row. */
export type Scores = Float64Array | Float32Array;

/** 1 fraud, 0 not, as known at the evaluation's `asOf`. One a row. */
export type Labels = Uint8Array;

/** Refuses what no metric can be computed from: other lengths, scores that are no number, labels other than 0 and 1. */
export function checkRows(scores: Scores, labels: Labels): void {
  if (scores.length === 0) throw invalid("The evaluation has no rows; give at least one fraud and one other transfer.");
  checkLength("labels", labels.length, scores.length);
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (!Number.isFinite(score)) throw invalid(`Score of row ${row} is ${score}; every score must be a finite number.`);
    if (labels[row]! > 1) throw invalid(`Label of row ${row} is ${labels[row]}; labels are 0 or 1.`);
  }
}

export function checkLength(name: string, length: number, rows: number): void {
  if (length !== rows) throw invalid(`${name} has ${length} rows but scores has ${rows}; give one value a row.`);
}

/** Refuses an evaluation set in which one of the two classes is absent: no ranking metric exists for it. */
export function checkBothClasses(labels: Labels): void {
  const positives = countPositives(labels);
  if (positives === 0)
    throw invalid(`None of the ${labels.length} evaluated rows is a known fraud; use a window with mature labels.`);
  if (positives === labels.length)
    throw invalid(`All ${labels.length} evaluated rows are frauds; an evaluation needs honest transfers too.`);
}

export function checkShare(name: string, share: number): void {
  if (!(share > 0 && share <= 1)) throw invalid(`${name} is ${share}; it must be a share above 0 and at most 1.`);
}

/** Refuses scores outside [0, 1] where a metric reads them as probabilities. */
export function checkProbabilities(scores: Scores): void {
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (!(score >= 0 && score <= 1))
      throw invalid(`Score of row ${row} is ${score}; calibration metrics need probabilities between 0 and 1.`);
  }
}

export function countPositives(labels: Labels): number {
  let positives = 0;
  for (let row = 0; row < labels.length; row++) positives += labels[row]!;
  return positives;
}
