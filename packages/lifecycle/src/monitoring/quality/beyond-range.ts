import type { FeatureSample } from "../drift.ts";

/** Values far below the least or far above the largest that the reference had. */
export interface BeyondRange {
  readonly feature: string;
  readonly least: number;
  readonly largest: number;
  readonly below: number;
  readonly above: number;
  /** Of the values that are not missing. */
  readonly share: number;
  readonly importance: number;
}

/** How far is far, as a share of the reference's range: an age is always a little beyond it. */
const MARGIN = 0.1;
/** A smaller share of a feature's values harms nobody, however sure it is. */
const LEAST_SHARE = 0.001;

/**
 * Features with more values far beyond the reference's range than chance has, all features together wrong in `significance` of the cases. While nothing has changed,
 * the chance that `k` of `m` new values lie above the largest of `n` old ones is that all `k` largest of `m + n` are new (Wilks 1942,
 * _Statistical prediction with special reference to the problem of tolerance limits_).
 */
export function featuresBeyondRange(features: readonly FeatureSample[], significance: number): BeyondRange[] {
  const numbers = features.filter(({ kind }) => kind === "number");
  const limit = Math.log(significance / (2 * Math.max(1, numbers.length)));
  return numbers.flatMap((sample) => {
    const range = rangeOf(sample.reference);
    if (range.count === 0) return [];
    const margin = MARGIN * (range.largest - range.least);
    let [below, above, known] = [0, 0, 0];
    for (let row = 0; row < sample.current.length; row++) {
      const value = sample.current[row]!;
      if (Number.isNaN(value)) continue;
      known++;
      if (value < range.least - margin) below++;
      if (value > range.largest + margin) above++;
    }
    const share = (below + above) / known;
    const isSure = Math.min(logChance(below, known, range.count), logChance(above, known, range.count)) < limit;
    if (!isSure || share < LEAST_SHARE) return [];
    const { name: feature, importance } = sample;
    return [{ feature, least: range.least, largest: range.largest, below, above, share, importance }];
  });
}

function logChance(beyond: number, now: number, before: number): number {
  let log = 0;
  for (let i = 0; i < beyond; i++) log += Math.log((now - i) / (now + before - i));
  return log;
}

function rangeOf(values: ArrayLike<number>): { count: number; least: number; largest: number } {
  const range = { count: 0, least: Number.POSITIVE_INFINITY, largest: Number.NEGATIVE_INFINITY };
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    range.count++;
    range.least = Math.min(range.least, value);
    range.largest = Math.max(range.largest, value);
  }
  return range;
}
