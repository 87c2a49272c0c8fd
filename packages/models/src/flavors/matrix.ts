/** A table into the row-major matrix that tree models read. */

import { badRequest } from "../format/cells.ts";
import { type ColumnarTable, isNumeric } from "../format/table.ts";

/** The columns of `table` that are the features, in their order. */
function findColumns(table: ColumnarTable, features: readonly string[], count: number): readonly number[] {
  if (features.length === 0) {
    if (table.names.length !== count)
      throw badRequest(`The model takes ${count} columns, the input has ${table.names.length}`);
    return table.names.map((_, i) => i);
  }
  if (table.names.length === count && features.every((name, i) => table.names[i] === name))
    return features.map((_, i) => i);
  const at = new Map(table.names.map((name, i) => [name, i]));
  // Never by position when the model has names: a wrong order would score, and nobody would see it.
  const missing = features.filter((name) => !at.has(name));
  if (missing.length > 0)
    throw badRequest(
      `The model needs the columns ${missing
        .map((name) => `'${name}'`)
        .slice(0, 20)
        .join(", ")}, which the input does not have`,
    );
  return features.map((name) => at.get(name)!);
}

/** Hands over each of the model's columns with its place among the features. Throws BAD_REQUEST as the callers say. */
function eachColumn(
  table: ColumnarTable,
  features: readonly string[],
  count: number,
  take: (column: Float64Array | Float32Array, feature: number, name: string) => void,
): void {
  if (table.rowCount === 0) return;
  findColumns(table, features, count).forEach((at, feature) => {
    const column = table.columns[at]!;
    const name = table.names[at]!;
    if (!isNumeric(column)) throw badRequest(`Column '${name}' holds values that are not numbers`);
    take(column, feature, name);
  });
}

/**
 * Picks the model's columns by name (by position when the model has no names) and rounds to float32, NaN where
 * missing. Throws BAD_REQUEST for a column that is missing or not numeric and, unless `allowInfinite`, for a value that
 * float32 cannot hold.
 */
export function toMatrix(
  table: ColumnarTable,
  features: readonly string[],
  count: number,
  allowInfinite: boolean,
): Float32Array {
  const { rowCount } = table;
  const matrix = new Float32Array(rowCount * count);
  eachColumn(table, features, count, (column, feature, name) => {
    for (let row = 0; row < rowCount; row++) {
      const slot = row * count + feature;
      matrix[slot] = column[row]!;
      if (!allowInfinite && Math.abs(matrix[slot]!) === Number.POSITIVE_INFINITY)
        throw badRequest(
          `Column '${name}' holds ${column[row]} in row ${row}, which is infinite or too large for float32`,
        );
    }
  });
  return matrix;
}

/** As `toMatrix`, in double precision, infinite values allowed. */
export function toDoubles(table: ColumnarTable, features: readonly string[], count: number): Float64Array {
  const { rowCount } = table;
  const matrix = new Float64Array(rowCount * count);
  eachColumn(table, features, count, (column, feature) => {
    for (let row = 0; row < rowCount; row++) matrix[row * count + feature] = column[row]!;
  });
  return matrix;
}
