import type { NumberWindow } from "./number-window.ts";

const BINS = 24;

/**
 * Shares of reference and window in bins of equal width, for a small picture. The bins reach from the 1st to the 99th percentile of
 * both: one outlier would press all the rest into a single bar. What lies between two points of the reference is put where it is on average.
 */
export function histogram(window: NumberWindow): { readonly reference: number[]; readonly current: number[] } {
  const { points, below, through } = window.reference;
  const [reference, current] = [new Array<number>(BINS).fill(0), new Array<number>(BINS).fill(0)];
  const total = window.count;
  if (points.length === 0) return { reference, current };
  const quantile = (share: number) =>
    points[
      Math.max(
        0,
        through.findIndex((reached) => reached >= share),
      )
    ]!;
  const low = total === 0 ? quantile(0.01) : Math.min(quantile(0.01), window.quantile(0.01));
  const high = total === 0 ? quantile(0.99) : Math.max(quantile(0.99), window.quantile(0.99));
  const width = (high - low) / BINS || 1;
  const put = (bins: number[], at: number, share: number): void => {
    if (share > 0) bins[Math.min(BINS - 1, Math.max(0, Math.floor((at - low) / width)))]! += share;
  };
  for (let point = 0; point <= points.length; point++) {
    const between = window.cells[2 * point]!;
    put(current, window.sums[point]! / between, between / total);
    if (point === points.length) break;
    const [here, before] = [points[point]!, points[point - 1]];
    put(current, here, window.cells[2 * point + 1]! / total);
    put(reference, here, through[point]! - below[point]!);
    if (before !== undefined) put(reference, (before + here) / 2, below[point]! - through[point - 1]!);
  }
  return { reference, current };
}
