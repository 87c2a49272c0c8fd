import { type NumberWindow, referenceShares } from "./number-window.ts";

/** Shares below this count as this, so that an empty bin does not make the index infinite. */
const FLOOR = 1e-4;

/** How far a window of numbers lies from its reference. All NaN when either has no number. */
export interface NumberDistances {
  /** Population stability index over the reference's bins. */
  readonly psi: number;
  /** Kolmogorov-Smirnov: the largest difference of the two distribution functions, 0 to 1. */
  readonly ks: number;
  /** Jensen-Shannon distance over the bins, to base 2: 0 to 1. */
  readonly jensenShannon: number;
  /**
   * Wasserstein distance of order 1 in standard deviations of the reference (in the feature's own unit where that has none). Exact but for gaps
   * between points in which the two distributions cross; there both are taken as straight.
   */
  readonly wasserstein: number;
}

const NOTHING: NumberDistances = {
  psi: Number.NaN,
  ks: Number.NaN,
  jensenShannon: Number.NaN,
  wasserstein: Number.NaN,
};

export function numberDistances(window: NumberWindow): NumberDistances {
  const { reference } = window;
  if (reference.points.length === 0 || window.count === 0) return NOTHING;
  const [before, now] = [referenceShares(reference), window.binShares()];
  return {
    psi: psiOfShares(before, now),
    ks: ksOf(window),
    jensenShannon: jensenShannon(before, now),
    wasserstein: wassersteinOf(window) / (reference.deviation || 1),
  };
}

/**
 * Population stability index: the sum of (q - p) ln(q / p) over bins. Customary readings: below 0.1 stable, to 0.25 watch,
 * above act. A custom of credit scoring, not a test: compare with `expectedPsi` for small samples.
 */
export function psiOfShares(reference: readonly number[], current: readonly number[]): number {
  let sum = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const p = Math.max(reference[bin]!, FLOOR);
    const q = Math.max(current[bin] ?? 0, FLOOR);
    sum += (q - p) * Math.log(q / p);
  }
  return sum;
}

/** What PSI shows on average when nothing has changed: (bins - 1)(1/n + 1/m). */
export const expectedPsi = (bins: number, reference: number, current: number): number =>
  (bins - 1) * (1 / reference + 1 / current);

/** Square root of the mean divergence (Kullback-Leibler, base 2) of both from their mixture; SciPy's `jensenshannon`. */
export function jensenShannon(first: readonly number[], second: readonly number[]): number {
  let divergence = 0;
  for (let bin = 0; bin < first.length; bin++) {
    const [p, q] = [first[bin]!, second[bin] ?? 0];
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p * Math.log2(p / middle)) / 2;
    if (q > 0) divergence += (q * Math.log2(q / middle)) / 2;
  }
  return Math.sqrt(Math.max(0, divergence));
}

function ksOf({ reference: { points, below, through }, cells, count }: NumberWindow): number {
  const total = count;
  let [passed, distance] = [0, 0];
  for (let point = 0; point < points.length; point++) {
    passed += cells[2 * point]!;
    distance = Math.max(distance, Math.abs(passed / total - below[point]!));
    passed += cells[2 * point + 1]!;
    distance = Math.max(distance, Math.abs(passed / total - through[point]!));
  }
  return distance;
}

/** The area between the two distribution functions, gap by gap. */
function wassersteinOf({ reference: { points, below, through }, cells, sums, count }: NumberWindow): number {
  const total = count;
  const last = points.length - 1;
  // Below the first point, and above the last, the reference has nothing.
  let area = (cells[0]! * points[0]! - sums[0]!) / total;
  area += (sums[last + 1]! - cells[2 * last + 2]! * points[last]!) / total;
  let passed = cells[0]! + cells[1]!;
  for (let point = 1; point <= last; point++) {
    const between = cells[2 * point]!;
    const width = points[point]! - points[point - 1]!;
    const start = passed / total - through[point - 1]!;
    const end = (passed + between) / total - below[point]!;
    if (start * end >= 0) {
      const ours = (passed / total) * width + (between * points[point]! - sums[point]!) / total;
      area += Math.abs(ours - ((through[point - 1]! + below[point]!) / 2) * width);
    } else area += (width * (start * start + end * end)) / (2 * (Math.abs(start) + Math.abs(end)));
    passed += between + cells[2 * point + 1]!;
  }
  return area;
}
