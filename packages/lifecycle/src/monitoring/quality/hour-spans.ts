const HOUR = 3_600_000;

/** Hours beside each other. Milliseconds; half-open. */
export interface HourSpan {
  readonly from: number;
  readonly to: number;
}

export const hourOf = (time: number): number => Math.floor(time / HOUR);

/** Hours (since the epoch, in their order) as spans: those beside each other are one. */
export function spansOf(hours: readonly number[]): HourSpan[] {
  const spans: { from: number; to: number }[] = [];
  for (const hour of hours) {
    const last = spans.at(-1);
    if (last !== undefined && last.to === hour * HOUR) last.to += HOUR;
    else spans.push({ from: hour * HOUR, to: (hour + 1) * HOUR });
  }
  return spans;
}

export const hoursIn = ({ from, to }: HourSpan): number => (to - from) / HOUR;
