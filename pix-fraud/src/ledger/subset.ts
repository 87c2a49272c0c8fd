import { digestColumns } from "./digest.ts";
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

/** The ledger as it was at an instant (milliseconds): no later transfers, and no label that was not known yet. */
export function ledgerAsOf(ledger: Ledger, asOf: number): Ledger {
  const { time } = ledger.transfers;
  const rows = Int32Array.from(time.keys()).filter((row) => time[row]! < asOf);
  const taken = takeRows(ledger, rows);
  const { knownAt, reportedAt } = taken.labels;
  const isKnown = (row: number) => knownAt[row]! <= asOf;
  const labels = {
    ...taken.labels,
    fraud: taken.labels.fraud.map((label, row) => (isKnown(row) ? label : 0)),
    typology: taken.labels.typology.map((code, row) => (isKnown(row) ? code : 0)),
    knownAt: knownAt.map((at) => (at <= asOf ? at : Number.NaN)),
    reportedAt: reportedAt.map((at) => (at <= asOf ? at : Number.NaN)),
  };
  const origin = {
    ...ledger.origin,
    description: `${ledger.origin.description}, as of ${new Date(asOf).toISOString()}`,
    digest: digestColumns(taken.transfers, labels, taken.slices),
  };
  return { ...taken, labels, origin };
}

function pick(column: NumericColumn, rows: Int32Array): NumericColumn {
  const picked = column.slice(0, rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = column[rows[at]!]!;
  return picked;
}
