import { rankDescending } from "./ranking.ts";
import { checkLength, checkRows, checkShare, countPositives, type Labels, type Scores } from "./rows.ts";

/** What an alert budget buys: the `share` of rows with the highest scores are alerted, and no more. */
export interface BudgetMetrics {
  /** The budget, as a share of rows. */
  readonly share: number;
  readonly alerts: number;
  readonly caught: number;
  readonly recall: number;
  readonly precision: number;
  /** Honest transfers alerted / honest transfers. */
  readonly falsePositiveRate: number;
  /** Honest transfers alerted for each fraud caught; Infinity when none is caught. */
  readonly falsePerTrue: number;
  /** Money of the frauds alerted / money of all frauds; NaN when the frauds carry no money. */
  readonly valueRecall: number;
  /** The score of the last alert. */
  readonly cut: number;
  /** Share of the alerts that were chosen among equal scores by the tie key; 0 when the cut falls between two scores. */
  readonly tieShare: number;
}

/** Rows that a budget allows: never more than the share, and at least one. */
export const alertsWithin = (share: number, rows: number): number =>
  Math.max(1, Math.min(rows, Math.floor(share * rows + 1e-9)));

/** Metrics at an alert budget over all rows together. `amounts` in any one unit of money. */
export function budgetMetrics(
  rows: { scores: Scores; labels: Labels; amounts: Float64Array; tieKeys: Uint32Array },
  share: number,
): BudgetMetrics {
  checkRows(rows.scores, rows.labels);
  return budgetMetricsOf(rankDescending(rows.scores, rows.tieKeys), rows, share);
}

/** The same of rows already ranked by `rankDescending` with their tie keys. */
export function budgetMetricsOf(
  order: Uint32Array,
  rows: { scores: Scores; labels: Labels; amounts: Float64Array },
  share: number,
): BudgetMetrics {
  checkShare("The alert budget", share);
  const alerts = alertsWithin(share, order.length);
  const cut = rows.scores[order[alerts - 1]!]!;
  let tied = 0;
  if (alerts < order.length && rows.scores[order[alerts]!] === cut) {
    while (tied < alerts && rows.scores[order[alerts - 1 - tied]!] === cut) tied++;
  }
  return describe(rows, order.subarray(0, alerts), { share, cut, tieShare: tied / alerts });
}

/**
 * The same with the budget kept in each day: a desk of analysts cannot work tomorrow's alerts today. `days` is any integer
 * that is equal for rows of one day. The cut and the tie share are those of the strictest day.
 */
export function dailyBudgetMetrics(
  order: Uint32Array,
  rows: { scores: Scores; labels: Labels; amounts: Float64Array; days: Int32Array },
  share: number,
): BudgetMetrics {
  checkShare("The alert budget", share);
  checkLength("days", rows.days.length, order.length);
  const rowsOfDay = new Map<number, number>();
  for (let row = 0; row < order.length; row++) {
    const day = rows.days[row]!;
    rowsOfDay.set(day, (rowsOfDay.get(day) ?? 0) + 1);
  }
  const left = new Map<number, number>();
  for (const [day, count] of rowsOfDay) left.set(day, alertsWithin(share, count));
  const alerted: number[] = [];
  let cut = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const day = rows.days[row]!;
    const remaining = left.get(day)!;
    if (remaining === 0) continue;
    alerted.push(row);
    left.set(day, remaining - 1);
    if (remaining === 1) cut = Math.max(cut, rows.scores[row]!);
  }
  return describe(rows, Uint32Array.from(alerted), { share, cut, tieShare: 0 });
}

function describe(
  rows: { labels: Labels; amounts: Float64Array },
  alerted: Uint32Array,
  at: { share: number; cut: number; tieShare: number },
): BudgetMetrics {
  checkLength("amounts", rows.amounts.length, rows.labels.length);
  const positives = countPositives(rows.labels);
  let money = 0;
  for (let row = 0; row < rows.labels.length; row++) if (rows.labels[row] === 1) money += rows.amounts[row]!;
  let caught = 0;
  let moneyCaught = 0;
  for (const row of alerted) {
    if (rows.labels[row] !== 1) continue;
    caught++;
    moneyCaught += rows.amounts[row]!;
  }
  const alerts = alerted.length;
  return {
    share: at.share,
    alerts,
    caught,
    recall: caught / positives,
    precision: caught / alerts,
    falsePositiveRate: (alerts - caught) / (rows.labels.length - positives),
    falsePerTrue: (alerts - caught) / caught,
    valueRecall: moneyCaught / money,
    cut: at.cut,
    tieShare: at.tieShare,
  };
}
