import type { RowSample } from "./row-sample.ts";

const SINGLE = 500;
const LISTS = 20;
const ROWS_A_LIST = 50;

/** Bodies of MLflow's scoring protocol as callers send them: one row a request, then lists of rows. None of no rows. */
export function sampleRequests(names: readonly string[], { rows }: RowSample): readonly string[] {
  if (rows.length === 0) return [];
  let next = 0;
  const body = (count: number): string => {
    const data = Array.from({ length: count }, () =>
      Array.from(rows[next++ % rows.length]!, (value) => (Number.isNaN(value) ? null : value)),
    );
    return JSON.stringify({ dataframe_split: { columns: names, data } });
  };
  return [...Array.from({ length: SINGLE }, () => body(1)), ...Array.from({ length: LISTS }, () => body(ROWS_A_LIST))];
}
