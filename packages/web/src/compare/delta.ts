/** How far a value lies from that of the baseline. */
export interface Delta {
  readonly difference: number;
  /** The difference as a share of the baseline's size; undefined when that is zero. */
  readonly share: number | undefined;
}

/** What MLflow stores for infinities. */
const LARGEST = 1.7976931348623157e308;
const isNumber = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value) && Math.abs(value) < LARGEST;

/** Undefined where either is absent, or no number. */
export function deltaOf(value: number | undefined, base: number | undefined): Delta | undefined {
  if (!isNumber(value) || !isNumber(base)) return undefined;
  const difference = value - base;
  return { difference, share: base === 0 ? undefined : difference / Math.abs(base) };
}
