import type { Metric } from "@esteira/core/entities/metric";
import type { Int64 } from "@esteira/core/int64";
import { byTime } from "./metrics.ts";

/** Some neighbouring points of a history in short: how many, and which of them stand out. */
export interface Block {
  /** The least and the greatest step. */
  readonly from: Int64;
  readonly to: Int64;
  readonly count: number;
  readonly nanCount: number;
  readonly infiniteCount: number;
  /** Extremes; the same point of nothing but NaN. */
  readonly least: Metric;
  readonly greatest: Metric;
}

const isInfinite = (value: number): boolean => Math.abs(value) >= Number.MAX_VALUE;

export const blockOf = (point: Metric): Block => ({
  from: point.step,
  to: point.step,
  count: 1,
  nanCount: Number(Number.isNaN(point.value)),
  infiniteCount: Number(isInfinite(point.value)),
  least: point,
  greatest: point,
});

// Math.min takes no bigints.
const isBefore = (a: Int64, b: Int64): boolean => a < b;
const earlier = (a: Int64, b: Int64): Int64 => (isBefore(a, b) ? a : b);
const later = (a: Int64, b: Int64): Int64 => (isBefore(a, b) ? b : a);

/** Two blocks as one. A comparison with NaN is false: it never takes the place of a number. */
export const joined = (a: Block, b: Block): Block => ({
  from: earlier(a.from, b.from),
  to: later(a.to, b.to),
  count: a.count + b.count,
  nanCount: a.nanCount + b.nanCount,
  infiniteCount: a.infiniteCount + b.infiniteCount,
  least: Number.isNaN(a.least.value) || b.least.value < a.least.value ? b.least : a.least,
  greatest: Number.isNaN(a.greatest.value) || b.greatest.value > a.greatest.value ? b.greatest : a.greatest,
});

/**
 * The points that stay of a history that these blocks tell, in order: of parts of about equally many points the extremes,
 * and both ends. At most `maxPoints`.
 */
export function thinned(
  blocks: readonly Block[],
  ends: { readonly first: Metric; readonly last: Metric },
  maxPoints: number,
): readonly Metric[] {
  const total = blocks.reduce((sum, block) => sum + block.count, 0);
  const parts = Math.max(1, Math.floor((maxPoints - 2) / 2));
  const kept = new Set<Metric>([ends.first, ends.last]);
  let part: Block | undefined;
  let index = 0;
  let before = 0;
  const keep = (): void => {
    if (part !== undefined) kept.add(part.least).add(part.greatest);
    part = undefined;
  };
  for (const block of blocks) {
    // The part in which the middle of the block lies.
    const own = Math.min(parts - 1, Math.floor(((before + block.count / 2) * parts) / total));
    if (own !== index) keep();
    index = own;
    part = part === undefined ? block : joined(part, block);
    before += block.count;
  }
  keep();
  return distinct([...kept].sort(inOrder));
}

export const inOrder = (a: Metric, b: Metric): number => (a.step === b.step ? byTime(a, b) : a.step < b.step ? -1 : 1);

/** An end may be an extreme too, read twice. */
const distinct = (points: readonly Metric[]): readonly Metric[] =>
  points.filter((point, index) => {
    const before = points[index - 1];
    return before === undefined || inOrder(before, point) !== 0;
  });
