import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import type { FeatureSample } from "../drift.ts";

/** A feature whose values came multiplied: cents for reals, metres for kilometres. */
export interface Rescaled {
  readonly feature: string;
  /** Now over before. */
  readonly factor: number;
  readonly importance: number;
}

const QUANTILES = [0.25, 0.5, 0.75, 0.9];
/** Below it nobody can tell a unit from a market that has moved. */
const LEAST_FACTOR = 5;
/** How far a quantile's own factor may be from that of all of them together. */
const TOLERANCE = 0.2;
const LEAST_VALUES = 100;
/** Quantiles of so many are near enough to know a factor of five. */
const MOST_ROWS = 10_000;

/**
 * Whether all quantiles of the sizes have moved by one factor. Values that drift move their quantiles by different ones, and one that has few
 * different values (a flag, a count that is nearly always 1) has no scale to be told by.
 */
export function rescaledFeatures(features: readonly FeatureSample[]): Rescaled[] {
  return features.flatMap((sample) => {
    const factor = sample.kind === "number" ? factorOf(sizesOf(sample.reference), sizesOf(sample.current)) : undefined;
    return factor === undefined ? [] : [{ feature: sample.name, factor, importance: sample.importance }];
  });
}

function factorOf(before: Float64Array, now: Float64Array): number | undefined {
  if (before.length < LEAST_VALUES || now.length < LEAST_VALUES) return undefined;
  const places = QUANTILES.map((share) => quantileOfSorted(before, share));
  if (new Set(places).size < QUANTILES.length) return undefined;
  const logs = QUANTILES.map((share, i) => Math.log(quantileOfSorted(now, share) / places[i]!));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  if (Math.abs(mean) < Math.log(LEAST_FACTOR)) return undefined;
  return logs.every((log) => Math.abs(log - mean) <= TOLERANCE) ? Math.exp(mean) : undefined;
}

/** Sizes of the values that have one, sorted: of rows evenly apart, where there are very many. */
function sizesOf(values: ArrayLike<number>): Float64Array {
  const step = Math.max(1, values.length / MOST_ROWS);
  return Float64Array.from({ length: Math.floor(values.length / step) }, (_, i) =>
    Math.abs(values[Math.floor(i * step)]!),
  )
    .filter((size) => size > 0 && size < Number.POSITIVE_INFINITY)
    .sort();
}
