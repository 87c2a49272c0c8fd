import { checkLength, checkProbabilities, checkRows, type Labels, type Scores } from "./rows.ts";

/** The money of decisions. All in the amounts' unit, shares between 0 and 1. Assumptions of the business, not statistics. */
export interface CostModel {
  /** Share of a lost amount that comes back. */
  readonly recovery: number;
  /** Margin lost on an honest transfer that is refused, as a share of its amount. */
  readonly margin: number;
  /** Contact and churn for each honest customer refused. */
  readonly falseAlert: number;
  /** Analyst's time for each alert, fraud or not. */
  readonly alert: number;
  /** Share of fraud that a second confirmation stops. */
  readonly stepUpStops: number;
  /** Share of honest customers who give up at the second confirmation. */
  readonly stepUpAbandon: number;
  /** Cost of one second confirmation of an honest customer. */
  readonly stepUp: number;
}

/** What an alert costs and saves. */
export type AlertCosts = Pick<CostModel, "recovery" | "margin" | "falseAlert" | "alert">;

/** Values of the middle of the ranges that the field assumes. Make them yours before quoting a figure. */
export const ASSUMED_COSTS: CostModel = {
  recovery: 0.08,
  margin: 0.002,
  falseAlert: 12,
  alert: 4,
  stepUpStops: 0.5,
  stepUpAbandon: 0.04,
  stepUp: 0.4,
};

export type Action = "allow" | "step_up" | "block";

/** Expected cost of each action on one transfer with fraud probability `p`. */
export function expectedCosts(p: number, amount: number, costs: CostModel): Readonly<Record<Action, number>> {
  const loss = p * amount * (1 - costs.recovery);
  return {
    allow: loss,
    step_up: loss * (1 - costs.stepUpStops) + (1 - p) * (costs.stepUpAbandon * costs.margin * amount + costs.stepUp),
    block: (1 - p) * (costs.margin * amount + costs.falseAlert) + costs.alert,
  };
}

/** The cheapest action; at equal cost the gentler one. */
export function cheapestAction(p: number, amount: number, costs: CostModel): Action {
  const expected = expectedCosts(p, amount, costs);
  const gentler: Action = expected.step_up < expected.allow ? "step_up" : "allow";
  return expected.block < expected[gentler] ? "block" : gentler;
}

/** Above this probability blocking costs less than allowing. It falls as the amount grows; above 1 never block. */
export function blockThreshold(amount: number, costs: CostModel): number {
  const refused = costs.margin * amount + costs.falseAlert;
  return (refused + costs.alert) / (amount * (1 - costs.recovery) + refused);
}

/** What one alert, being a block, gains over letting the transfer pass; less than nothing for an honest one. */
export function alertGain(isFraud: boolean, amount: number, costs: AlertCosts): number {
  const gain = isFraud ? amount * (1 - costs.recovery) : -(costs.margin * amount + costs.falseAlert);
  return gain - costs.alert;
}

export interface RealisedCost {
  /** Money lost in frauds that were let through, net of recovery. */
  readonly lost: number;
  /** Money kept by alerting frauds, net of what recovery would have returned. */
  readonly saved: number;
  /** Refused honest customers: margin and contact. */
  readonly friction: number;
  /** Analysts' time. */
  readonly work: number;
  readonly total: number;
  /** The same if nothing were alerted. */
  readonly totalWithoutModel: number;
}

/** What a threshold would have cost on these rows, an alert being a block. */
export function realisedCost(
  rows: { scores: Scores; labels: Labels; amounts: Float64Array },
  threshold: number,
  costs: CostModel,
): RealisedCost {
  checkRows(rows.scores, rows.labels);
  checkLength("amounts", rows.amounts.length, rows.scores.length);
  let lost = 0;
  let saved = 0;
  let friction = 0;
  let work = 0;
  for (let row = 0; row < rows.scores.length; row++) {
    const amount = rows.amounts[row]!;
    const fraud = rows.labels[row] === 1;
    if (rows.scores[row]! < threshold) {
      if (fraud) lost += amount * (1 - costs.recovery);
      continue;
    }
    work += costs.alert;
    if (fraud) saved += amount * (1 - costs.recovery);
    else friction += costs.margin * amount + costs.falseAlert;
  }
  return { lost, saved, friction, work, total: lost + friction + work, totalWithoutModel: lost + saved };
}

/** The expected cost of the cheapest actions, row by row. Needs calibrated probabilities. */
export function policyCost(probabilities: Scores, amounts: Float64Array, costs: CostModel): number {
  checkProbabilities(probabilities);
  checkLength("amounts", amounts.length, probabilities.length);
  let total = 0;
  for (let row = 0; row < probabilities.length; row++) {
    const expected = expectedCosts(probabilities[row]!, amounts[row]!, costs);
    total += Math.min(expected.allow, expected.step_up, expected.block);
  }
  return total;
}
