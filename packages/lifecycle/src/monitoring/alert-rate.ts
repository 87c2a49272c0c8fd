import type { Interval } from "@esteira/models/evaluation/interval";
import type { Decisions } from "./decisions.ts";
import type { Level } from "./levels.ts";
import type { MonitorSettings } from "./settings.ts";
import { weightedInterval, weightOf } from "./weighted-share.ts";

const DAY = 86_400_000;

export interface AlertRate {
  readonly transfers: number;
  readonly alerts: number;
  readonly rate: number;
  readonly interval: Interval;
  /** The share that the desk can work. */
  readonly budget: number;
  readonly days: readonly { readonly from: number; readonly transfers: number; readonly alerts: number }[];
  readonly level: Level;
}

/** Alerts against the budget, by day. A departure counts when it is large and beyond chance. */
export function alertRate(
  decisions: Decisions,
  window: { readonly from: number; readonly to: number },
  budget: number,
  settings: MonitorSettings,
): AlertRate {
  const days = Array.from({ length: Math.ceil((window.to - window.from) / DAY) }, (_, i) => ({
    from: window.from + i * DAY,
    transfers: 0,
    alerts: 0,
  }));
  let transfers = 0;
  let alerts = 0;
  let squares = 0;
  for (let row = 0; row < decisions.time.length; row++) {
    const time = decisions.time[row]!;
    if (time < window.from || time >= window.to) continue;
    const day = days[Math.floor((time - window.from) / DAY)]!;
    const weight = weightOf(decisions, row);
    day.transfers += weight;
    transfers += weight;
    squares += weight ** 2;
    if (decisions.alerted[row] !== 1) continue;
    day.alerts += weight;
    alerts += weight;
  }
  const rate = alerts / transfers;
  const interval = weightedInterval(alerts, { total: transfers, squares });
  const above = interval.low > budget;
  const below = interval.high < budget;
  const level: Level =
    above && rate > budget * settings.alertRatioAct
      ? "act"
      : (above && rate > budget * settings.alertRatioWatch) || (below && rate < budget / settings.alertRatioWatch)
        ? "watch"
        : "info";
  return { transfers, alerts, rate, interval, budget, days, level };
}
