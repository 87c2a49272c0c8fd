import { type Interval, wilson } from "@esteira/models/evaluation/interval";
import type { Decisions } from "./decisions.ts";

/** Rows that stand for several decisions each, counted. */
export interface WeightedCount {
  /** Sum of the weights: how many decisions the rows stand for. */
  total: number;
  /** Sum of the weights' squares. */
  squares: number;
}

/** How many decisions a row stands for: 1 unless the decisions are a sample. */
export const weightOf = ({ weight }: Pick<Decisions, "weight">, row: number): number => weight?.[row] ?? 1;

/** Rows of one weight that would know a share as well as these (Kish's effective size). 0 of none. */
export const effectiveRows = ({ total, squares }: WeightedCount): number =>
  total === squares ? total : total ** 2 / squares;

/** Wilson's interval of a share of weighted rows. */
export function weightedInterval(hits: number, count: WeightedCount): Interval {
  const rows = effectiveRows(count);
  return rows === count.total ? wilson(hits, rows) : wilson((rows * hits) / count.total, rows);
}
