/** Rows that are hard to score, made from an example: with values missing, extreme and never seen. */

import { invalid } from "@esteira/core/errors";
import type { Frame } from "../format/enforce.ts";
import { type ColumnSpec, isTensorSchema, type Schema } from "../format/signature.ts";

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

/** A column that rows can be made for: it has a name. */
export type NamedColumn = ColumnSpec & { readonly name: string };

const isNamed = (column: ColumnSpec): column is NamedColumn => column.name !== undefined;

/** The columns of a signature. Throws INVALID_PARAMETER_VALUE when it has none, or tensors, or columns without names. */
export function namedColumns(inputs: Schema | undefined): readonly NamedColumn[] {
  if (inputs === undefined || isTensorSchema(inputs)) throw invalid("Parity needs a signature of columns");
  const columns = (inputs as readonly ColumnSpec[]).filter(isNamed);
  if (columns.length === 0 || columns.length < inputs.length) throw invalid("Parity needs a signature with names");
  return columns;
}

/** The rows of an example in the order of the columns; null for a column that the example lacks. */
export function rowsOf(example: Frame, columns: readonly NamedColumn[]): readonly (readonly unknown[])[] {
  const places = columns.map((column) => example.names?.indexOf(column.name) ?? -1);
  return Array.from({ length: example.rowCount }, (_, row) =>
    places.map((place) => (place < 0 ? null : example.columns[place]![row])),
  );
}

/** The rows as given, then variants of one column each, made of the given rows in turn. */
export function goldenRows(given: readonly (readonly unknown[])[], columns: readonly NamedColumn[]): GoldenRows {
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
