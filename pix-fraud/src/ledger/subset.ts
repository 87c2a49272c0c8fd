import type { Ledger, NumericColumn } from "./ledger.ts";

/** The ledger of some rows, in the order given, which must be that of time. Accounts and devices keep their indexes. */
export function takeRows(ledger: Ledger, rows: Int32Array): Ledger {
  const take = <T extends object>(columns: T): T => {
    const taken = Object.entries(columns).map(([name, column]: [string, NumericColumn]) => [name, pick(column, rows)]);
    return Object.assign({}, columns, Object.fromEntries(taken));
  };
  return {
    ...ledger,
    rows: rows.length,
    transfers: take(ledger.transfers),
    labels: take(ledger.labels),
    slices: take(ledger.slices),
    idOf: (row) => ledger.idOf(rows[row]!),
  };
}

function pick(column: NumericColumn, rows: Int32Array): NumericColumn {
  const picked = column.slice(0, rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = column[rows[at]!]!;
  return picked;
}
