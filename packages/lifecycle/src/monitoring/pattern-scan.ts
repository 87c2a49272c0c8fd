import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import { addEvidence, type CountReference, riseOfCount } from "./sequential-change.ts";

/** Where a feature is cut: its rare ends apart, since what is new lies there. Few bins, so that three features have few patterns. */
const CUTS: readonly number[] = [0.06, 0.25, 0.75, 0.94];
/** Bins of a feature: between the cuts, and of what is missing. */
const BINS = CUTS.length + 2;
const MISSING = BINS - 1;

/** How features are cut into bins. */
export interface Grid {
  readonly features: readonly string[];
  /** Ascending, of each feature; a value at a cut lies above it. */
  readonly cuts: readonly Float64Array[];
}

export function gridOf(features: readonly { readonly name: string; readonly values: ArrayLike<number> }[]): Grid {
  return {
    features: features.map(({ name }) => name),
    cuts: features.map(({ values }) => {
      const sorted = Float64Array.from(values)
        .filter((value) => !Number.isNaN(value))
        .sort();
      return Float64Array.from(CUTS, (share) => quantileOfSorted(sorted, share));
    }),
  };
}

/** The bin of each value of a feature. */
export function binsOf(cuts: Float64Array, values: ArrayLike<number>): Uint8Array {
  const bins = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    let bin = 0;
    if (Number.isNaN(value)) bin = MISSING;
    else while (bin < cuts.length && value >= cuts[bin]!) bin++;
    bins[row] = bin;
  }
  return bins;
}

/** A pattern is a bin of each of three features: two are too common to see a few transfers in, more are too many to tell from chance. */
const BINS_OF_THREE = BINS ** 3;

/** The threes of so many features, in the order of the patterns. */
function* threesOf(features: number): Generator<readonly [number, number, number]> {
  for (let one = 0; one < features; one++)
    for (let two = one + 1; two < features; two++)
      for (let three = two + 1; three < features; three++) yield [one, two, three];
}

/** Rows of each pattern: what `patternAt` names by its index. Takes time and memory by the cube of the features: a second for 40 of 10,000 rows. */
export function countPatterns(bins: readonly Uint8Array[]): Uint32Array {
  const features = bins.length;
  const counts = new Uint32Array(((features * (features - 1) * (features - 2)) / 6) * BINS_OF_THREE);
  let start = 0;
  for (const [one, two, three] of threesOf(features)) {
    const [first, second, third] = [bins[one]!, bins[two]!, bins[three]!];
    for (let row = 0; row < first.length; row++)
      counts[start + (first[row]! * BINS + second[row]!) * BINS + third[row]!]!++;
    start += BINS_OF_THREE;
  }
  return counts;
}

/** Three features, each within a bin. Infinite at a side that is open; both NaN of missing values. */
export interface Pattern {
  readonly parts: readonly { readonly feature: string; readonly from: number; readonly to: number }[];
}

export function patternAt({ features, cuts }: Grid, index: number): Pattern {
  const three = [...threesOf(features.length)][Math.floor(index / BINS_OF_THREE)] ?? [];
  const bins = [Math.floor((index % BINS_OF_THREE) / BINS ** 2), Math.floor((index % BINS ** 2) / BINS), index % BINS];
  return {
    parts: three.map((at, place) => {
      const bin = bins[place]!;
      const isMissing = bin === MISSING;
      return {
        feature: features[at]!,
        from: isMissing ? Number.NaN : (cuts[at]![bin - 1] ?? Number.NEGATIVE_INFINITY),
        to: isMissing ? Number.NaN : (cuts[at]![bin] ?? Number.POSITIVE_INFINITY),
      };
    }),
  };
}

/** How often each pattern came on the reference's days. */
export interface PatternReference {
  readonly days: number;
  readonly rows: number;
  readonly counts: Float64Array;
  /** Variance of a day's share beyond chance, over its square. */
  readonly excess: Float64Array;
}

