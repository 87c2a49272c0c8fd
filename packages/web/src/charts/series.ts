import { isDrawable } from "./scale.ts";

/** A line as it is drawn: `x` ascending, `y` as long. */
export interface Line {
  /** Names the line in keys: unlike `label`, no other has it. */
  readonly id: string;
  readonly label: string;
  readonly color: string;
  /** Lengths of strokes and gaps in pixels, for lines that share a colour. */
  readonly dash?: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** A band around the line, as long as `y`. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
}

export interface Aligned {
  /** Places of all lines on the axis, ascending, each once. */
  readonly x: readonly number[];
  /** One list a line, as long as `x`; null where the line has no drawable value. */
  readonly values: readonly (readonly (number | null)[])[];
}

export interface LogScales {
  readonly x: boolean;
  readonly y: boolean;
}

/** `x` and `y` by ascending `x`, without the points that have no place on the axis. Of several at one place the last is kept. */
export function ordered(x: readonly number[], y: readonly number[]): { x: readonly number[]; y: readonly number[] } {
  const order: number[] = [];
  let isOrdered = true;
  for (let at = 0; at < x.length; at++) {
    if (Number.isNaN(x[at])) continue;
    if (order.length > 0 && x[at]! < x[order[order.length - 1]!]!) isOrdered = false;
    order.push(at);
  }
  if (!isOrdered) order.sort((a, b) => x[a]! - x[b]! || a - b);
  const kept = order.filter((at, index) => x[order[index + 1] ?? -1] !== x[at]);
  return { x: kept.map((at) => x[at]!), y: kept.map((at) => y[at]!) };
}

/** Places of all lines together, ascending, each once, without those that the axis cannot show. */
function union(lines: readonly { readonly x: readonly number[] }[], log: boolean): readonly number[] {
  const all = new Float64Array(lines.reduce((sum, { x }) => sum + x.length, 0));
  let filled = 0;
  for (const { x } of lines) for (const place of x) if (isDrawable(place, log)) all[filled++] = place;
  const sorted = all.subarray(0, filled).sort();
  const unique: number[] = [];
  for (const place of sorted) if (unique.length === 0 || unique[unique.length - 1] !== place) unique.push(place);
  return unique;
}

/** One row of values over the places of all; a log scale has only positives. */
function row(x: readonly number[], ownX: readonly number[], y: readonly number[], log: boolean): (number | null)[] {
  const values = new Array<number | null>(x.length).fill(null);
  let at = 0;
  for (let index = 0; index < ownX.length; index++) {
    const place = ownX[index]!;
    while (at < x.length && x[at]! < place) at++;
    if (at === x.length) break;
    if (x[at] === place && isDrawable(y[index]!, log)) values[at] = y[index]!;
  }
  return values;
}

/** Lines over one axis, gaps as null. */
export function aligned(lines: readonly Pick<Line, "x" | "y">[], log: LogScales): Aligned {
  const x = union(lines, log.x);
  return { x, values: lines.map((line) => row(x, line.x, line.y, log.y)) };
}

export const hasPoints = (data: Aligned): boolean => data.values.some((row) => row.some((value) => value !== null));

/** Points that the scales have no place for, by why. */
export interface Undrawn {
  readonly nan: number;
  readonly infinite: number;
  /** Zero or below, on a log scale. */
  readonly notPositive: number;
}

export function undrawn(lines: readonly Pick<Line, "x" | "y">[], log: LogScales): Undrawn {
  let [nan, infinite, notPositive] = [0, 0, 0];
  for (const line of lines) {
    for (let at = 0; at < line.y.length; at++) {
      const [x, y] = [line.x[at]!, line.y[at]!];
      if (Number.isNaN(y)) nan++;
      else if (!isDrawable(y, false) || !isDrawable(x, false)) infinite++;
      else if (!isDrawable(y, log.y) || !isDrawable(x, log.x)) notPositive++;
    }
  }
  return { nan, infinite, notPositive };
}

/** What a table says of a line: its drawable values only. */
export interface Summary {
  readonly points: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly least: number | undefined;
  readonly greatest: number | undefined;
}

export function summaryOf(y: readonly number[]): Summary {
  const shown = y.filter((value) => isDrawable(value, false));
  return {
    points: shown.length,
    first: shown[0],
    last: shown.at(-1),
    least: shown.length === 0 ? undefined : shown.reduce((a, b) => Math.min(a, b)),
    greatest: shown.length === 0 ? undefined : shown.reduce((a, b) => Math.max(a, b)),
  };
}
