import { type Silence, WEEKDAYS } from "../file/silence.ts";

/** The silence that keeps a rule's alerts from being told at an instant; undefined where none does. */
export const silenceOf = (
  rule: string,
  at: number,
  silences: readonly Silence[],
  timeZone: string,
): Silence | undefined =>
  silences.find(
    (silence) => (silence.rules?.includes(rule) ?? true) && (isDated(silence, at) || isWeekly(silence, at, timeZone)),
  );

const isDated = ({ from, to }: Silence, at: number): boolean =>
  from !== undefined && to !== undefined && from <= at && at < to;

function isWeekly({ weekly }: Silence, at: number, timeZone: string): boolean {
  if (weekly === undefined) return false;
  const { day, minute } = localTime(at, timeZone);
  const [from, to] = [minuteOf(weekly.from), minuteOf(weekly.to)];
  const begins = (weekday: number): boolean => weekly.days.includes(WEEKDAYS[(weekday + 7) % 7]!);
  if (from < to) return begins(day) && minute >= from && minute < to;
  // It ends on the day after.
  return (begins(day) && minute >= from) || (begins(day - 1) && minute < to);
}

const DAYS: readonly string[] = WEEKDAYS;

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function localTime(at: number, timeZone: string): { readonly day: number; readonly minute: number } {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf((parts.weekday ?? "").toLowerCase()),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}