export function patternReference(
  days: readonly { readonly rows: number; readonly patterns: Uint32Array }[],
): PatternReference {
  const cells = days[0]?.patterns.length ?? 0;
  const rows = days.reduce((sum, day) => sum + day.rows, 0);
  const counts = new Float64Array(cells);
  for (const { patterns } of days) for (let cell = 0; cell < cells; cell++) counts[cell]! += patterns[cell]!;
  const excess = new Float64Array(cells);
  const known: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    if (counts[cell] === 0) continue;
    let squares = 0;
    for (const day of days) squares += (day.patterns[cell]! - (counts[cell]! * day.rows) / rows) ** 2;
    const mean = counts[cell]! / days.length;
    excess[cell] = Math.max(0, (squares / (days.length - 1) - mean) / mean ** 2);
    if (mean >= ENOUGH) known.push(excess[cell]!);
  }
  // What is rare cannot tell how much it varies: it is taken to vary as much as the others do.
  const common = known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
  return { days: days.length, rows, counts, excess: excess.map((value) => Math.max(value, common)) };
}

/** Rows a day from which a pattern's own variation is told from chance. */
const ENOUGH = 20;

/** Evidence, as a logarithm, that is as good as none. */
const LEAST = -3;

/** The pattern that has risen most. */
export interface RisenPattern {
  readonly index: number;
  readonly count: number;
  readonly expected: number;
}

/**
 * Looks for values that come together far more often than they did: a scam that nobody has reported yet, whose transfers are alike, among many
 * that are not. It needs neither scores nor labels.
 */
export class PatternScan {
  readonly #reference: PatternReference;
  readonly #limit: number;
  /** Logarithms of what each pattern gets of a stake of 1: more of it the rarer it is, since a few transfers are not seen in a common one. */
  readonly #stakes: Float64Array;
  /** Shiryaev-Roberts, in logarithms. */
  readonly #evidence: Float64Array;

  /** @param falseAlarmDays days to the first false alarm, on average, at the least. */
  constructor(reference: PatternReference, falseAlarmDays: number) {
    const { counts, days } = reference;
    this.#reference = reference;
    this.#limit = Math.log(falseAlarmDays);
    const weights = counts.map((count) => 1 / Math.sqrt(1 + count / days));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    this.#stakes = weights.map((weight) => Math.log(weight / all));
    this.#evidence = new Float64Array(counts.length).fill(Number.NEGATIVE_INFINITY);
  }

  /** The pattern with the most evidence, where that of all together is enough; all begin anew then. */
  add(day: { readonly rows: number; readonly patterns: Uint32Array }): RisenPattern | undefined {
    const { counts, excess, rows } = this.#reference;
    let [best, most, together] = [-1, Number.NEGATIVE_INFINITY, 0];
    for (let cell = 0; cell < counts.length; cell++) {
      const count = day.patterns[cell]!;
      const before = this.#evidence[cell]!;
      // Most have come no oftener than they did, and had nothing to lose.
      if (before < LEAST && count * rows <= counts[cell]! * day.rows) continue;
      const reference = countReference(counts[cell]!, excess[cell]!, day.rows / rows);
      const after = addEvidence(before, riseOfCount(count, reference));
      this.#evidence[cell] = after;
      const won = this.#stakes[cell]! + after;
      together += Math.exp(won);
      if (won > most) [best, most] = [cell, won];
    }
    if (best < 0 || Math.log(together) < this.#limit) return undefined;
    this.#evidence.fill(Number.NEGATIVE_INFINITY);
    return { index: best, count: day.patterns[best]!, expected: (counts[best]! * day.rows) / rows };
  }
}

/** @param times how many of the reference's sizes the day is. */
export const countReference = (count: number, excess: number, times: number): CountReference => ({
  // Jeffreys' half: what never came may come.
  expected: (count + 0.5) * times,
  shape: 1 / (1 / (count + 0.5) + excess),
});
