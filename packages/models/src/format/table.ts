/** A table in columns: what a model is asked about. */

/**
 * Numbers, with NaN where missing (booleans are 0 and 1, instants are milliseconds since the epoch, UTC), or cells as
 * they came, with null where missing.
 */
export type Column = Float64Array | Float32Array | readonly unknown[];

export interface ColumnarTable {
  /** Columns without names are called "0", "1" ... */
  readonly names: readonly string[];
  /** In the order of the names, each of `rowCount` cells. */
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

export const isNumeric = (column: Column): column is Float64Array | Float32Array => ArrayBuffer.isView(column);

/** The names of columns that have none. */
export const positions = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => String(i));
