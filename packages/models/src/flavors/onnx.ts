/**
 * MLflow's `onnx` flavor, scored by onnxruntime-node, which who serves such models installs beside. It answers what MLflow's Python
 * flavor does: to a data frame a record of the outputs for each of their values, to arrays the outputs whole, by name. Where MLflow
 * fails, it answers a record a row: when outputs differ in their number of values (a class and its probabilities), and when
 * several inputs are of the shape [rows, 1], as scikit-learn's converter writes them.
 */

import { invalid } from "@esteira/core/errors";
import {
  type OnnxInput,
  type OnnxOutput,
  type OnnxSession,
  openOnnx,
  type SessionSettings,
} from "../engines/onnx/session.ts";
import { type Elements, fromNested, toNested } from "../engines/onnx/tensor.ts";
import { badRequest } from "../format/cells.ts";
import { enforceSchema, type Frame, schemaError } from "../format/enforce.ts";
import type { ModelConfig } from "../format/mlmodel.ts";
import { isTensorSchema, type TensorSpec } from "../format/signature.ts";
import { type ColumnarTable, isNumeric } from "../format/table.ts";
import type { Flavor, Prediction, PredictionRecord, ServableModel } from "./flavor.ts";

export const onnxFlavor: Flavor<ServableModel> = {
  async load(folder, config) {
    const { data, onnx_session_options: options } = config.flavors.onnx ?? {};
    if (typeof data !== "string") throw invalid("MLmodel is not valid: flavors.onnx.data must name the model file");
    return createOnnxModel(await openOnnx(folder, data, settingsOf(options)), config);
  },
};

const LEVELS = new Map<unknown, SessionSettings["graphOptimizationLevel"]>([
  [0, "disabled"],
  [1, "basic"],
  [2, "extended"],
  [99, "all"],
]);

/** What a model was logged with, as far as it changes how it is run here. */
function settingsOf(options: unknown): SessionSettings {
  if (options === null || options === undefined) return {};
  const wrong = (problem: string): Error =>
    invalid(`MLmodel is not valid: flavors.onnx.onnx_session_options ${problem}`);
  if (typeof options !== "object") throw wrong("must be an object");
  const given = new Map<string, unknown>(Object.entries(options).filter(([, value]) => Boolean(value)));
  const count = (name: string): number | undefined => {
    const value = given.get(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 1024) return value;
    throw wrong(`has ${name}: ${String(value)}, which must be a number of threads`);
  };
  const mode = given.get("execution_mode");
  const executionMode = mode === undefined ? undefined : String(mode).toLowerCase();
  if (executionMode !== undefined && executionMode !== "sequential" && executionMode !== "parallel")
    throw wrong("has an execution_mode that is neither sequential nor parallel");
  const level = LEVELS.get(given.get("graph_optimization_level"));
  if (given.has("graph_optimization_level") && level === undefined)
    throw wrong("has a graph_optimization_level that is none of 0, 1, 2 and 99");
  if (given.has("extra_session_config"))
    throw invalid("The ONNX model asks for extra_session_config, which onnxruntime in Node does not take");
  const [intra, inter] = [count("intra_op_num_threads"), count("inter_op_num_threads")];
  return {
    ...(intra !== undefined && { intraOpNumThreads: intra }),
    ...(inter !== undefined && { interOpNumThreads: inter }),
    ...(executionMode !== undefined && { executionMode }),
    ...(level !== undefined && { graphOptimizationLevel: level }),
  };
}

type Feeds = ReadonlyMap<string, Elements>;

function createOnnxModel(session: OnnxSession, config: ModelConfig): ServableModel {
  const { inputs } = session;
  const schema = config.signature?.inputs;
  const tensors = schema !== undefined && isTensorSchema(schema) ? schema : undefined;
  return {
    config,
    signature: config.signature,
    async predict(table) {
      if (table.rowCount === 0) return [];
      return rowRecords(await session.run(feedsOfTable(inputs, table)), table.rowCount);
    },
    async respond(frame) {
      if (tensors === undefined && !(schema === undefined && frame.source === "array")) {
        const table = enforceSchema(frame, schema);
        if (table.rowCount === 0) return [];
        return flatRecords(await session.run(feedsOfTable(inputs, table)), table.rowCount);
      }
      const outputs = await session.run(feedsOfArrays(inputs, frame, tensors ?? []));
      return Object.fromEntries(outputs.map(({ name, dims, values }) => [name, toNested<Prediction>(values, dims)]));
    },
    close: () => session.release(),
  };
}

/** Elements in the number of dimensions that the model declares, where only dimensions of one element are between. */
function fitRank({ shape }: OnnxInput, { dims, cells }: Elements): Elements {
  const isShorter = dims.length + 1 === shape.length && (shape.at(-1) === 1 || shape.at(-1) === -1);
  if (isShorter) return { dims: [...dims, 1], cells };
  const isLonger = dims.length === shape.length + 1 && dims.at(-1) === 1;
  return isLonger ? { dims: dims.slice(0, -1), cells } : { dims, cells };
}

