/**
 * Has something changed, asked every day: the evidence of each day against "all as before", and a detector that adds it up. By e-values:
 * what multiplies a stake of 1 that is expected to stay 1 while nothing has changed, so that large evidence is rare by itself.
 * Shin, Ramdas, Rinaldo (2024), E-detectors: a nonparametric framework for sequential change detection.
 */

/** What a day's count is like while nothing has changed. */
export interface CountReference {
  readonly expected: number;
  /**
   * How sure that is: the count is a negative binomial of this shape, so that its variance is expected + expected^2 / shape. Infinite
   * for one that varies by chance alone around a rate that is known.
   */
  readonly shape: number;
}

const RISES: readonly number[] = [1.5, 2, 4, 8, 16, 32];
const FALLS: readonly number[] = [0.5, 0.2, 0.05];

/** The logarithm of a day's evidence that a count has risen: the likelihoods of being so many times as large, mixed, over that of the reference. */
export const riseOfCount = (count: number, reference: CountReference): number =>
  mixed(RISES.map((times) => countRatio(count, reference, times)));

export const fallOfCount = (count: number, reference: CountReference): number =>
  mixed(FALLS.map((times) => countRatio(count, reference, times)));

function countRatio(count: number, { expected, shape }: CountReference, times: number): number {
  if (!(expected > 0)) return 0;
  if (shape === Number.POSITIVE_INFINITY) return count * Math.log(times) - expected * (times - 1);
  return count * Math.log(times) + (shape + count) * Math.log((shape + expected) / (shape + times * expected));
}

/** What a day's figure is like while nothing has changed: mean and standard deviation of so many days. */
export interface FigureReference {
  readonly mean: number;
  readonly deviation: number;
  readonly days: number;
}

/** In deviations of a day. */
const SHIFTS: readonly number[] = [1.5, 3, 6, 12, -1.5, -3, -6, -12];

/** The logarithm of a day's evidence that a figure has moved, to either side. Student's t, since mean and deviation are known of some days alone. */
export function shiftOfFigure(value: number, { mean, deviation, days }: FigureReference): number {
  const freedom = days - 1;
  const scale = deviation * Math.sqrt(1 + 1 / days);
  if (!(freedom >= 1 && scale > 0)) return 0;
  const z = (value - mean) / scale;
  const half = (freedom + 1) / 2;
  const here = Math.log1p((z * z) / freedom);
  return mixed(SHIFTS.map((shift) => half * (here - Math.log1p((z - shift) ** 2 / freedom))));
}

export function figureReference(values: readonly number[]): FigureReference {
  const days = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / days;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (days - 1)), days };
}

/** The logarithm of the mean of what these are the logarithms of. */
function mixed(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}

/**
 * The logarithm of Shiryaev and Roberts' statistic after another day: what bettors have who began on each of the days so far with a stake of 1.
 * While nothing has changed it reaches c after c days or more on average, and of many detectors with a share of c each the first does.
 *
 * @param before minus infinity at the beginning, and after an alarm.
 */
export const addEvidence = (before: number, evidence: number): number =>
  evidence + (before > 30 ? before : Math.log1p(Math.exp(before)));
