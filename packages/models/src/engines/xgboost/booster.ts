import { EsteiraError, invalid } from "@esteira/core/errors";
import { checkLengths, type MatrixInput, TrainingMatrix } from "./matrix.ts";
import type { Handle, NativeXgboost } from "./native.ts";

export type ImportanceType = "gain" | "weight" | "cover" | "total_gain" | "total_cover";

export interface NamedMatrix {
  readonly name: string;
  readonly matrix: TrainingMatrix;
}

/** A prediction blocks the event loop for about this many row x tree visits, then lets others run. */
const VISITS_A_TURN = 2_000_000;

/** A model inside libxgboost's memory, until `dispose`. */
export class Booster {
  readonly #native: NativeXgboost;
  #handle: Handle | undefined;
  #pending = 0;
  #disposed = false;
  #updating = false;
  #trees: number | undefined;

  private constructor(native: NativeXgboost, handle: Handle) {
    this.#native = native;
    this.#handle = handle;
  }

  /**
   * A booster to be trained on `matrices` (the first is the training table). `params` are XGBoost's own; a name may
   * come more than once, as `eval_metric` does.
   *
   * `seed_per_iteration` is always on. libxgboost keeps its random generator in the calling thread, and the thread of
   * the rounds serves all boosters: without it two runs with one seed would sample different rows.
   *
   * @throws EsteiraError INVALID_PARAMETER_VALUE with XGBoost's own text when a parameter has a wrong value.
   */
  static create(
    native: NativeXgboost,
    matrices: readonly TrainingMatrix[],
    params: Iterable<readonly [name: string, value: string | number | boolean]>,
  ): Booster {
    const handles = matrices.map((matrix) => matrix.handle);
    const booster = new Booster(native, native.createBooster(handles));
    try {
      for (const [name, value] of [["verbosity", 0], ...params, ["seed_per_iteration", true]] as const) {
        native.setParam(booster.#live(), name, String(value));
      }
      // Applies the parameters on this thread, where the text of a refusal can be read.
      native.config(booster.#live());
    } catch (error) {
      booster.dispose();
      throw error;
    }
    return booster;
  }

  /** @throws EsteiraError INVALID_PARAMETER_VALUE when the bytes are not a model in UBJ or JSON. */
  static load(native: NativeXgboost, bytes: Uint8Array, threads?: number): Booster {
    const booster = new Booster(native, native.createBooster([]));
    try {
      if (bytes.byteLength === 0) throw invalid("An XGBoost model has 0 bytes; expected UBJ or JSON.");
      native.load(booster.#live(), bytes);
      native.setParam(booster.#live(), "verbosity", "0");
      if (threads !== undefined) native.setParam(booster.#live(), "nthread", String(threads));
    } catch (error) {
      booster.dispose();
      throw error;
    }
    return booster;
  }

  #live(): Handle {
    if (this.#disposed || this.#handle === undefined) {
      throw new EsteiraError("INVALID_STATE", "This booster was already disposed.");
    }
    return this.#handle;
  }

  /** A read while a round is being added would see half a model. */
  #quiet(): Handle {
    if (this.#updating)
      throw new EsteiraError("INVALID_STATE", "This booster is being trained; await the round first.");
    return this.#live();
  }

  /** Memory is freed only when no thread uses it any more. */
  async #hold<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const handle = this.#quiet();
    this.#pending++;
    try {
      return await work(handle);
    } finally {
      this.#pending--;
      if (this.#disposed) this.#free();
    }
  }

  #free(): void {
    if (this.#pending > 0 || this.#handle === undefined) return;
    this.#native.freeBooster(this.#handle);
    this.#handle = undefined;
  }

  /**
   * Adds round number `round` (from 0) and then measures the booster's `eval_metric`s on each of `watched`, on another
   * thread; the event loop goes on. Metrics are keyed `name-metric`, as XGBoost prints them.
   */
  update(round: number, train: TrainingMatrix, watched: readonly NamedMatrix[] = []): Promise<Record<string, number>> {
    const matrices = watched.map(({ matrix }) => matrix.handle);
    const names = watched.map(({ name }) => name);
    return this.#hold(async (handle) => {
      this.#updating = true;
      try {
        // Both are asked for at once, so that the thread need not wait for this one in between.
        const [added, measured] = await Promise.allSettled([
          this.#native.update(handle, round, train.handle),
          names.length > 0 ? this.#native.evaluate(handle, round, matrices, names) : "",
        ]);
        if (added.status === "rejected") throw added.reason;
        if (measured.status === "rejected") throw measured.reason;
        return parseEvaluation(measured.value);
      } finally {
        this.#updating = false;
        this.#trees = undefined;
      }
    });
  }

  /** Stored in the model file, and checked or shown by whoever loads it. All features are floats. */
  setFeatures(names: readonly string[]): void {
    const handle = this.#quiet();
    this.#native.setBoosterNames(handle, "feature_name", names);
    this.#native.setBoosterNames(
      handle,
      "feature_type",
      names.map(() => "float"),
    );
  }

  get featureNames(): string[] {
    return this.#native.boosterNames(this.#quiet(), "feature_name");
  }

  get featureCount(): number {
    return this.#native.features(this.#quiet());
  }

  get rounds(): number {
    return this.#native.rounds(this.#quiet());
  }

  setAttribute(name: string, value: string): void {
    this.#native.setAttribute(this.#quiet(), name, value);
  }

  attribute(name: string): string | undefined {
    return this.#native.attribute(this.#quiet(), name);
  }

  /** Every parameter as XGBoost has resolved it, as the JSON that `Booster.save_config` gives in Python. */
  config(): string {
    return this.#native.config(this.#quiet());
  }

  /** The rounds `begin` to `end` (exclusive) as a booster of its own. Attributes are not copied. */
  slice(begin: number, end: number): Booster {
    return new Booster(this.#native, this.#native.slice(this.#quiet(), begin, end));
  }

  /** By feature name, only features that some tree uses. */
  importance(type: ImportanceType): Map<string, number> {
    return this.#native.featureScore(this.#quiet(), type);
  }

  save(format: "ubj" | "json"): Uint8Array {
    return this.#native.save(this.#quiet(), format);
  }

  /** One float a row, at once. For a row or a small batch; `predictBatch` for more. */
  predictNow(values: Float32Array, rows: number, kind: "value" | "margin" = "value"): Float32Array {
    const handle = this.#quiet();
    const columns = this.featureCount;
    checkLengths({ values, rows, columns });
    return rows === 0 ? new Float32Array() : this.#native.predictDense(handle, { values, rows, columns }, kind);
  }

  /** One float a row: the probability (`value`) or the margin (log odds). Lets the event loop run between chunks. */
  async predictBatch(values: Float32Array, rows: number, kind: "value" | "margin" = "value"): Promise<Float32Array> {
    const columns = this.featureCount;
    checkLengths({ values, rows, columns });
    const out = new Float32Array(rows);
    const chunk = Math.max(1_024, Math.floor(VISITS_A_TURN / Math.max(1, this.#treeCount())));
    await this.#hold(async (handle) => {
      for (let start = 0; start < rows; start += chunk) {
        if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve));
        const end = Math.min(rows, start + chunk);
        const block = { values: values.subarray(start * columns, end * columns), rows: end - start, columns };
        out.set(this.#native.predictDense(handle, block, kind), start);
      }
    });
    return out;
  }

  /** SHAP values, row-major, rows x (features + 1); the last column is the bias. A row's sum is its margin. */
  contributions(values: Float32Array, rows: number): Promise<Float32Array> {
    return this.#fromMatrix(values, rows, "contributions");
  }

  /** The index of the leaf in which each row ends, row-major, rows x trees. */
  leaves(values: Float32Array, rows: number): Promise<Float32Array> {
    return this.#fromMatrix(values, rows, "leaf");
  }

  async #fromMatrix(values: Float32Array, rows: number, kind: "contributions" | "leaf"): Promise<Float32Array> {
    const input: MatrixInput = { values, rows, columns: this.featureCount };
    checkLengths(input);
    if (rows === 0) return new Float32Array();
    return this.#hold(async (handle) => {
      const matrix = TrainingMatrix.dense(this.#native, input);
      try {
        return await this.#native.predictMatrix(handle, matrix.handle, kind);
      } finally {
        matrix.dispose();
      }
    });
  }

  #treeCount(): number {
    this.#trees ??= treesOf(this.config());
    return this.#trees;
  }

  /** Frees the memory, or lets the last call that still runs on another thread free it. */
  dispose(): void {
    this.#disposed = true;
    this.#free();
  }
}

/** `[3]\ttrain-aucpr:0.9\tvalidation-aucpr:0.8`, split at the last colon: a metric such as `error@0.3` has no colon. */
export function parseEvaluation(line: string): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const part of line.split("\t").slice(1)) {
    const colon = part.lastIndexOf(":");
    metrics[part.slice(0, colon)] = Number(part.slice(colon + 1));
  }
  return metrics;
}

/** A random forest has many trees in one round, so rounds say nothing about the cost of a row. */
function treesOf(config: string): number {
  const count = /"num_trees":"(\d+)"/.exec(config)?.[1];
  return count === undefined ? 1 : Number(count);
}
