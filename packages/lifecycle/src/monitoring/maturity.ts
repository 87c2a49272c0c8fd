const DAY = 86_400_000;
const HOUR = 3_600_000;

/** How soon the labels of frauds become known. */
export interface MaturityCurve {
  /** Known frauds that it was estimated from. */
  readonly cases: number;
  /** Share of all labels that will ever come (within `horizonDays`) that is known at whole days of age: index is the day. */
  readonly knownByDay: readonly number[];
  /** Age of the oldest transfer that it was estimated from, days: what lies beyond cannot be seen. */
  readonly horizonDays: number;
  /** Days until half, and 90 %, of the labels are known; NaN without cases. */
  readonly medianDays: number;
  readonly p90Days: number;
}

/**
 * The share of labels known by age, from the frauds known at `asOf`. Young transfers can only show short delays, so a plain
 * histogram of delays would be too quick. The reverse hazard takes that into account, as chain ladder does for insurance
 * claims: of the delays of at most u among the transfers that are at least u old, the share that is exactly u.
 *
 * `times` and `knownAt` in milliseconds; frauds not known at `asOf` (NaN or later) are left out.
 */
export function maturityCurve(frauds: {
  readonly times: ArrayLike<number>;
  readonly knownAt: ArrayLike<number>;
  readonly asOf: number;
}): MaturityCurve {
  const delays: number[] = [];
  const ages: number[] = [];
  for (let i = 0; i < frauds.times.length; i++) {
    const delay = frauds.knownAt[i]! - frauds.times[i]!;
    const age = frauds.asOf - frauds.times[i]!;
    if (!(delay >= 0 && delay <= age)) continue;
    delays.push(Math.floor(delay / HOUR));
    ages.push(Math.floor(age / HOUR));
  }
  let hours = 0;
  for (const age of ages) hours = Math.max(hours, age);
  const cases = delays.length;
  const byDelay = new Float64Array(hours + 2);
  const byAge = new Float64Array(hours + 2);
  for (let i = 0; i < cases; i++) {
    byDelay[delays[i]!]!++;
    byAge[ages[i]!]!++;
  }
  // At risk at u: delay at most u, age at least u. Whoever is younger than u has a delay below u too.
  const atRisk = new Float64Array(hours + 1);
  let soFar = 0;
  let younger = 0;
  for (let u = 0; u <= hours; u++) {
    soFar += byDelay[u]!;
    atRisk[u] = soFar - younger;
    younger += byAge[u]!;
  }
  // known[u]: share known within u hours, from the longest delay back.
  const known = new Float64Array(hours + 1).fill(1);
  for (let u = hours - 1; u >= 0; u--) {
    const hazard = atRisk[u + 1]! === 0 ? 0 : byDelay[u + 1]! / atRisk[u + 1]!;
    known[u] = known[u + 1]! * (1 - hazard);
  }
  const days = Math.ceil(hours / 24);
  const knownByDay = Array.from({ length: days + 1 }, (_, day) =>
    cases === 0 ? Number.NaN : day === 0 ? 0 : known[Math.min(hours, day * 24 - 1)]!,
  );
  const reach = (share: number): number => {
    if (cases === 0) return Number.NaN;
    return (known.findIndex((value) => value >= share - 1e-12) + 1) / 24;
  };
  return { cases, knownByDay, horizonDays: hours / 24, medianDays: reach(0.5), p90Days: reach(0.9) };
}

/** Share of the labels that is known of a transfer of this age (milliseconds); NaN when nothing is known of delays. */
export function shareKnown(curve: MaturityCurve, age: number): number {
  const last = curve.knownByDay.length - 1;
  if (curve.cases === 0) return Number.NaN;
  if (age <= 0) return 0;
  const days = age / DAY;
  const below = Math.floor(days);
  if (below >= last) return curve.knownByDay[last] ?? Number.NaN;
  const low = curve.knownByDay[below]!;
  return low + (curve.knownByDay[below + 1]! - low) * (days - below);
}
