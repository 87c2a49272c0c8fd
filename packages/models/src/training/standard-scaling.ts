/** Column statistics of a table, and the standardised rows made with them. */
export interface Scaling {
  /** Of the values that are present; 0 for a column without any. */
  readonly means: Float64Array;
  /** Population standard deviation after imputation; 1 for a constant column. */
  readonly deviations: Float64Array;
}

/** `values` is row-major, rows x columns. A missing value (NaN) counts as the column's mean, so it narrows the spread. */
export function fitScaling(values: Float32Array, rows: number, columns: number): Scaling {
  const means = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const value = values[at]!;
      if (Number.isNaN(value)) continue;
      means[column]! += value;
      counts[column]! += 1;
    }
  }
  for (let column = 0; column < columns; column++) means[column]! /= Math.max(1, counts[column]!);
  // A second pass: the sum of squares minus the square of the sum loses all digits for large amounts.
  const squares = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const difference = values[at]! - means[column]!;
      if (!Number.isNaN(difference)) squares[column]! += difference * difference;
    }
  }
  const deviations = squares.map((sum, column) => {
    const deviation = Math.sqrt(sum / rows);
    // What rounding alone leaves of a constant column is not a spread.
    return deviation > 1e-12 * Math.max(1, Math.abs(means[column]!)) ? deviation : 1;
  });
  return { means, deviations };
}

/** Writes row `row` of `values`, standardised, into `out`; a missing value becomes the mean, which is 0. */
export function scaleRow(scaling: Scaling, values: Float32Array, row: number, out: Float64Array): void {
  const { means, deviations } = scaling;
  const columns = means.length;
  const start = row * columns;
  for (let column = 0; column < columns; column++) {
    const value = values[start + column]!;
    out[column] = Number.isNaN(value) ? 0 : (value - means[column]!) / deviations[column]!;
  }
}
