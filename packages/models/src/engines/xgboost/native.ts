/**
 * The only module that calls libxgboost. Every function here is one call of its C API with the status checked, the
 * outputs copied into JavaScript memory and the error text made into a sentence; nothing above sees a pointer's inside.
 */
import { EsteiraError } from "@esteira/core/errors";
import koffi from "koffi";
import { RoundThread } from "./round-thread.ts";

/** An address inside libxgboost. Only this module's functions may use it, and whoever made it must free it. */
export type Handle = bigint;

type Status = number;

/** What an `.async` call's thread leaves behind: a status, but not its error text, which is local to that thread. */
interface Callable {
  (...args: unknown[]): unknown;
  async(...args: unknown[]): unknown;
}

/** A row-major block of floats for libxgboost, described as its `__array_interface__` wants it. */
export interface DenseBlock {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export type InfoField = "label" | "weight";

/** The `type` of XGBoosterPredictFromDMatrix. */
export const PREDICTION = { value: 0, margin: 1, contributions: 2, leaf: 6 } as const;
export type PredictionKind = keyof typeof PREDICTION;

export interface NativeXgboost {
  readonly path: string;
  /** As the library itself says, for example `3.2.0`. */
  readonly version: string;
  createDense(block: DenseBlock): Handle;
  createQuantile(
    block: DenseBlock,
    info: MatrixInfo,
    maxBin: number,
    threads: number,
    reference: Handle | null,
  ): Promise<Handle>;
  setInfo(matrix: Handle, field: InfoField, values: Float32Array): void;
  setMatrixNames(matrix: Handle, field: "feature_name" | "feature_type", values: readonly string[]): void;
  freeMatrix(matrix: Handle): void;
  createBooster(matrices: readonly Handle[]): Handle;
  freeBooster(booster: Handle): void;
  setParam(booster: Handle, name: string, value: string): void;
  setBoosterNames(booster: Handle, field: "feature_name" | "feature_type", values: readonly string[]): void;
  boosterNames(booster: Handle, field: "feature_name" | "feature_type"): string[];
  setAttribute(booster: Handle, name: string, value: string): void;
  attribute(booster: Handle, name: string): string | undefined;
  /** Applies pending parameters (so a wrong one fails here, with its text) and gives the resolved configuration. */
  config(booster: Handle): string;
  /** Calls of `update` and `evaluate` run one after the other, in the order in which they are made. */
  update(booster: Handle, round: number, train: Handle): Promise<void>;
  evaluate(booster: Handle, round: number, matrices: readonly Handle[], names: readonly string[]): Promise<string>;
  predictMatrix(booster: Handle, matrix: Handle, kind: PredictionKind): Promise<Float32Array>;
  predictDense(booster: Handle, block: DenseBlock, kind: "value" | "margin"): Float32Array;
  slice(booster: Handle, begin: number, end: number): Handle;
  rounds(booster: Handle): number;
  features(booster: Handle): number;
  featureScore(booster: Handle, type: string): Map<string, number>;
  save(booster: Handle, format: "ubj" | "json"): Uint8Array;
  load(booster: Handle, bytes: Uint8Array): void;
}

/** What training rows carry besides their features. */
export interface MatrixInfo {
  readonly labels?: Float32Array | undefined;
  readonly weights?: Float32Array | undefined;
}

const opened = new Map<string, NativeXgboost>();

/**
 * libxgboost is built with OpenMP, whose idle threads spin by default: on a busy machine that costs five times the
 * training time. The policy is read from the C environment once, when libgomp is loaded, so it goes through `setenv`
 * itself: a worker thread's `process.env` is only a copy. A value that the user has set is kept.
 */
function restThreadsPassively(): void {
  if (process.platform === "win32") {
    process.env.OMP_WAIT_POLICY ??= "PASSIVE";
    return;
  }
  const setenv = koffi.load(null).func("int setenv(const char *name, const char *value, int overwrite)");
  setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
}

/** koffi gives asynchronous calls 128 KiB of stack, which is little for a library that was built for the usual 8 MiB. */
function widenAsyncStack(): void {
  try {
    koffi.config({ async_stack_size: 4 << 20 });
  } catch {
    // Another library was loaded by koffi first, which fixes the sizes: the default has been enough in practice.
  }
}

/**
 * Loads libxgboost, once a path in a process.
 * @throws EsteiraError INVALID_STATE when the file cannot be loaded as a libxgboost.
 */
export function openXgboost(path: string): NativeXgboost {
  const known = opened.get(path);
  if (known !== undefined) return known;
  widenAsyncStack();
  restThreadsPassively();
  let native: NativeXgboost;
  try {
    native = bind(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EsteiraError("INVALID_STATE", `The library ${path} could not be loaded as libxgboost: ${reason}`, {
      cause,
    });
  }
  opened.set(path, native);
  return native;
}

/** libxgboost prefixes its text with a clock and its source file, and appends a stack trace: neither helps a reader. */
export function plainFault(text: string): string {
  const body = text.split(/\nStack trace:|\n\nStack trace/)[0] ?? text;
  return body
    .replace(/^\[\d\d:\d\d:\d\d\]\s*/, "")
    .replace(/^\S+\.(?:cc|h|cu|cuh):\d+:\s*/, "")
    .replace(/^Check failed:[^:]*:\s*(?=\S)/, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** The JSON that libxgboost takes in place of a pointer, a shape and a type. The caller keeps the array referenced. */
function arrayInterface(array: Float32Array, shape: readonly number[]): string {
  // The address is stable: asking for it moves a small array's bytes out of V8's heap, where the collector moves things.
  const address = array.length === 0 ? 0n : koffi.address(array);
  return `{"data":[${address},true],"shape":[${shape.join(",")}],"typestr":"<f4","version":3}`;
}

const blockInterface = (block: DenseBlock): string => arrayInterface(block.values, [block.rows, block.columns]);

function bind(path: string): NativeXgboost {
  const library = koffi.load(path);
  const lastError = library.func("const char *XGBGetLastError()");
  const xgboostVersion = library.func("void XGBoostVersion(_Out_ int *major, _Out_ int *minor, _Out_ int *patch)");
  const on = (result: string, name: string, parameters: string): Callable =>
    library.func(`${result} ${name}(${parameters})`);
  const c = {
    matrixFromDense: on("int", "XGDMatrixCreateFromDense", "const char *data, const char *config, _Out_ void **out"),
    proxyCreate: on("int", "XGProxyDMatrixCreate", "_Out_ void **out"),
    proxySetDense: on("int", "XGProxyDMatrixSetDataDense", "void *proxy, const char *data"),
    quantileFromCallback: on(
      "int",
      "XGQuantileDMatrixCreateFromCallback",
      "void *iterator, void *proxy, void *reference, void *reset, void *next, const char *config, _Out_ void **out",
    ),
    matrixSetInfo: on("int", "XGDMatrixSetInfoFromInterface", "void *matrix, const char *field, const char *data"),
    matrixSetNames: on(
      "int",
      "XGDMatrixSetStrFeatureInfo",
      "void *matrix, const char *field, const char **values, uint64_t size",
    ),
    matrixFree: on("int", "XGDMatrixFree", "void *matrix"),
    boosterCreate: on("int", "XGBoosterCreate", "void **matrices, uint64_t size, _Out_ void **out"),
    boosterFree: on("int", "XGBoosterFree", "void *booster"),
    setParam: on("int", "XGBoosterSetParam", "void *booster, const char *name, const char *value"),
    setNames: on(
      "int",
      "XGBoosterSetStrFeatureInfo",
      "void *booster, const char *field, const char **values, uint64_t size",
    ),
    getNames: on(
      "int",
      "XGBoosterGetStrFeatureInfo",
      "void *booster, const char *field, _Out_ uint64_t *size, _Out_ void **values",
    ),
    setAttr: on("int", "XGBoosterSetAttr", "void *booster, const char *name, const char *value"),
    getAttr: on("int", "XGBoosterGetAttr", "void *booster, const char *name, _Out_ void **out, _Out_ int *found"),
    saveConfig: on("int", "XGBoosterSaveJsonConfig", "void *booster, _Out_ uint64_t *length, _Out_ void **out"),
    predictMatrix: on(
      "int",
      "XGBoosterPredictFromDMatrix",
      "void *booster, void *matrix, const char *config, _Out_ void **shape, _Out_ uint64_t *dimensions, _Out_ void **out",
    ),
    predictDense: on(
      "int",
      "XGBoosterPredictFromDense",
      "void *booster, const char *data, const char *config, void *matrix, _Out_ void **shape, _Out_ uint64_t *dimensions, _Out_ void **out",
    ),
    slice: on("int", "XGBoosterSlice", "void *booster, int begin, int end, int step, _Out_ void **out"),
    boostedRounds: on("int", "XGBoosterBoostedRounds", "void *booster, _Out_ int *out"),
    numFeature: on("int", "XGBoosterGetNumFeature", "void *booster, _Out_ uint64_t *out"),
    featureScore: on(
      "int",
      "XGBoosterFeatureScore",
      "void *booster, const char *config, _Out_ uint64_t *size, _Out_ void **features, _Out_ uint64_t *dimensions, _Out_ void **shape, _Out_ void **scores",
    ),
    saveModel: on(
      "int",
      "XGBoosterSaveModelToBuffer",
      "void *booster, const char *config, _Out_ uint64_t *length, _Out_ void **out",
    ),
    loadModel: on("int", "XGBoosterLoadModelFromBuffer", "void *booster, const void *data, uint64_t length"),
  };
  const resetType = koffi.pointer(koffi.proto("void (void *iterator)"));
  const nextType = koffi.pointer(koffi.proto("int (void *iterator)"));

  const fault = (text: unknown): EsteiraError =>
    new EsteiraError("INVALID_PARAMETER_VALUE", `XGBoost refused: ${plainFault(String(text))}`);
  const check = (status: unknown): void => {
    if (status !== 0) throw fault(lastError());
  };
  const rounds = new RoundThread(path, fault);
  const handleFrom = (status: unknown, out: readonly unknown[]): Handle => {
    check(status);
    const [handle] = out;
    if (typeof handle !== "bigint") throw new EsteiraError("INTERNAL_ERROR", "libxgboost gave no handle.");
    return handle;
  };
  /** Runs a call on a thread of libuv's pool. Those threads live as long as the process, so what they return does too. */
  const later = (call: Callable, ...args: unknown[]): Promise<Status> =>
    new Promise((resolve, reject) => {
      call.async(...args, (error: unknown, status: Status) => (error ? reject(error) : resolve(status)));
    });
  /**
   * The text of a failure on another thread stays on that thread. The same call made again here fails for the same
   * reason, since a failed call has changed nothing, and this time the text can be read.
   */
  const laterChecked = async (call: Callable, ...args: unknown[]): Promise<void> => {
    if ((await later(call, ...args)) === 0) return;
    check(call(...args));
    throw new EsteiraError("INTERNAL_ERROR", "libxgboost failed once and then succeeded; the model cannot be trusted.");
  };
  const floats = (pointer: unknown, length: number): Float32Array => {
    const copy: unknown = length === 0 ? new Float32Array() : koffi.decode(pointer, "float", length);
    if (!(copy instanceof Float32Array)) throw new EsteiraError("INTERNAL_ERROR", "libxgboost gave no floats.");
    return copy;
  };
  const bytes = (pointer: unknown, length: number): Uint8Array => {
    const copy: unknown = koffi.decode(pointer, "uint8_t", length);
    if (!(copy instanceof Uint8Array)) throw new EsteiraError("INTERNAL_ERROR", "libxgboost gave no bytes.");
    return copy;
  };
  const shapeSize = (pointer: unknown, dimensions: unknown): number => {
    const shape: unknown = koffi.decode(pointer, "uint64_t", Number(dimensions));
    if (!Array.isArray(shape) && !(shape instanceof BigUint64Array))
      throw new EsteiraError("INTERNAL_ERROR", "libxgboost gave no shape.");
    let size = 1;
    for (const extent of shape) size *= Number(extent);
    return size;
  };
  const text = (pointer: unknown): string => koffi.decode.string(pointer);
  const texts = (pointer: unknown, length: number): string[] => {
    if (length === 0) return [];
    const list: unknown = koffi.decode(pointer, "str", length);
    return Array.isArray(list) ? list.map(String) : [];
  };
  const predictionConfig = (kind: PredictionKind): string =>
    `{"type":${PREDICTION[kind]},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN,"cache_id":0}`;

  const setInfo: NativeXgboost["setInfo"] = (matrix, field, values) =>
    check(c.matrixSetInfo(matrix, field, arrayInterface(values, [values.length])));

  const version = ((): string => {
    const parts = [[0], [0], [0]];
    xgboostVersion(...parts);
    return parts.flat().join(".");
  })();

  return {
    path,
    version,
    createDense(block) {
      const out = [null];
      return handleFrom(c.matrixFromDense(blockInterface(block), '{"missing":NaN}', out), out);
    },
    async createQuantile(block, info, maxBin, threads, reference) {
      const made = [null];
      const proxy = handleFrom(c.proxyCreate(made), made);
      let given = false;
      let failure: unknown;
      // The whole table is one batch: bins are then the same as those of an ordinary matrix.
      const next = koffi.register((): number => {
        if (given) return 0;
        given = true;
        try {
          check(c.proxySetDense(proxy, blockInterface(block)));
          if (info.labels) setInfo(proxy, "label", info.labels);
          if (info.weights) setInfo(proxy, "weight", info.weights);
          return 1;
        } catch (error) {
          failure = error;
          return 0;
        }
      }, nextType);
      const reset = koffi.register((): void => {
        given = false;
      }, resetType);
      try {
        const out = [null];
        const config = `{"missing":NaN,"nthread":${threads},"max_bin":${maxBin}}`;
        await laterChecked(c.quantileFromCallback, null, proxy, reference, reset, next, config, out);
        const matrix = handleFrom(0, out);
        if (failure === undefined) return matrix;
        c.matrixFree(matrix);
        throw failure;
      } finally {
        koffi.unregister(next);
        koffi.unregister(reset);
        c.matrixFree(proxy);
      }
    },
    setInfo,
    setMatrixNames: (matrix, field, values) => check(c.matrixSetNames(matrix, field, values, values.length)),
    freeMatrix: (matrix) => check(c.matrixFree(matrix)),
    createBooster(matrices) {
      const out = [null];
      return handleFrom(c.boosterCreate(matrices, matrices.length, out), out);
    },
    freeBooster: (booster) => check(c.boosterFree(booster)),
    setParam: (booster, name, value) => check(c.setParam(booster, name, value)),
    setBoosterNames: (booster, field, values) => check(c.setNames(booster, field, values, values.length)),
    boosterNames(booster, field) {
      const size = [0];
      const out = [null];
      check(c.getNames(booster, field, size, out));
      return texts(out[0], Number(size[0]));
    },
    setAttribute: (booster, name, value) => check(c.setAttr(booster, name, value)),
    attribute(booster, name) {
      const out = [null];
      const found = [0];
      check(c.getAttr(booster, name, out, found));
      return found[0] === 1 ? text(out[0]) : undefined;
    },
    config(booster) {
      const length = [0];
      const out = [null];
      check(c.saveConfig(booster, length, out));
      return text(out[0]);
    },
    async update(booster, round, train) {
      await rounds.run("update", booster, round, train);
    },
    evaluate: (booster, round, matrices, names) =>
      rounds.run("evaluate", booster, round, matrices, names, matrices.length),
    async predictMatrix(booster, matrix, kind) {
      const shape = [null];
      const dimensions = [0];
      const out = [null];
      await laterChecked(c.predictMatrix, booster, matrix, predictionConfig(kind), shape, dimensions, out);
      return floats(out[0], shapeSize(shape[0], dimensions[0]));
    },
    predictDense(booster, block, kind) {
      const shape = [null];
      const dimensions = [0];
      const out = [null];
      check(c.predictDense(booster, blockInterface(block), predictionConfig(kind), null, shape, dimensions, out));
      return floats(out[0], shapeSize(shape[0], dimensions[0]));
    },
    slice(booster, begin, end) {
      const out = [null];
      const status = c.slice(booster, begin, end, 1, out);
      if (status === -2) {
        throw new EsteiraError("INVALID_PARAMETER_VALUE", `The model has no rounds ${begin} to ${end} to slice.`);
      }
      return handleFrom(status, out);
    },
    rounds(booster) {
      const out = [0];
      check(c.boostedRounds(booster, out));
      return Number(out[0]);
    },
    features(booster) {
      const out = [0];
      check(c.numFeature(booster, out));
      return Number(out[0]);
    },
    featureScore(booster, type) {
      const size = [0];
      const names = [null];
      const dimensions = [0];
      const shape = [null];
      const scores = [null];
      const config = JSON.stringify({ importance_type: type, feature_map: "" });
      check(c.featureScore(booster, config, size, names, dimensions, shape, scores));
      const values = floats(scores[0], Number(size[0]));
      return new Map(texts(names[0], values.length).map((name, at) => [name, values[at]!]));
    },
    save(booster, format) {
      const length = [0];
      const out = [null];
      check(c.saveModel(booster, JSON.stringify({ format }), length, out));
      return bytes(out[0], Number(length[0]));
    },
    load: (booster, data) => check(c.loadModel(booster, data, data.byteLength)),
  };
}
