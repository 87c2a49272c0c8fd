import type { FeatureSample } from "../drift.ts";
import { type HourSpan, hourOf, spansOf } from "./hour-spans.ts";

/** Hours in which a feature was missing as it is in no other hour: its source had stopped. */
export interface MissingHours extends HourSpan {
  readonly feature: string;
  /** Of the rows of those hours. */
  readonly rows: number;
  readonly missing: number;
}

/** An hour is judged from so many rows on. */
const LEAST_ROWS = 20;
/** Chernoff's bound of an hour's chance, before it is divided by hours and features. */
const SIGNIFICANCE = 0.01;

/**
 * `times`: of the rows of `current`, milliseconds. An hour counts where its share of missing values is `missingWatch` above what is usual, which is the reference's share or
 * the rest of the window's, whichever is more: what is missing all the time is drift, and told there.
 */
export function missingHours(
  features: readonly FeatureSample[],
  times: ArrayLike<number>,
  missingWatch: number,
): MissingHours[] {
  const rowsByHour = new Map<number, number>();
  const hours = Float64Array.from(times, hourOf);
  for (const hour of hours) rowsByHour.set(hour, (rowsByHour.get(hour) ?? 0) + 1);
  const judged = [...rowsByHour].filter(([, rows]) => rows >= LEAST_ROWS).sort(([a], [b]) => a - b);
  const limit = Math.log(SIGNIFICANCE / Math.max(1, judged.length * features.length));
  return features.flatMap((sample) => {
    const missingByHour = new Map<number, number>();
    for (const [row, hour] of hours.entries())
      if (Number.isNaN(sample.current[row]!)) missingByHour.set(hour, (missingByHour.get(hour) ?? 0) + 1);
    const all = [...missingByHour.values()].reduce((sum, missing) => sum + missing, 0);
    if (all === 0) return [];
    const before = missingShare(sample.reference);
    const found = judged
      .filter(([hour, rows]) => {
        const missing = missingByHour.get(hour) ?? 0;
        const others = hours.length - rows;
        // Laplace's rule: a share that was never seen is still no impossible one.
        const usual = Math.max(before, (all - missing + 1) / (others + 2));
        const share = missing / rows;
        return share > usual + missingWatch && -rows * divergence(share, usual) < limit;
      })
      .map(([hour]) => hour);
    return spansOf(found).map((span) => {
      const inside = found.filter((hour) => hour >= hourOf(span.from) && hour < hourOf(span.to));
      const count = (of: ReadonlyMap<number, number>) => inside.reduce((sum, hour) => sum + (of.get(hour) ?? 0), 0);
      return { ...span, feature: sample.name, rows: count(rowsByHour), missing: count(missingByHour) };
    });
  });
}

/** Kullback-Leibler, of two shares with p > q > 0. */
const divergence = (p: number, q: number): number =>
  p * Math.log(p / q) + (p === 1 ? 0 : (1 - p) * Math.log((1 - p) / (1 - q)));

function missingShare(values: ArrayLike<number>): number {
  let missing = 0;
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row]!)) missing++;
  return values.length === 0 ? 0 : missing / values.length;
}
