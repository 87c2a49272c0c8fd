/** Vectors and matrices as MLlib stores them, and sums of products over a row. */

import { asBoolean, asCount, asNumbers, type Field, get, wrong } from "./fields.ts";

/** A vector in full. `isSparse` tells how it was stored: Spark passes over what a sparse vector does not hold. */
export interface Vector {
  readonly values: Float64Array;
  readonly isSparse: boolean;
}

const MAX_SIZE = 10_000_000;

/** Reads `{type, size, indices, values}`: type 0 is sparse, 1 dense. The same in Parquet and in JSON. */
export function readVector(field: Field): Vector {
  const type = asCount(get(field, "type"));
  const values = asNumbers(get(field, "values"));
  if (type === 1) return { values, isSparse: false };
  if (type !== 0) throw wrong(get(field, "type"), "0 or 1");
  const full = new Float64Array(asCount(get(field, "size"), MAX_SIZE));
  const indices = asNumbers(get(field, "indices"));
  if (indices.length !== values.length) throw wrong(get(field, "indices"), `a list of ${values.length}`);
  indices.forEach((index, i) => {
    if (!(index >= 0 && index < full.length)) throw wrong(get(field, "indices"), `indices below ${full.length}`);
    full[index] = values[i]!;
  });
  return { values: full, isSparse: true };
}

/** The rows of a matrix, each in full. */
export function readMatrixRows(field: Field): readonly Vector[] {
  const numRows = asCount(get(field, "numRows"), MAX_SIZE);
  const numCols = asCount(get(field, "numCols"), MAX_SIZE);
  if (numRows * numCols > MAX_SIZE) throw wrong(field, `a matrix of at most ${MAX_SIZE} elements`);
  const values = asNumbers(get(field, "values"));
  const isTransposed = asBoolean(get(field, "isTransposed"));
  const isSparse = asCount(get(field, "type")) === 0;
  const rows = Array.from({ length: numRows }, () => new Float64Array(numCols));
  if (!isSparse) {
    if (values.length !== numRows * numCols) throw wrong(get(field, "values"), `a list of ${numRows * numCols}`);
    for (let i = 0; i < numRows; i++)
      for (let j = 0; j < numCols; j++) rows[i]![j] = values[isTransposed ? i * numCols + j : j * numRows + i]!;
    return rows.map((row) => ({ values: row, isSparse }));
  }
  // Compressed columns, or compressed rows when transposed.
  const starts = asNumbers(get(field, "colPtrs"));
  const places = asNumbers(get(field, "rowIndices"));
  const [major, minor] = isTransposed ? [numRows, numCols] : [numCols, numRows];
  if (starts.length !== major + 1 || places.length !== values.length)
    throw wrong(get(field, "colPtrs"), `a list of ${major + 1} that fits rowIndices and values`);
  for (let a = 0; a < major; a++)
    for (let k = starts[a]!; k < starts[a + 1]!; k++) {
      const b = places[k]!;
      if (!(b >= 0 && b < minor)) throw wrong(get(field, "rowIndices"), `indices below ${minor}`);
      if (isTransposed) rows[a]![b] = values[k]!;
      else rows[b]![a] = values[k]!;
    }
  return rows.map((row) => ({ values: row, isSparse }));
}

/** The sum of products of a fixed vector and `values.length` numbers from `at` on. */
export type Dot = (numbers: Float64Array, at: number) => number;

/**
 * Coefficients that a sparse vector does not hold count for nothing, even where the row holds an infinity. Dense ones
 * are summed in four parts, as the BLAS that Spark brings does, which keeps sums within an ulp or two of its own.
 */
export function createDot({ values, isSparse }: Vector): Dot {
  if (isSparse) {
    const held = Array.from(values.keys()).filter((i) => values[i] !== 0);
    const indices = Int32Array.from(held);
    const kept = Float64Array.from(held, (i) => values[i]!);
    return (numbers, at) => {
      let sum = 0;
      for (let k = 0; k < indices.length; k++) sum += kept[k]! * numbers[at + indices[k]!]!;
      return sum;
    };
  }
  const size = values.length;
  const even = size - (size % 4);
  return (numbers, at) => {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let i = 0;
    for (; i < even; i += 4) {
      a += values[i]! * numbers[at + i]!;
      b += values[i + 1]! * numbers[at + i + 1]!;
      c += values[i + 2]! * numbers[at + i + 2]!;
      d += values[i + 3]! * numbers[at + i + 3]!;
    }
    let sum = a + b + c + d;
    for (; i < size; i++) sum += values[i]! * numbers[at + i]!;
    return sum;
  };
}

/** The index of the largest number, the first of equals; NaN is never larger. */
export function argmax(numbers: Float64Array, at: number, size: number): number {
  let best = 0;
  for (let i = 1; i < size; i++) if (numbers[at + i]! > numbers[at + best]!) best = i;
  return best;
}
