import { hoursOfWeek } from "../distribution/season.ts";
import { type HourSpan, hourOf, spansOf } from "./hour-spans.ts";

const HOUR = 3_600_000;
const WEEK_HOURS = 168;

/** Hours without a single decision where the reference's week has many. */
export interface SilentHours extends HourSpan {
  /** Decisions that such hours usually have. */
  readonly expected: number;
}

/**
 * So many decisions would have come: by chance alone none come once in a billion times, and traffic that comes in waves is seldom so far from its usual. Hours of
 * nights with few decisions count together.
 */
const LEAST_EXPECTED = 20;

/**
 * Spans of the window without a decision. `times` of the window's and of the reference's decisions, milliseconds; the reference is given the window's size. Hours of the week that
 * the reference does not know expect nothing, and so never count.
 */
export function silentHours(
  window: { readonly from: number; readonly to: number },
  times: ArrayLike<number>,
  referenceTimes: ArrayLike<number>,
): SilentHours[] {
  const [first, last] = [Math.ceil(window.from / HOUR), Math.floor(window.to / HOUR)];
  const taken = new Set(Array.from(times, hourOf));
  const week = hoursOfWeek(referenceTimes, 0);
  const cell = (hour: number) => ((hour % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
  let heard = 0;
  for (let hour = first; hour < last; hour++) if (taken.has(hour)) heard += week[cell(hour)]!;
  if (heard === 0) return [];
  const scale = times.length / heard;
  const empty = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).filter(
    (hour) => !taken.has(hour),
  );
  return spansOf(empty)
    .map((span) => {
      let expected = 0;
      for (let hour = hourOf(span.from); hour < hourOf(span.to); hour++) expected += week[cell(hour)]! * scale;
      return { ...span, expected };
    })
    .filter(({ expected }) => expected >= LEAST_EXPECTED);
}
