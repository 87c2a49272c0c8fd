const HOUR = 3_600_000;
const CELLS = 7 * 24;

export interface SeasonalWeights {
  /** How much each row of the reference counts. */
  readonly weights: Float64Array;
  /** Share of the window whose hour of the week the reference has rows of; the rest has nothing to be compared with. */
  readonly covered: number;
}

/**
 * Weights that give a reference the window's mix of hours of the week, so that a Sunday night is compared with Sunday nights and a
 * short window does not seem to have drifted because it is short. `times` in milliseconds; `offsetHours` is local time less UTC
 * (Brasília: -3, all the year).
 */
export function seasonalWeights(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  offsetHours: number,
): SeasonalWeights {
  const hourOf = (time: number) => (((Math.floor(time / HOUR) + offsetHours) % CELLS) + CELLS) % CELLS;
  const tally = (times: ArrayLike<number>) => {
    const counts = new Float64Array(CELLS);
    for (let row = 0; row < times.length; row++) counts[hourOf(times[row]!)]!++;
    return counts;
  };
  const [before, now] = [tally(reference), tally(current)];
  let covered = 0;
  for (let cell = 0; cell < CELLS; cell++) if (before[cell]! > 0) covered += now[cell]!;
  const weights = new Float64Array(reference.length);
  for (let row = 0; row < reference.length; row++) {
    const cell = hourOf(reference[row]!);
    weights[row] = covered === 0 ? 1 : now[cell]! / before[cell]!;
  }
  return { weights, covered: current.length === 0 ? 0 : covered / current.length };
}
