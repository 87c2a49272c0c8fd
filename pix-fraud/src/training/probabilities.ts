import { correctOdds } from "@esteira/models/evaluation/prior-correction";

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
