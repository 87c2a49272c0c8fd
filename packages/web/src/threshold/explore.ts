import type { OperatingPoints } from "@esteira/core/wire/operating-points";

export type Costs = OperatingPoints["costs"];

/** What one threshold does. Money in the points' unit; an alert is a block. */
export interface Outcome {
  readonly threshold: number;
  readonly alertsPerDay: number;
  readonly caught: number;
  /** Frauds caught / frauds. */
  readonly recall: number;
  /** Frauds caught / alerts. */
  readonly precision: number;
  /** Money of the frauds caught. */
  readonly caughtAmount: number;
  /** Caught money / money of all frauds. */
  readonly valueRecall: number;
  /** Honest customers refused, a day, and for each fraud caught. */
  readonly botheredPerDay: number;
  readonly botheredPerFraud: number;
  /** A day: fraud's money kept, less what would have come back anyhow. */
  readonly savedPerDay: number;
  /** A day: margin and contact of refused honest customers, and the analysts' time. */
  readonly spentPerDay: number;
  readonly netPerDay: number;
}

/** @param index of the points; -1 is a threshold above all scores. */
export function outcomeAt(operating: OperatingPoints, index: number, costs: Costs): Outcome {
  const { points, days, frauds, fraudAmount } = operating;
  const at = (list: readonly number[]) => (index < 0 ? 0 : (list[index] ?? 0));
  const [alerts, caught, caughtAmount] = [at(points.alerts), at(points.caught), at(points.caughtAmount)];
  const honest = alerts - caught;
  const saved = caughtAmount * (1 - costs.recovery);
  const spent = costs.margin * at(points.honestAmount) + costs.falseAlert * honest + costs.alert * alerts;
  return {
    threshold: index < 0 ? Number.POSITIVE_INFINITY : (points.threshold[index] ?? Number.NaN),
    alertsPerDay: alerts / days,
    caught,
    recall: frauds === 0 ? 0 : caught / frauds,
    precision: alerts === 0 ? 0 : caught / alerts,
    caughtAmount,
    valueRecall: fraudAmount === 0 ? 0 : caughtAmount / fraudAmount,
    botheredPerDay: honest / days,
    botheredPerFraud: honest / caught,
    savedPerDay: saved / days,
    spentPerDay: spent / days,
    netPerDay: (saved - spent) / days,
  };
}

/** The point with the largest net saving; the first of equals, which alerts least. */
export function bestIndex(operating: OperatingPoints, costs: Costs): number {
  let [best, most] = [-1, 0];
  for (let index = 0; index < operating.points.threshold.length; index++) {
    const { netPerDay } = outcomeAt(operating, index, costs);
    if (netPerDay > most) [best, most] = [index, netPerDay];
  }
  return best;
}

/** The lowest threshold that alerts no more than so many a day; -1 when none does. */
export const capacityIndex = ({ points, days }: OperatingPoints, alertsPerDay: number): number =>
  lastThat(points.alerts, (alerts) => alerts / days <= alertsPerDay);

/** The point of a threshold: the lowest score at or above it. */
export const indexOfThreshold = ({ points }: OperatingPoints, threshold: number): number =>
  lastThat(points.threshold, (score) => score >= threshold);

function lastThat(list: readonly number[], holds: (value: number) => boolean): number {
  let index = -1;
  while (index + 1 < list.length && holds(list[index + 1] ?? Number.NaN)) index++;
  return index;
}
