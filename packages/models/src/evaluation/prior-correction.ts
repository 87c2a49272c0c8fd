import { invalid } from "@esteira/core/errors";
import type { Scores } from "./rows.ts";

/**
 * The probability at prevalence `used`, of one that was learnt at prevalence `trained`. The same formula undoes under-sampling
 * and enrichment.
 */
export function correctPrior(probability: number, trained: number, used: number): number {
  const positive = used / trained;
  const negative = (1 - used) / (1 - trained);
  return (probability * positive) / (probability * positive + (1 - probability) * negative);
}

/** `correctPrior` of every row, into a new array. */
export function correctPriors(probabilities: Scores, trained: number, used: number): Float64Array {
  for (const [name, prevalence] of [
    ["trained", trained],
    ["used", used],
  ] as const) {
    if (!(prevalence > 0 && prevalence < 1))
      throw invalid(`The ${name} prevalence is ${prevalence}; it must lie between 0 and 1.`);
  }
  const corrected = new Float64Array(probabilities.length);
  for (let row = 0; row < corrected.length; row++) corrected[row] = correctPrior(probabilities[row]!, trained, used);
  return corrected;
}

/**
 * A model trained with positives weighted `k` times says odds that are `k` times too high; a ledger enriched with fraud
 * does the same. Both are undone by one factor on the odds (prior correction).
 */
export function correctOdds(probability: number, factor: number): number {
  // The mean over a forest's trees can leave [0, 1] by a rounding.
  const p = Math.min(1, Math.max(0, probability));
  if (factor === 1) return p;
  const odds = p * factor;
  return odds / (odds + (1 - p));
}
