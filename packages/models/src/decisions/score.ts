import { correctOdds } from "../evaluation/prior-correction.ts";

/** What is compared with the threshold: a prediction, with its odds times a factor where there is one; null when it is no number. */
export function scoreOf(prediction: unknown, oddsFactor: number | null): number | null {
  if (typeof prediction !== "number" || !Number.isFinite(prediction)) return null;
  return oddsFactor === null ? prediction : correctOdds(prediction, oddsFactor);
}
