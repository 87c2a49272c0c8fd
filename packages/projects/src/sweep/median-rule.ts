/** A point of the metric that is watched while a trial trains; less is better. */
export interface Reported {
  readonly step: number;
  readonly loss: number;
}

/** Finished trials that there must be before one is judged by them. */
const FEWEST = 4;

/**
 * The median stopping rule of Golovin et al., "Google Vizier: A Service for Black-Box Optimization" (KDD 2017), section 3.2.2: a trial is
 * given up at a step when the best that it has reached by then is worse than the median of what the finished trials had on average up to
 * that step.
 *
 * @param warmup steps below it never end a trial.
 * @returns the step at which it is to be given up; undefined to let it go on.
 */
export function prunedAt(
  trial: readonly Reported[],
  finished: readonly (readonly Reported[])[],
  warmup: number,
): number | undefined {
  const last = trial.at(-1);
  if (last === undefined || last.step < warmup) return undefined;
  const averages = finished.flatMap((points) => {
    const before = points.filter(({ step }) => step <= last.step);
    return before.length === 0 ? [] : [before.reduce((sum, { loss }) => sum + loss, 0) / before.length];
  });
  if (averages.length < FEWEST) return undefined;
  averages.sort((a, b) => a - b);
  const [low = 0, high = 0] = [averages[(averages.length - 1) >> 1], averages[averages.length >> 1]];
  const best = Math.min(...trial.map(({ loss }) => (Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss)));
  return best > (low + high) / 2 ? last.step : undefined;
}
