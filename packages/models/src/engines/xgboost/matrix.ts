import { invalid } from "@esteira/core/errors";
import type { Handle, InfoField, NativeXgboost } from "./native.ts";

/** A table for libxgboost. `values` is row-major, `rows` x `featureNames.length`; NaN is a missing value. */
export interface MatrixInput {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** One a row. */
  readonly labels?: Float32Array | undefined;
  /** One a row. */
  readonly weights?: Float32Array | undefined;
}

export interface QuantileOptions {
  /** Must be the `max_bin` of the booster that trains on it. */
  readonly maxBin: number;
  readonly threads: number;
  /** A validation table takes its bins from the training table. */
  readonly reference?: TrainingMatrix;
}

/** A table inside libxgboost's memory, until `dispose`. The input arrays are copied and may be reused once it is made. */
export class TrainingMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly #native: NativeXgboost;
  #handle: Handle | undefined;

  private constructor(native: NativeXgboost, input: MatrixInput, handle: Handle) {
    this.#native = native;
    this.rows = input.rows;
    this.columns = input.columns;
    this.#handle = handle;
  }

  /** Keeps the floats: what prediction of contributions and leaves wants. */
  static dense(native: NativeXgboost, input: MatrixInput): TrainingMatrix {
    checkLengths(input);
    const matrix = new TrainingMatrix(native, input, native.createDense(input));
    try {
      for (const [field, values] of infoOf(input)) native.setInfo(matrix.handle, field, values);
    } catch (error) {
      matrix.dispose();
      throw error;
    }
    return matrix;
  }

  /**
   * Keeps only the bins of `hist`: a byte or two a value instead of eight, and no second pass when training begins.
   * The model is the same to the byte. Made on another thread; the event loop goes on.
   */
  static async quantile(native: NativeXgboost, input: MatrixInput, options: QuantileOptions): Promise<TrainingMatrix> {
    checkLengths(input);
    const reference = options.reference?.handle ?? null;
    const handle = await native.createQuantile(input, input, options.maxBin, options.threads, reference);
    return new TrainingMatrix(native, input, handle);
  }

  get handle(): Handle {
    if (this.#handle === undefined) throw invalid("This training matrix was already disposed.");
    return this.#handle;
  }

  dispose(): void {
    if (this.#handle !== undefined) this.#native.freeMatrix(this.#handle);
    this.#handle = undefined;
  }
}

function* infoOf(input: MatrixInput): Generator<[InfoField, Float32Array]> {
  if (input.labels) yield ["label", input.labels];
  if (input.weights) yield ["weight", input.weights];
}

/** libxgboost reads as far as it is told to: a wrong length here would be a read outside of the array. */
export function checkLengths(input: MatrixInput): void {
  const { values, rows, columns } = input;
  if (!Number.isInteger(rows) || rows < 0 || !Number.isInteger(columns) || columns < 1) {
    throw invalid(`A table needs whole numbers of rows and columns, not ${rows} x ${columns}.`);
  }
  if (values.length !== rows * columns) {
    throw invalid(
      `A table of ${rows} rows x ${columns} features needs ${rows * columns} values, not ${values.length}.`,
    );
  }
  for (const [field, given] of infoOf(input)) {
    if (given.length !== rows) throw invalid(`A table of ${rows} rows needs ${rows} ${field}s, not ${given.length}.`);
  }
}