/** A table: one matrix of all columns for a model with one input, else a column for each input. */
function feedsOfTable(inputs: readonly OnnxInput[], { names, columns, rowCount }: ColumnarTable): Feeds {
  const [single] = inputs;
  if (single !== undefined && inputs.length === 1) {
    const width = columns.length;
    const wanted = single.shape[1] ?? -1;
    if (single.shape.length === 2 && wanted !== -1 && wanted !== width)
      throw badRequest(`The model takes ${wanted} columns, the input has ${width}`);
    const text = columns.findIndex((column) => isNumeric(column) === (single.type === "string"));
    if (text >= 0)
      throw badRequest(
        `Column '${names[text]}' holds ${single.type === "string" ? "numbers, and the model takes text" : "values that are not numbers"}`,
      );
    const cells = new Array<unknown>(rowCount * width);
    columns.forEach((column, i) => {
      for (let row = 0; row < rowCount; row++) cells[row * width + i] = column[row];
    });
    return new Map([[single.name, fitRank(single, { dims: [rowCount, width], cells })]]);
  }
  return byName(inputs, names, (input, at) => fitRank(input, { dims: [rowCount], cells: columns[at]! }));
}

function byName(
  inputs: readonly OnnxInput[],
  names: readonly string[],
  take: (input: OnnxInput, at: number) => Elements,
): Feeds {
  const missing = inputs.filter(({ name }) => !names.includes(name)).map(({ name }) => `'${name}'`);
  if (missing.length > 0)
    throw badRequest(`The model needs ${missing.slice(0, 20).join(", ")}, which the input does not have`);
  return new Map(inputs.map((input) => [input.name, take(input, names.indexOf(input.name))]));
}

/** Arrays as they came: one for the model's one input, or several by name. */
function feedsOfArrays(inputs: readonly OnnxInput[], frame: Frame, specs: readonly TensorSpec[]): Feeds {
  const { names, columns, rowCount } = frame.source === "csv" ? enforceSchema(frame, specs) : frame;
  const isNamed = specs.length > 0 ? specs[0]?.name !== undefined : names !== undefined;
  const specOf = (name: string): TensorSpec | undefined =>
    specs.find((spec) => spec.name === name) ?? (isNamed ? undefined : specs[0]);
  const read = (input: OnnxInput, value: unknown): Elements =>
    fitRank(input, checkShape(input.name, fromNested(input.name, value), specOf(input.name)));
  if (isNamed) return byName(inputs, names ?? [], (input, at) => read(input, Array.from(columns[at]!)));
  if (specs.length > 0 && frame.source === "array" && names !== undefined)
    throw badRequest(
      "The signature of this model has one unnamed tensor: give a list of rows, not an object of columns",
    );
  const [single] = inputs;
  if (single === undefined || inputs.length > 1)
    throw badRequest(
      `The model has ${inputs.length} inputs: give an object with ${inputs.map(({ name }) => `'${name}'`).join(", ")}`,
    );
  const rows = (): unknown[] => Array.from({ length: rowCount }, (_, row) => columns.map((cells) => cells[row]));
  const isFlat = "isFlat" in frame && frame.isFlat === true;
  return new Map([[single.name, read(single, isFlat ? columns[0] : rows())]]);
}

function checkShape(name: string, elements: Elements, spec: TensorSpec | undefined): Elements {
  const { dims, cells } = elements;
  if (spec === undefined) return elements;
  const fits = (shape: readonly number[]): boolean =>
    shape.length === spec.shape.length && spec.shape.every((size, i) => size === -1 || size === shape[i]);
  if (fits(dims)) return elements;
  const column = [...dims, 1];
  if (fits(column)) return { dims: column, cells };
  throw schemaError(
    `Shape of input '${name}' (${dims.join(", ")}) does not match expected shape (${spec.shape.join(", ")}).`,
  );
}

/** A record for each value of the outputs, as MLflow's data frame has them, where all have as many. */
function flatRecords(outputs: readonly OnnxOutput[], rowCount: number): readonly PredictionRecord[] {
  const count = outputs[0]?.values.length ?? 0;
  if (outputs.some(({ values }) => values.length !== count)) return rowRecords(outputs, rowCount);
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(outputs.map(({ name, values }) => [name, values[i]!])),
  );
}

/** A record for each row of the input. */
function rowRecords(outputs: readonly OnnxOutput[], rowCount: number): PredictionRecord[] {
  const columns = outputs.map(({ name, dims, values }): readonly [string, (row: number) => Prediction] => {
    const [rows, ...rest] = dims;
    if (rows !== rowCount)
      throw badRequest(
        `The model's output '${name}' has the shape [${dims.join(", ")}] for ${rowCount} rows: it is no answer a row`,
      );
    const size = values.length / rowCount;
    if (size === 1) return [name, (row) => values[row]!];
    return [name, (row) => toNested<Prediction>(values.slice(row * size, (row + 1) * size), rest)];
  });
  return Array.from({ length: rowCount }, (_, row) => Object.fromEntries(columns.map(([name, at]) => [name, at(row)])));
}
