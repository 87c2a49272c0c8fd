/** MLflow's model signature: what a model takes, what it answers, and the JSON text that MLmodel holds of it. */

import { invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { parseJson } from "./json.ts";

export const DATA_TYPES = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"] as const;
export type DataType = (typeof DATA_TYPES)[number];

const NESTED_TYPES = ["array", "object", "map", "any", "sparkml_vector"] as const;
type NestedType = (typeof NESTED_TYPES)[number];

export interface ColumnSpec {
  readonly kind: "column";
  /** Absent when the schema has no names; columns then count by position. */
  readonly name?: string;
  readonly type: DataType | NestedType;
  /** An optional column may be left out and may hold null. */
  readonly required: boolean;
  /** What a nested type is made of (`items`, `properties`, `values`), as MLflow wrote it. */
  readonly nested?: Readonly<Record<string, unknown>>;
}

export interface TensorSpec {
  readonly kind: "tensor";
  readonly name?: string;
  /** NumPy's name of the type, `float32`. */
  readonly dtype: string;
  /** -1 is any length. */
  readonly shape: readonly number[];
}

/** All columns or all tensors; a schema never mixes the two. */
export type Schema = readonly ColumnSpec[] | readonly TensorSpec[];

export interface ParamSpec {
  readonly name: string;
  readonly type: DataType | "object";
  readonly default: unknown;
  /** null for a scalar, [-1] for a list. */
  readonly shape: readonly [-1] | null;
  readonly nested?: Readonly<Record<string, unknown>>;
}

export interface ModelSignature {
  readonly inputs?: Schema;
  readonly outputs?: Schema;
  readonly params?: readonly ParamSpec[];
}

/** The three texts under `signature` in MLmodel. */
export interface SignatureTexts {
  readonly inputs: string | null;
  readonly outputs: string | null;
  readonly params: string | null;
}

type Dictionary = Readonly<Record<string, unknown>>;

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isDataType = (type: unknown): type is DataType => DATA_TYPES.some((known) => known === type);
const isNestedType = (type: unknown): type is NestedType => NESTED_TYPES.some((known) => known === type);

const wrong = (where: string, problem: string): Error => invalid(`The signature is not valid: ${where} ${problem}`);

/** Columns of one type, required, in order: the signature of a table of numbers. */
export const columnsOf = (names: readonly string[], type: DataType): readonly ColumnSpec[] =>
  names.map((name) => ({ kind: "column", name, type, required: true }));

export const isTensorSchema = (schema: Schema): schema is readonly TensorSpec[] => schema[0]?.kind === "tensor";

const rest = (item: Dictionary, known: readonly string[]): Dictionary | undefined => {
  const entries = Object.entries(item).filter(([key]) => !known.includes(key));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};

function parseSpec(item: unknown, where: string): ColumnSpec | TensorSpec {
  if (!isDictionary(item)) throw wrong(where, "must be an object");
  const { type } = item;
  if (item.name !== undefined && item.name !== null && typeof item.name !== "string" && typeof item.name !== "number")
    throw wrong(`${where}.name`, "must be a string");
  const name = item.name === undefined || item.name === null ? {} : { name: String(item.name) };
  if (type === "tensor") {
    const spec = item["tensor-spec"];
    if (!isDictionary(spec) || typeof spec.dtype !== "string" || !Array.isArray(spec.shape))
      throw wrong(`${where}.tensor-spec`, "must give dtype and shape");
    const shape = spec.shape.map((size: unknown) => {
      if (!Number.isInteger(size) || (size as number) < -1)
        throw wrong(`${where}.tensor-spec.shape`, "must hold sizes");
      return size as number;
    });
    return { kind: "tensor", ...name, dtype: spec.dtype, shape };
  }
  if (!isDataType(type) && !isNestedType(type))
    throw wrong(
      `${where}.type`,
      `is ${pythonJson(type ?? null)}; known are ${[...DATA_TYPES, ...NESTED_TYPES].join(", ")}`,
    );
  const nested = isNestedType(type) ? rest(item, ["type", "name", "required"]) : undefined;
  if (isNestedType(type)) checkNested(item, where, 0);
  return { kind: "column", ...name, type, required: item.required !== false, ...(nested && { nested }) };
}

/** Nesting beyond this is refused: no signature of a person comes near it. */
const MAX_DEPTH = 64;

/** Whether a type is whole: an array says its items, an object its properties, a map its values, down to data types. */
function checkNested(item: Dictionary, where: string, depth: number): void {
  if (depth > MAX_DEPTH) throw wrong(where, `is nested deeper than ${MAX_DEPTH} levels`);
  const inner = (value: unknown, at: string): void => {
    if (!isDictionary(value)) throw wrong(at, "must be an object with a type");
    if (!isDataType(value.type) && !isNestedType(value.type))
      throw wrong(`${at}.type`, `is ${pythonJson(value.type ?? null)}`);
    checkNested(value, at, depth + 1);
  };
  if (item.type === "array") inner(item.items, `${where}.items`);
  if (item.type === "map") inner(item.values, `${where}.values`);
  if (item.type !== "object") return;
  if (!isDictionary(item.properties)) throw wrong(`${where}.properties`, "must be an object");
  for (const [name, property] of Object.entries(item.properties)) inner(property, `${where}.properties.${name}`);
}

function parseList(text: string, where: string): readonly unknown[] {
  const items = parseJson(text, `The signature's ${where}`);
  if (!Array.isArray(items)) throw wrong(where, "must be a list");
  return items;
}

function parseSchema(text: string, where: string): Schema {
  const specs = parseList(text, where).map((item, i) => parseSpec(item, `${where}[${i}]`));
  const columns = specs.filter((spec) => spec.kind === "column");
  const tensors = specs.filter((spec) => spec.kind === "tensor");
  if (columns.length > 0 && tensors.length > 0) throw wrong(where, "mixes columns and tensors");
  const named = specs.filter((spec) => spec.name !== undefined);
  if (named.length > 0 && named.length < specs.length)
    throw wrong(where, "names some of its entries and not the others");
  if (new Set(named.map((spec) => spec.name)).size < named.length) throw wrong(where, "has two entries of one name");
  return tensors.length > 0 ? tensors : columns;
}

function parseParam(item: unknown, where: string): ParamSpec {
  if (!isDictionary(item) || typeof item.name !== "string" || !Object.hasOwn(item, "default"))
    throw wrong(where, "must have name, type and default");
  const type = item.type ?? item.dtype;
  if (!isDataType(type) && type !== "object") throw wrong(`${where}.type`, `is ${pythonJson(type ?? null)}`);
  const { shape } = item;
  const isScalar = shape === null || shape === undefined;
  if (!isScalar && !(Array.isArray(shape) && shape.length === 1 && shape[0] === -1))
    throw wrong(`${where}.shape`, "must be null or [-1]");
  if (type === "object") checkNested(item, where, 0);
  const nested = type === "object" ? rest(item, ["type", "dtype", "name", "default", "shape"]) : undefined;
  return { name: item.name, type, default: item.default, shape: isScalar ? null : [-1], ...(nested && { nested }) };
}

/** The text that a schema or a list of params was read from: numbers of any size and form go back as they were. */
const written = new WeakMap<object, string>();

function remembered<T extends object>(value: T, text: string): T {
  written.set(value, text);
  return value;
}

/** Reads the texts of MLmodel. Throws INVALID_PARAMETER_VALUE that names the entry. */
export function parseSignature(texts: { readonly [K in keyof SignatureTexts]?: string | null }): ModelSignature {
  return {
    ...(texts.inputs && { inputs: remembered(parseSchema(texts.inputs, "inputs"), texts.inputs) }),
    ...(texts.outputs && { outputs: remembered(parseSchema(texts.outputs, "outputs"), texts.outputs) }),
    ...(texts.params && {
      params: remembered(
        parseList(texts.params, "params").map((item, i) => parseParam(item, `params[${i}]`)),
        texts.params,
      ),
    }),
  };
}

const specToWire = (spec: ColumnSpec | TensorSpec): unknown =>
  spec.kind === "tensor"
    ? { name: spec.name, type: "tensor", "tensor-spec": { dtype: spec.dtype, shape: spec.shape } }
    : { type: spec.type, ...spec.nested, name: spec.name, required: spec.required };

const paramToWire = (param: ParamSpec): unknown => ({
  name: param.name,
  default: param.default,
  shape: param.shape,
  type: param.type,
  ...param.nested,
});

/** The texts as MLflow writes them. */
export function signatureTexts(signature: ModelSignature): SignatureTexts {
  const text = <T>(items: readonly T[] | undefined, toWire: (item: T) => unknown): string | null =>
    items === undefined ? null : (written.get(items) ?? pythonJson(items.map(toWire)));
  return {
    inputs: text<ColumnSpec | TensorSpec>(signature.inputs, specToWire),
    outputs: text<ColumnSpec | TensorSpec>(signature.outputs, specToWire),
    params: text(signature.params, paramToWire),
  };
}
