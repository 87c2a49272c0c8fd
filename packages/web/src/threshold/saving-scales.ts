import type { Outcome } from "./explore.ts";

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** Where alerts a day and money a day stand in a picture, in pixels. */
export interface Scales {
  /** Logarithmic: most of what is worth choosing from lies where alerts are few. */
  x(alertsPerDay: number): number;
  y(money: number): number;
  readonly right: number;
  readonly alerts: readonly [number, number];
  readonly money: readonly [number, number];
}

/** Deep losses at the end of the curve would flatten all that matters: it is cut below as much as it rises above zero. */
export function chartScales(outcomes: readonly Outcome[], frame: Frame): Scales {
  const alerts = [outcomes[0]?.alertsPerDay ?? 1, outcomes.at(-1)?.alertsPerDay ?? 1] as const;
  const nets = outcomes.map(({ netPerDay }) => netPerDay);
  const top = Math.max(0, ...nets);
  const bottom = Math.max(Math.min(0, ...nets), top > 0 ? -top : Number.NEGATIVE_INFINITY);
  const span = top - bottom || 1;
  const right = frame.width - frame.right;
  const decades = Math.log10(alerts[1] / alerts[0]) || 1;
  const low = frame.height - frame.bottom;
  return {
    x: (value) => frame.left + (Math.log10(value / alerts[0]) / decades) * (right - frame.left),
    y: (value) => low - ((Math.max(value, bottom) - bottom) / span) * (low - frame.top),
    right,
    alerts,
    money: [bottom, bottom + span],
  };
}

/** Powers of ten within the alerts. */
export function logTicks({ alerts: [from, to] }: Scales): readonly number[] {
  const ticks: number[] = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); 10 ** power <= to * (1 + 1e-9); power++) ticks.push(10 ** power);
  return ticks;
}

/** Round sums, zero among them, some four of them. */
export function moneyTicks({ money: [from, to] }: Scales): readonly number[] {
  const rough = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step); at * step <= to; at++) ticks.push(at * step || 0);
  return ticks;
}
