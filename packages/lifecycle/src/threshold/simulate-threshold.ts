/** What another threshold would have done with decisions that were made: for each figure the present one, the other, and the difference. */

import { invalid } from "@esteira/core/errors";
import type { AlertCosts } from "@esteira/models/evaluation/cost";
import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import { Random } from "@esteira/models/evaluation/random";
import type { DecidedDays, DecidedRows } from "./decided-rows.ts";

/** Of a day on average. Money in one unit. */
export const FIGURES = ["alerts", "caught", "saved", "atRisk", "bothered", "cost"] as const;
/**
 * `alerts`; frauds among them (`caught`); their money, less what would have come back (`saved`); the same of the frauds that pass (`atRisk`); honest
 * customers refused (`bothered`); and what all of it costs: money lost, margin and contact of the refused, and the analysts' time.
 */
export type Figure = (typeof FIGURES)[number];

/** A mean of days, with the 95 % interval that so many days allow; null where there are fewer than two. */
export interface DailyFigure {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface FigureChange {
  readonly before: DailyFigure;
  readonly after: DailyFigure;
  readonly change: DailyFigure;
}

export interface ThresholdSimulation extends DecidedDays {
  readonly before: number;
  readonly after: number;
  readonly decisions: number;
  /** Share of the decisions whose labels have not had their time: they count for `alerts` alone. */
  readonly immatureShare: number;
  /** Of the days whose labels count; all but `alerts` are null without such days. */
  readonly figures: Readonly<Record<Figure, FigureChange | null>>;
  /**
   * Alerted decisions of those days which the other threshold lets pass, and how many of them nobody has said anything of. A transfer that was stopped is
   * reported by nobody, so these count as honest, and the money at risk is at least what is said.
   */
  readonly released: { readonly decisions: number; readonly unknown: number };
}

const DRAWS = 2000;
const SEED = 1;

/** Throws INVALID_PARAMETER_VALUE for a threshold that is not finite, or without decisions. Equal rows give equal figures. */
export function simulateThreshold(
  rows: DecidedRows,
  span: DecidedDays,
  { before, after, costs }: { readonly before: number; readonly after: number; readonly costs: AlertCosts },
): ThresholdSimulation {
  for (const threshold of [before, after])
    if (!Number.isFinite(threshold)) throw invalid(`The threshold is ${threshold}; it must be a finite number.`);
  const decisions = rows.weight.reduce((sum, weight) => sum + weight, 0);
  if (decisions === 0) throw invalid("No decision to simulate a threshold on: give another window.");
  const [now, then] = [dailySums(rows, span, before, costs), dailySums(rows, span, after, costs)];
  const figures = FIGURES.map((figure) => {
    const days = figure === "alerts" ? span.days : span.matureDays;
    return [figure, days === 0 ? null : changeOf(now[figure], then[figure], days)] as const;
  });
  let young = 0;
  const released = { decisions: 0, unknown: 0 };
  for (let row = 0; row < rows.score.length; row++) {
    const weight = rows.weight[row]!;
    if (rows.day[row]! >= span.matureDays) young += weight;
    else if (rows.alerted[row] === 1 && rows.score[row]! < after) {
      released.decisions += weight;
      if (rows.labelled[row] !== 1) released.unknown += weight;
    }
  }
  return {
    ...{ ...span, before, after, decisions, released, immatureShare: young / decisions },
    figures: Object.fromEntries(figures) as Record<Figure, FigureChange | null>,
  };
}

type Sums = Readonly<Record<Figure, Float64Array>>;

function dailySums(rows: DecidedRows, { days }: DecidedDays, threshold: number, costs: AlertCosts): Sums {
  const sums = Object.fromEntries(FIGURES.map((figure) => [figure, new Float64Array(days)])) as Record<
    Figure,
    Float64Array
  >;
  const { alerts, caught, saved, atRisk, bothered, cost } = sums;
  for (let row = 0; row < rows.score.length; row++) {
    const [day, weight, amount] = [rows.day[row]!, rows.weight[row]!, rows.amount[row]!];
    const isFraud = rows.fraud[row] === 1;
    const net = isFraud ? weight * amount * (1 - costs.recovery) : 0;
    if (rows.score[row]! < threshold) {
      atRisk[day]! += net;
      cost[day]! += net;
      continue;
    }
    alerts[day]! += weight;
    cost[day]! += weight * costs.alert;
    if (isFraud) {
      caught[day]! += weight;
      saved[day]! += net;
    } else {
      bothered[day]! += weight;
      cost[day]! += weight * (costs.margin * amount + costs.falseAlert);
    }
  }
  return sums;
}

/** Whole days are drawn with replacement: what happens on one day goes together. */
function changeOf(before: Float64Array, after: Float64Array, days: number): FigureChange {
  const differences = after.map((sum, day) => sum - before[day]!);
  const figure = (sums: Float64Array): DailyFigure => {
    const value = meanOf(sums, days);
    if (days < 2) return { value, low: null, high: null };
    // The same draws for each figure.
    const random = new Random(SEED);
    const means = Float64Array.from({ length: DRAWS }, () => {
      let sum = 0;
      for (let i = 0; i < days; i++) sum += sums[random.below(days)]!;
      return sum / days;
    }).sort();
    return { value, low: quantileOfSorted(means, 0.025), high: quantileOfSorted(means, 0.975) };
  };
  return { before: figure(before), after: figure(after), change: figure(differences) };
}

function meanOf(sums: Float64Array, days: number): number {
  let total = 0;
  for (let day = 0; day < days; day++) total += sums[day]!;
  return total / days;
}
