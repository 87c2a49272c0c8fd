import type { Change, Day } from "./daily-watch.ts";
import { DailyWatch, gridOfDays, LEAST_DAYS, summarise } from "./daily-watch.ts";
import type { FeatureSample } from "./drift.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** Features in which patterns are looked for, those that matter most: the patterns grow with the cube. */
const MOST_FEATURES = 16;
/** A day with less than this share of the usual transfers is the edge of a span, or an outage: its means say little. */
const WHOLE = 0.5;

/** Rows of one span: all columns of one length. */
interface Rows {
  readonly times: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
  /** In the order of the names. */
  readonly features: readonly ArrayLike<number>[];
}

/**
 * What the window's days show that the reference's did not, day after day. Null where the reference has too few whole days to know how days
 * vary. Reports of fraud are not looked at: `noveltyOf` and the cohorts do that.
 *
 * @param offsetHours local time less UTC: where a day begins.
 */
export function windowChanges(
  features: readonly FeatureSample[],
  reference: Omit<Rows, "features">,
  window: Omit<Rows, "features">,
  { threshold, offsetHours }: { readonly threshold: number; readonly offsetHours: number },
): Change[] | null {
  const watched = [...features].sort((a, b) => b.importance - a.importance).slice(0, MOST_FEATURES);
  const names = watched.map(({ name }) => name);
  const split = (rows: Omit<Rows, "features">, of: (feature: FeatureSample) => ArrayLike<number>) =>
    wholeDays({ ...rows, features: watched.map(of) }, threshold, offsetHours);
  const before = split(reference, (feature) => feature.reference);
  if (before.length < LEAST_DAYS || names.length < 3) return null;
  const grid = gridOfDays(names, before);
  const watch = new DailyWatch(
    grid,
    before.map((day) => summarise(day, grid)),
  );
  return split(window, (feature) => feature.current).flatMap((day) => watch.add(summarise(day, grid)));
}

function wholeDays({ times, scores, features }: Rows, threshold: number, offsetHours: number): Day[] {
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < times.length; row++) {
    const day = Math.floor((times[row]! + offsetHours * HOUR) / DAY);
    const rows = rowsOf.get(day);
    if (rows === undefined) rowsOf.set(day, [row]);
    else rows.push(row);
  }
  const sizes = [...rowsOf.values()].map(({ length }) => length).sort((a, b) => a - b);
  const usual = sizes[sizes.length >> 1] ?? 0;
  return [...rowsOf]
    .filter(([, { length }]) => length >= WHOLE * usual)
    .sort(([one], [other]) => one - other)
    .map(([day, rows]) => {
      const score = Float64Array.from(rows, (row) => scores[row]!);
      return {
        from: day * DAY - offsetHours * HOUR,
        features: features.map((values) => Float64Array.from(rows, (row) => values[row]!)),
        score,
        alerted: score.map((value) => (value >= threshold ? 1 : 0)),
        reports: undefined,
      };
    });
}
