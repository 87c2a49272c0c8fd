/** A figure with the interval that its sample allows. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** z of the usual two-sided 95 %. */
export const Z95 = 1.959963984540054;
/** z of two-sided 99 %. */
export const Z99 = 2.5758293035489004;

/** Wilson's interval of a share: honest for small counts, never outside [0, 1]. No trials: everything is possible. */
export function wilson(hits: number, trials: number, z = Z95): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const share = hits / trials;
  const z2 = (z * z) / trials;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (z * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials))) / (1 + z2);
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === trials ? 1 : Math.min(1, centre + half) };
}

/** The `q` quantile of ascending values, linear between neighbours (NumPy's default). NaN of none. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
