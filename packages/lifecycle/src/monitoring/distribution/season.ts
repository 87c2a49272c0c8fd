const HOUR = 3_600_000;
const CELLS = 7 * 24;

export interface SeasonalWeights {
  /** How much each row of the reference counts. */
  readonly weights: Float64Array;
  /** Share of the window whose hour of the week the reference has rows of; the rest has nothing to be compared with. */
  readonly covered: number;
}

/** Transfers by hour of the week, beginning on a Thursday as the epoch does. Tallies add up. */
export function hoursOfWeek(times: ArrayLike<number>, offsetHours: number): Float64Array {
  const counts = new Float64Array(CELLS);
  for (let row = 0; row < times.length; row++) counts[hourOfWeek(times[row]!, offsetHours)]!++;
  return counts;
}

const hourOfWeek = (time: number, offsetHours: number): number =>
  (((Math.floor(time / HOUR) + offsetHours) % CELLS) + CELLS) % CELLS;

/**
 * Weights that give a reference the window's mix of hours of the week, so that a Sunday night is compared with Sunday nights and a
 * short window does not seem to have drifted because it is short. `times` in milliseconds; `offsetHours` is local time less UTC
 * (Brasília: -3, all the year).
 */
export const seasonalWeights = (
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  offsetHours: number,
): SeasonalWeights => weightsForHours(reference, hoursOfWeek(current, offsetHours), offsetHours);

/** The same where only the window's tally of hours is known. */
export function weightsForHours(reference: ArrayLike<number>, now: Float64Array, offsetHours: number): SeasonalWeights {
  const before = hoursOfWeek(reference, offsetHours);
  let [covered, all] = [0, 0];
  for (let cell = 0; cell < CELLS; cell++) {
    all += now[cell]!;
    if (before[cell]! > 0) covered += now[cell]!;
  }
  const weights = new Float64Array(reference.length);
  for (let row = 0; row < reference.length; row++) {
    const cell = hourOfWeek(reference[row]!, offsetHours);
    weights[row] = covered === 0 ? 1 : now[cell]! / before[cell]!;
  }
  return { weights, covered: all === 0 ? 0 : covered / all };
}
