/**
 * The Open Inference Protocol, version 2 (REST), in terms of a frame and predictions. A request gives a tensor a column, by the
 * signature's names, or one tensor of all columns in the signature's order. The answer has one output, `predictions`.
 */

import type { Prediction } from "../flavors/flavor.ts";
import { badRequest } from "../format/cells.ts";
import type { Frame } from "../format/enforce.ts";
import { parseJson } from "../format/json.ts";
import { type ColumnSpec, isTensorSchema, type ModelSignature, type Schema } from "../format/signature.ts";

const DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"] as const;
const REAL_DATATYPES = ["FP16", "FP32", "FP64"] as const;
type Datatype = (typeof DATATYPES)[number] | (typeof REAL_DATATYPES)[number] | "BYTES";

export interface InferRequest {
  readonly id: string | undefined;
  readonly frame: Frame;
  readonly params: Readonly<Record<string, unknown>> | undefined;
}

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: readonly unknown[];
}

type Dictionary = Readonly<Record<string, unknown>>;

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isDatatype = (value: unknown): value is Datatype =>
  [...DATATYPES, ...REAL_DATATYPES, "BYTES"].some((known) => known === value);

/** Nested lists are row-major, too. */
function flatten(data: readonly unknown[], out: unknown[] = []): unknown[] {
  for (const item of data) {
    if (Array.isArray(item)) flatten(item, out);
    else out.push(item);
  }
  return out;
}

/** One element as its datatype holds it, or undefined when it cannot. null is a missing number. */
function element(value: unknown, datatype: Datatype): unknown {
  if (datatype === "BYTES") return typeof value === "string" || value === null ? value : undefined;
  if (datatype === "BOOL")
    return typeof value === "boolean" ? value : value === 0 || value === 1 ? value === 1 : undefined;
  if (datatype === "FP64") return typeof value === "number" || value === null ? value : undefined;
  if (datatype === "FP32" || datatype === "FP16")
    return typeof value === "number" ? Math.fround(value) : value === null ? null : undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  const bits = Number(datatype.replace(/^\D+/, ""));
  const [low, high] = datatype.startsWith("U") ? [0, 2 ** bits] : [-(2 ** (bits - 1)), 2 ** (bits - 1)];
  return value >= low && value < high ? value : undefined;
}

function parseTensor(input: unknown, at: number): Tensor {
  const where = `inputs[${at}]`;
  if (!isDictionary(input)) throw badRequest(`${where} must be an object with name, shape, datatype and data`);
  const { name, shape, datatype, data } = input;
  if (typeof name !== "string" || name === "") throw badRequest(`${where}.name must be the name of a column`);
  if (!isDatatype(datatype))
    throw badRequest(
      `${where}.datatype must be one of ${[...DATATYPES, ...REAL_DATATYPES, "BYTES"].join(", ")}, not ${JSON.stringify(datatype)}`,
    );
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw badRequest(`${where}.shape must be a list of sizes, the number of rows first`);
  if (!Array.isArray(data)) throw badRequest(`${where}.data must be a list: binary data is not taken`);
  const sizes: readonly number[] = shape;
  const cells = flatten(data);
  const wanted = sizes.reduce((product, size) => product * size, 1);
  if (cells.length !== wanted)
    throw badRequest(`${where} has ${cells.length} elements, and its shape [${sizes.join(", ")}] has ${wanted}`);
  const values = cells.map((cell, i) => {
    const value = element(cell, datatype);
    if (value === undefined)
      throw badRequest(`${where}.data: element ${i} is ${JSON.stringify(cell)?.slice(0, 60)}, which is no ${datatype}`);
    return value;
  });
  return { name, datatype, shape: sizes, data: values };
}

/** The names that a signature gives its columns, when it does. */
const columnNames = (schema: Schema | undefined): readonly string[] | undefined =>
  schema === undefined ||
  isTensorSchema(schema) ||
  (schema as readonly ColumnSpec[]).some(({ name }) => name === undefined)
    ? undefined
    : (schema as readonly ColumnSpec[]).map(({ name }) => name!);

