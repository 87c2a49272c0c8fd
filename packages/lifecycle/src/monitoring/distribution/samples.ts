import { numberDistances } from "./distances.ts";
import { numberReference } from "./number-reference.ts";
import { NumberWindow } from "./number-window.ts";

/**
 * Two-sample Kolmogorov-Smirnov distance between distributions of numbers: D = sup |F - G|. NaN is left out; D of an empty sample is
 * NaN.
 */
export function ksDistance(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const window = new NumberWindow(numberReference(first, { limit: Number.POSITIVE_INFINITY }));
  window.add(second);
  return numberDistances(window).ks;
}
