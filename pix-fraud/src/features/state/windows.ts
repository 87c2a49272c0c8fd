/** The sliding windows over past transfers, shortest first. A window at instant t holds what lies in (t - length, t). */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const windows = { tenMinutes: 0, hour: 1, day: 2, week: 3, month: 4, quarter: 5 } as const;

/** Lengths in milliseconds, by the indexes of `windows`. The last is the longest: older events leave the log. */
export const WINDOW_LENGTHS: readonly number[] = [10 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY];

/** Known frauds count for this long after they became known, the mark of a known victim for the longer. */
export const FRAUD_MEMORY = 90 * DAY;
export const VICTIM_MEMORY = 180 * DAY;

/**
 * Logarithms are kept as whole 1/16384ths, so that sums which slide (add, later subtract) stay exact and do not depend
 * on the order of events. The rounding is below 3.1e-5.
 */
export const LOG_SCALE = 16_384;

/** A logarithm in whole 1/LOG_SCALE. */
export const scaled = (logarithm: number): number => Math.round(logarithm * LOG_SCALE);

/** ln(1 + R$) of an amount in cents. */
export const logOfCents = (cents: number): number => Math.log1p(cents / 100);
