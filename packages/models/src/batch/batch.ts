/** Rows of a file, some at a time, and the table that a model is asked about. */

import type { CellSource } from "../format/cells.ts";
import { enforceSchema } from "../format/enforce.ts";
import { isTensorSchema, type Schema } from "../format/signature.ts";
import type { Column, ColumnarTable } from "../format/table.ts";

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

const asNumbers = (cells: Cells): Float64Array | Float32Array | undefined => {
  if (cells instanceof Float64Array || cells instanceof Float32Array) return cells;
  if (cells instanceof Int32Array) return Float64Array.from(cells);
  if (cells instanceof BigInt64Array) return Float64Array.from(cells, Number);
  return undefined;
};

/** Numbers of a columnar file go in as they are where the signature wants numbers; undefined when one needs a conversion. */
function numericTable({ names, columns, rowCount }: Batch, schema: Schema): ColumnarTable | undefined {
  if (isTensorSchema(schema)) return undefined;
  const out: Column[] = [];
  const outNames: string[] = [];
  for (const spec of schema) {
    if (spec.kind !== "column" || spec.name === undefined) return undefined;
    const cells = columns[names.indexOf(spec.name)];
    const numbers = cells === undefined ? undefined : asNumbers(cells);
    if (numbers === undefined) return undefined;
    if (spec.type !== "double" && !(spec.type === "float" && numbers instanceof Float32Array)) return undefined;
    out.push(numbers);
    outNames.push(spec.name);
  }
  return { names: outNames, columns: out, rowCount };
}

/** Whole numbers of 64 bits become numbers, as JSON and CSV would give them. */
const plain = (cell: unknown): unknown =>
  typeof cell === "bigint" ? Number(cell) : cell instanceof Date ? cell.toISOString() : (cell ?? null);

/** Throws as a request with these cells would: see `enforceSchema`. */
export function tableOf(batch: Batch, schema: Schema | undefined): ColumnarTable {
  const direct = schema === undefined ? undefined : numericTable(batch, schema);
  if (direct !== undefined) return direct;
  const columns = batch.columns.map((cells) => Array.from(cells, plain));
  return enforceSchema({ source: batch.source, names: batch.names, columns, rowCount: batch.rowCount }, schema);
}
