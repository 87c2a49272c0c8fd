import { isNumber } from "./scale.ts";
import type { Line } from "./series.ts";
import { deviation, mean } from "./statistics.ts";

/** How far a band reaches: from the least to the greatest run, or one standard deviation to each side of the mean. */
export const BANDS = ["range", "deviation", "none"] as const;
export type Band = (typeof BANDS)[number];

/** Places at which a group's curve is computed. */
const PLACES = 400;

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The value of a curve at a place, between two points in proportion; undefined outside of it. `x` is ascending. */
export function interpolated({ x, y }: Curve, place: number): number | undefined {
  if (x.length === 0 || place < x[0]! || place > x[x.length - 1]!) return undefined;
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle]! <= place) low = middle;
    else high = middle;
  }
  if (x[low] === place) return y[low];
  if (x[high] === place) return y[high];
  const share = (place - x[low]!) / (x[high]! - x[low]!);
  return y[low]! + (y[high]! - y[low]!) * share;
}

/** Places of all curves, thinned evenly to at most `most`. */
function shared(curves: readonly Curve[], most: number): readonly number[] {
  const all = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.round((at * (all.length - 1)) / (most - 1))]!);
}

/**
 * The mean of several curves and a band around it, at places that some curve has. A curve counts from its first to its last
 * point, between points in proportion; points that are no numbers are passed over.
 */
export function groupCurve(curves: readonly Curve[], band: Band): Pick<Line, "x" | "y" | "band"> {
  const clean = curves.map(({ x, y }) => {
    const kept = x.map((_, at) => at).filter((at) => isNumber(y[at]!) && isNumber(x[at]!));
    return { x: kept.map((at) => x[at]!), y: kept.map((at) => y[at]!) };
  });
  const x = shared(clean, PLACES);
  const y: number[] = [];
  const low: number[] = [];
  const high: number[] = [];
  for (const place of x) {
    const values = clean.map((curve) => interpolated(curve, place)).filter((value) => value !== undefined);
    const middle = mean(values);
    const reach = deviation(values);
    y.push(middle);
    low.push(band === "range" ? Math.min(...values) : middle - reach);
    high.push(band === "range" ? Math.max(...values) : middle + reach);
  }
  return { x, y, ...(band === "none" ? {} : { band: { low, high } }) };
}

/** Members of each group in the order in which groups are met. */
export function grouped<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
