import { present } from "./psi.ts";

/**
 * Two-sample Kolmogorov-Smirnov distance between distributions of numbers: D = sup |F - G|. With a million rows any D is
 * "significant": judge its size (0.1 is customary), not its p-value. NaN is left out; D of an empty sample is NaN.
 */
export function ksDistance(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const a = present(first).sort();
  const b = present(second).sort();
  if (a.length === 0 || b.length === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return distance;
}

/** The distance that samples of these sizes from one distribution exceed in 1 of 100 cases (large-sample form). */
export const ksChance = (n: number, m: number): number => 1.6276 * Math.sqrt((n + m) / (n * m));
