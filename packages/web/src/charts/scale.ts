import { quantile } from "./statistics.ts";

/** What MLflow stores for infinities: no chart can show them. */
const LARGEST = 1.7976931348623157e308;

/** A span of an axis, low end first. */
export type Range = readonly [low: number, high: number];

export const isNumber = (value: number): boolean => Number.isFinite(value) && Math.abs(value) < LARGEST;

/** Whether an axis has a place for a value: finite, and above zero on a log scale. */
export const isDrawable = (value: number, log: boolean): boolean => isNumber(value) && (!log || value > 0);

/** The least and the greatest of the values that an axis can show; undefined when it can show none. */
export function extent(values: Iterable<number>, log: boolean): Range | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!isDrawable(value, log)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

/** A range with air at both ends; one of a single value is opened around it, so that it lies in the middle. */
export function padded([low, high]: Range, log: boolean, share = 0.05): Range {
  if (log) {
    const air = high > low ? (high / low) ** share : 3;
    return [low / air, high * air];
  }
  // Of two values as far apart as doubles go, the difference is no number.
  const air = high > low ? Math.min((high - low) * share, Number.MAX_VALUE / 4) : Math.abs(high) * 0.1 || 1;
  return [low - air, high + air];
}

/** Share of the values at each end that clipping leaves outside. */
const TAIL = 0.02;

/** The range without the extreme fiftieth at each end; few values are all kept. */
export function clipped(values: readonly number[], log: boolean): Range | undefined {
  const ascending = Float64Array.from(values.filter((value) => isDrawable(value, log))).sort();
  if (ascending.length === 0) return undefined;
  return [quantile(ascending, TAIL), quantile(ascending, 1 - TAIL)];
}

/** Where a value lies in a range: 0 at its low end, 1 at its high end. */
export const positionIn = ([low, high]: Range, value: number, log: boolean): number =>
  log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

/** The value at a position of a range. */
export const valueAt = ([low, high]: Range, position: number, log: boolean): number =>
  log ? low * (high / low) ** position : low + (high - low) * position;

/** A range seen through a window that was moved by `by` (in widths) and resized by `zoom` around `anchor` (0 to 1). */
export const moved = (range: Range, by: number, zoom: number, anchor: number, log: boolean): Range => [
  valueAt(range, anchor - anchor * zoom + by * zoom, log),
  valueAt(range, anchor + (1 - anchor) * zoom + by * zoom, log),
];

/**
 * Marks of an axis at round numbers, about `count` of them: 1, 2 or 5 times a power of ten; on a log scale the powers of ten,
 * with 2 and 5 between them when the range has few. `least` is the finest distance, 1 for whole numbers.
 */
export function ticks([low, high]: Range, count: number, log: boolean, least = 0): readonly number[] {
  if (!(high > low)) return [low];
  if (log && Math.log10(high / low) >= 1) return logTicks(low, high, count);
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, power * ([1, 2, 5, 10].find((digit) => digit * power >= rough) ?? 10));
  const marks: number[] = [];
  const first = Math.ceil(low / step - 1e-9);
  for (let at = first; at * step <= high + step * 1e-9 && marks.length <= 2 * count + 2; at++) {
    // 3 * 0.1 is 0.30000000000000004: what a mark says is round.
    marks.push(Number((at * step).toPrecision(12)));
  }
  return marks;
}

function logTicks(low: number, high: number, count: number): readonly number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
  const digits = to - from <= count / 3 ? [1, 2, 5] : [1];
  const marks: number[] = [];
  for (let power = from; power <= to; power += every) {
    for (const digit of digits) marks.push(Number(`${digit}e${power}`));
  }
  return marks.filter((mark) => mark >= low && mark <= high);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Distances in seconds that people count time in. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 91, 182, 365].map((days) => days * DAY),
];

/** Marks of an axis of seconds, at whole minutes, hours and days of a clock that is `offset` seconds ahead. */
export function timeTicks([low, high]: Range, count: number, offset = 0): readonly number[] {
  const rough = (high - low) / Math.max(1, count);
  const step = TIME_STEPS.find((distance) => distance >= rough);
  if (step === undefined || rough < 0.5) return ticks([low, high], count, false);
  const marks: number[] = [];
  for (let at = Math.ceil((low + offset) / step) * step - offset; at <= high; at += step) marks.push(at);
  return marks;
}
