import { quantileOfSorted } from "@esteira/models/evaluation/interval";

/** Shares below this count as this, so that an empty bin does not make the index infinite. */
const FLOOR = 1e-4;

/** The bins of a reference sample: `edges` part the numbers, a value equal to an edge lies above it. */
export interface ReferenceBins {
  /** Inner edges, ascending and distinct: one fewer than bins. */
  readonly edges: Float64Array;
  /** Share of the reference in each bin. */
  readonly shares: readonly number[];
  /** Reference values that are numbers. */
  readonly count: number;
}

/** Bins between the reference's deciles (NumPy's linear quantiles). Fewer when deciles coincide. NaN is left out. */
export function referenceBins(reference: ArrayLike<number>, bins = 10): ReferenceBins {
  const sorted = present(reference).sort();
  const edges: number[] = [];
  for (let i = 1; i < bins && sorted.length > 0; i++) {
    const edge = quantileOfSorted(sorted, i / bins);
    if (edge !== edges.at(-1)) edges.push(edge);
  }
  const inner = Float64Array.from(edges);
  return { edges: inner, shares: sharesOf(sorted, inner), count: sorted.length };
}

/** Share of the values in each bin; NaN is left out. */
export function sharesOf(values: ArrayLike<number>, edges: Float64Array): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    counts[low]!++;
    total++;
  }
  return counts.map((count) => (total === 0 ? 0 : count / total));
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

/**
 * PSI of two samples of numbers over the reference's decile bins, and what it would be on average had nothing changed. Both
 * NaN when one of the samples has no number.
 */
export function populationStability(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  bins = 10,
): { readonly psi: number; readonly expected: number } {
  const binned = referenceBins(reference, bins);
  const now = present(current);
  if (binned.count === 0 || now.length === 0) return { psi: Number.NaN, expected: Number.NaN };
  return {
    psi: psiOfShares(binned.shares, sharesOf(now, binned.edges)),
    expected: expectedPsi(binned.shares.length, binned.count, now.length),
  };
}

/** The index alone. */
export const psi = (reference: ArrayLike<number>, current: ArrayLike<number>, bins = 10): number =>
  populationStability(reference, current, bins).psi;

/** PSI of two samples of categories (whole numbers). A category that only one of them has counts as its own bin. */
export function categoricalPsi(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [p, q] = categoryShares(reference, current);
  return p.length === 0 ? Number.NaN : psiOfShares(p, q);
}

/** Shares of each category in both samples, by ascending category. */
export function categoryShares(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): [reference: number[], current: number[], categories: number[]] {
  const counts = [countBy(reference), countBy(current)] as const;
  const categories = [...new Set([...counts[0].keys(), ...counts[1].keys()])].sort((a, b) => a - b);
  const [p, q] = counts.map((count) => {
    const total = [...count.values()].reduce((sum, value) => sum + value, 0);
    return categories.map((category) => (total === 0 ? 0 : (count.get(category) ?? 0) / total));
  });
  return [p!, q!, categories];
}

/** What PSI shows on average when nothing has changed: (bins - 1)(1/n + 1/m). */
export const expectedPsi = (bins: number, reference: number, current: number): number =>
  (bins - 1) * (1 / reference + 1 / current);

/** The values that are numbers, as a copy. */
export function present(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).filter((value) => !Number.isNaN(value));
}

function countBy(values: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
