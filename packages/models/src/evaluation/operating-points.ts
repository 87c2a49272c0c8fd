import type { OperatingPoints } from "@esteira/core/wire/operating-points";
import type { AlertCosts } from "./cost.ts";
import { rankDescending } from "./ranking.ts";
import { checkLength, checkRows, countPositives, type Labels, type Scores } from "./rows.ts";

export interface OperatingRows {
  readonly scores: Scores;
  readonly labels: Labels;
  /** Money of each row, in one unit. */
  readonly amounts: Float64Array;
  /** Day number of each row. */
  readonly days: Int32Array;
}

export interface OperatingOptions {
  /** The threshold that the model was given; what it does is told exactly. */
  readonly threshold: number;
  readonly costs: AlertCosts;
  readonly currency: string;
}

/** From one point to the next the alerts grow by this factor at least: some hundreds of points, most where alerts are few. */
const GROWTH = 1.03;

/** Rows that span from day 3 to day 5 span three days. */
export function operatingPoints(
  rows: OperatingRows,
  { threshold, costs, currency }: OperatingOptions,
): OperatingPoints {
  const { scores, labels, amounts, days } = rows;
  checkRows(scores, labels);
  checkLength("amounts", amounts.length, scores.length);
  checkLength("days", days.length, scores.length);
  const order = rankDescending(scores);
  const points: Record<keyof OperatingPoints["points"], number[]> = {
    ...{ threshold: [], alerts: [], caught: [], caughtAmount: [], honestAmount: [] },
  };
  let [caught, caughtAmount, honestAmount, next] = [0, 0, 0, 1];
  for (let place = 0; place < order.length; place++) {
    const row = order[place]!;
    if (labels[row] === 1) {
      caught += 1;
      caughtAmount += amounts[row]!;
    } else honestAmount += amounts[row]!;
    const [score, below] = [scores[row]!, scores[order[place + 1]!]];
    // Equal scores stand or fall together.
    if (score === below) continue;
    const isGiven = score >= threshold && !(below !== undefined && below >= threshold);
    if (place + 1 < next && below !== undefined && !isGiven) continue;
    next = (place + 1) * GROWTH;
    points.threshold.push(score);
    points.alerts.push(place + 1);
    points.caught.push(caught);
    points.caughtAmount.push(cents(caughtAmount));
    points.honestAmount.push(cents(honestAmount));
  }
  return {
    format: 1,
    rows: scores.length,
    frauds: countPositives(labels),
    days: spanOf(days),
    fraudAmount: cents(caughtAmount),
    currency,
    threshold,
    costs: { recovery: costs.recovery, margin: costs.margin, falseAlert: costs.falseAlert, alert: costs.alert },
    points,
  };
}

/** A sum of cents, without what adding up has left of it. */
const cents = (amount: number): number => Math.round(amount * 100) / 100;

function spanOf(days: Int32Array): number {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const day of days) {
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  return last - first + 1;
}
