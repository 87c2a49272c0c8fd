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

/** Probabilities on the ledger's own prevalence, from a model's raw ones. */
export function correctAll(raw: Float32Array, factor: number): Float64Array {
  return Float64Array.from(raw, (probability) => correctOdds(probability, factor));
}

/**
 * The factor that takes a probability from one prevalence to another: odds scale with the prior odds.
 * `ratio` is wanted prevalence / given prevalence.
 */
export function oddsFactor(given: number, ratio: number): number {
  const wanted = given * ratio;
  return wanted / (1 - wanted) / (given / (1 - given));
}
