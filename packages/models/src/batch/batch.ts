/** Rows of a file, some at a time, and the table that a model is asked about. */

import type { CellSource } from "../format/cells.ts";
import { enforceSchema } from "../format/enforce.ts";
import { isTensorSchema, type Schema } from "../format/signature.ts";
import type { ColumnarTable } from "../format/table.ts";

/** Cells of a column: a list, or numbers as a columnar file holds them. */
export type Cells = ArrayLike<unknown>;

export interface Batch {
  readonly source: CellSource;
  readonly names: readonly string[];
  /** In the order of the names, each of `rowCount` cells. */
  readonly columns: readonly Cells[];
  readonly rowCount: number;
}

/** A file to be read from its beginning to its end. */
export interface BatchSource {
  readonly names: readonly string[];
  /** undefined when only reading to the end tells. */
  readonly rowCount: number | undefined;
  /** Rows from `fromRow` on. Throws INVALID_PARAMETER_VALUE, naming file and row, for what cannot be read. */
  batches(fromRow: number): AsyncIterable<Batch>;
}

/** Columns of whole numbers, which miss none. */
const asWhole = (cells: Cells): Float64Array | undefined => {
  if (cells instanceof Int32Array) return Float64Array.from(cells);
  if (cells instanceof BigInt64Array) return Float64Array.from(cells, Number);
  return undefined;
};

const asReal = (cells: Cells): Float64Array | undefined => {
  if (cells instanceof Float64Array) return cells;
  if (cells instanceof Float32Array) return Float64Array.from(cells);
  return undefined;
};

/** Whole numbers of 64 bits become numbers, as JSON and CSV would give them. */
const plain = (cell: unknown): unknown =>
  typeof cell === "bigint" ? Number(cell) : cell instanceof Date ? cell.toISOString() : (cell ?? null);

/** Whether NaN says the same as null: to a column of real numbers, or one of which no signature says the type. */
const takesReals = (name: string, schema: Schema | undefined): boolean =>
  schema === undefined ||
  (!isTensorSchema(schema) &&
    schema.some(
      (spec) => spec.kind === "column" && spec.name === name && (spec.type === "double" || spec.type === "float"),
    ));

/**
 * Numbers of a columnar file go in as they are where the signature takes them so. Throws as a request with these cells would: see
 * `enforceSchema`.
 */
export function tableOf({ source, names, columns, rowCount }: Batch, schema: Schema | undefined): ColumnarTable {
  const untyped = columns.map((cells, i) => {
    const numbers = asWhole(cells) ?? (takesReals(names[i]!, schema) ? asReal(cells) : undefined);
    return numbers ?? Array.from(cells, plain);
  });
  return enforceSchema({ source, names, columns: untyped, rowCount }, schema);
}