function toFrame(tensors: readonly Tensor[], schema: Schema | undefined): Frame {
  const [first] = tensors;
  const rowCount = first!.shape[0]!;
  const names = columnNames(schema);
  const isMatrix = tensors.length === 1 && first!.shape.length === 2 && !(names?.includes(first!.name) ?? false);
  if (isMatrix) {
    const width = first!.shape[1]!;
    if (names !== undefined && width !== names.length)
      throw badRequest(
        `The tensor '${first!.name}' has ${width} columns, and the model takes ${names.length}: ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", ..." : ""}`,
      );
    const columns = Array.from({ length: width }, (_, column) =>
      Array.from({ length: rowCount }, (_, row) => first!.data[row * width + column]),
    );
    return { source: "array", names: names === undefined ? undefined : [...names], columns, rowCount };
  }
  for (const { name, shape } of tensors) {
    const isColumn = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
    if (!isColumn || shape[0] !== rowCount)
      throw badRequest(
        `The tensor '${name}' has the shape [${shape.join(", ")}]: a column has [${rowCount}] or [${rowCount}, 1], as many rows as the first`,
      );
  }
  return {
    source: "array",
    names: tensors.map(({ name }) => name),
    columns: tensors.map(({ data }) => data),
    rowCount,
  };
}

/** Reads an inference request. Throws BAD_REQUEST when it is none; what the signature says is checked afterwards. */
export function parseInfer(text: string, signature: ModelSignature | undefined): InferRequest {
  const body: unknown = parseJson(text, "The body");
  if (!isDictionary(body)) throw badRequest("The body must be an object with a list of inputs");
  const { id, inputs, outputs, parameters } = body;
  if (id !== undefined && typeof id !== "string") throw badRequest("id must be text");
  if (!Array.isArray(inputs) || inputs.length === 0) throw badRequest("inputs must be a list of one tensor or more");
  if (outputs !== undefined) {
    const asked = Array.isArray(outputs) ? outputs.map((output: unknown) => isDictionary(output) && output.name) : [];
    if (asked.length === 0 || asked.some((name) => name !== OUTPUT))
      throw badRequest(`outputs may ask for '${OUTPUT}' only: it is all that the model answers`);
  }
  if (parameters !== undefined && !isDictionary(parameters)) throw badRequest("parameters must be an object");
  return { id, frame: toFrame(inputs.map(parseTensor), signature?.inputs), params: parameters };
}

export const OUTPUT = "predictions";

/** Numbers become FP64 of one element a row, text BYTES, truth BOOL; lists of them one row of the tensor each. */
export function toTensor(predictions: readonly Prediction[]): Tensor {
  const rows = predictions.length;
  if (predictions.every((value) => typeof value === "number"))
    return { name: OUTPUT, datatype: "FP64", shape: [rows], data: predictions };
  const shape = shapeOf(predictions);
  const data = flatten(predictions);
  const datatype = datatypeOf(data);
  if (shape === undefined || datatype === undefined)
    throw badRequest("The model's answers are not of one shape and type: this protocol cannot carry them");
  return { name: OUTPUT, datatype, shape, data };
}

function datatypeOf(data: readonly unknown[]): Datatype | undefined {
  const isAll = (type: string): boolean => data.every((value) => value === null || typeof value === type);
  if (isAll("number")) return "FP64";
  if (isAll("string")) return "BYTES";
  return isAll("boolean") ? "BOOL" : undefined;
}

/** The sizes of nested lists, or undefined when they differ. */
function shapeOf(value: Prediction): readonly number[] | undefined {
  if (!Array.isArray(value)) return [];
  const items: readonly Prediction[] = value;
  const shapes = items.map(shapeOf);
  const [first] = shapes;
  if (first === undefined) return items.length === 0 ? [0] : undefined;
  return shapes.every((shape) => shape?.join() === first.join()) ? [items.length, ...first] : undefined;
}

const TYPES: Readonly<Record<string, Datatype>> = {
  boolean: "BOOL",
  integer: "INT32",
  long: "INT64",
  float: "FP32",
  double: "FP64",
  string: "BYTES",
  binary: "BYTES",
  datetime: "BYTES",
};
const TENSOR_TYPES: Readonly<Record<string, Datatype>> = {
  bool: "BOOL",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
};

interface TensorDescription {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** What the model's metadata says of its inputs; -1 is any number of rows. */
export function describeInputs(signature: ModelSignature | undefined): readonly TensorDescription[] {
  const schema = signature?.inputs ?? [];
  return schema.map((spec, i) =>
    spec.kind === "tensor"
      ? {
          name: spec.name ?? `input-${i}`,
          datatype: TENSOR_TYPES[spec.dtype] ?? (/^u?int\d+$/.test(spec.dtype) ? tensorInteger(spec.dtype) : "BYTES"),
          shape: spec.shape,
        }
      : { name: spec.name ?? String(i), datatype: TYPES[spec.type] ?? "BYTES", shape: [-1] },
  );
}

const tensorInteger = (dtype: string): Datatype => DATATYPES.find((known) => known === dtype.toUpperCase()) ?? "INT64";
