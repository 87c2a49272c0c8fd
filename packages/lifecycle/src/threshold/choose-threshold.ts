/** Which threshold costs least, of those whose alerts the analysts can work. */

import { invalid } from "@esteira/core/errors";
import { type AlertCosts, alertGain } from "@esteira/models/evaluation/cost";
import { rankDescending } from "@esteira/models/evaluation/ranking";
import { bestThreshold } from "@esteira/models/evaluation/threshold";
import type { DecidedDays, DecidedRows } from "./decided-rows.ts";

export interface ThresholdLimits {
  readonly costs: AlertCosts;
  /** Alerts that the analysts can work in a day, on average; undefined where nothing limits them. */
  readonly perDay: number | undefined;
}

export interface ChosenThreshold {
  readonly threshold: number;
  /** What kept it from being lower. */
  readonly by: "cost" | "capacity";
}

/** Throws INVALID_PARAMETER_VALUE where no known fraud is old enough to choose by, or no threshold alerts so few. */
export function chooseThreshold(
  rows: DecidedRows,
  { days, matureDays }: DecidedDays,
  { costs, perDay }: ThresholdLimits,
): ChosenThreshold {
  const mature = Uint32Array.from(rows.score.keys()).filter((row) => rows.day[row]! < matureDays);
  if (!mature.some((row) => rows.fraud[row] === 1))
    throw invalid(
      "No decision whose labels have had their time is a known fraud, so costs choose no threshold: give one, or a longer window.",
    );
  const scores = Float64Array.from(mature, (row) => rows.score[row]!);
  const gains = Float64Array.from(
    mature,
    (row) => rows.weight[row]! * alertGain(rows.fraud[row] === 1, rows.amount[row]!, costs),
  );
  const cheapest = bestThreshold(scores, gains);
  const lowest = perDay === undefined ? Number.NEGATIVE_INFINITY : lowestWithin(rows, perDay * days);
  if (lowest === Number.POSITIVE_INFINITY)
    throw invalid(
      `The decisions with the highest score alone are more than ${perDay} alerts a day: no threshold is within what the analysts can work.`,
    );
  if (cheapest.threshold >= lowest) return { threshold: cheapest.threshold, by: "cost" };
  // Where nothing gains, it lies above the mature scores; younger ones may be higher, and are alerts all the same.
  return { threshold: Math.max(lowest, bestThreshold(scores, gains, lowest).threshold), by: "capacity" };
}

/** The lowest score at which no more than `alerts` decisions are alerted; above all scores where even the highest are more. */
function lowestWithin({ score, weight }: DecidedRows, alerts: number): number {
  const order = rankDescending(score);
  let lowest = Number.POSITIVE_INFINITY;
  let alerted = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    alerted += weight[row]!;
    if (alerted > alerts) break;
    if (i === order.length - 1 || score[row] !== score[order[i + 1]!]) lowest = score[row]!;
  }
  return lowest;
}
