/** Rows that are hard to score, made from an example: with values missing, extreme and never seen. */

import type { ColumnSpec } from "../format/signature.ts";

export type GoldenKind = "given" | "missing" | "unseen" | "extreme";

export interface GoldenRows {
  readonly names: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** What is special about each row. */
  readonly kinds: readonly GoldenKind[];
}

/** Extreme values that float32 still holds: beyond it an XGBoost Booster refuses a row, as it should. */
const REALS = [0, -1, 1e30, -1e30, 1e-40, 0.1];
const EXTREMES: Readonly<Record<string, readonly unknown[]>> = {
  double: REALS,
  float: REALS,
  integer: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  long: [0, -1, 2 ** 53 - 1, -(2 ** 53)],
  boolean: [true, false],
};
const UNSEEN = "esteira: a text that no training has seen";
/** Wide models get variants of their first columns only. */
const MAX_COLUMNS = 200;

/** The rows as given, then variants of one column each, made of the given rows in turn. */
export function goldenRows(
  given: readonly (readonly unknown[])[],
  columns: readonly (ColumnSpec & { readonly name: string })[],
): GoldenRows {
  const rows = [...given];
  const kinds: GoldenKind[] = given.map(() => "given");
  const vary = (column: number, value: unknown, kind: GoldenKind): void => {
    rows.push(given[rows.length % given.length]!.with(column, value));
    kinds.push(kind);
  };
  columns.slice(0, MAX_COLUMNS).forEach(({ type, required }, column) => {
    if (type === "double" || type === "float" || !required) vary(column, null, "missing");
    if (type === "string") vary(column, UNSEEN, "unseen");
    for (const value of EXTREMES[type] ?? []) vary(column, value, "extreme");
  });
  return { names: columns.map((column) => column.name), rows, kinds };
}
