/** Cells and nested lists into tensors of the types that a model takes, and back. */

import { badRequest } from "../../format/cells.ts";

type Whole = "int8" | "uint8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64";
export type TensorType = "float32" | "float64" | "bool" | "string" | Whole;

type Data =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/** Row-major. */
export interface Tensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: Data;
}

/** A tensor before its elements have the model's type. */
export interface Elements {
  readonly dims: readonly number[];
  readonly cells: ArrayLike<unknown>;
}

const WHOLE: Readonly<Record<Whole, { readonly low: number; readonly high: number }>> = {
  int8: { low: -(2 ** 7), high: 2 ** 7 - 1 },
  uint8: { low: 0, high: 2 ** 8 - 1 },
  int16: { low: -(2 ** 15), high: 2 ** 15 - 1 },
  uint16: { low: 0, high: 2 ** 16 - 1 },
  int32: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  uint32: { low: 0, high: 2 ** 32 - 1 },
  // Beyond these JSON's numbers have lost digits before anybody could see.
  int64: { low: Number.MIN_SAFE_INTEGER, high: Number.MAX_SAFE_INTEGER },
  uint64: { low: 0, high: Number.MAX_SAFE_INTEGER },
};
const isWhole = (type: string): type is Whole => Object.hasOwn(WHOLE, type);

export const isTensorType = (type: string | undefined): type is TensorType =>
  type !== undefined && (isWhole(type) || ["float32", "float64", "bool", "string"].includes(type));

const show = (cell: unknown): string =>
  typeof cell === "string" ? `'${cell.slice(0, 40)}'` : String(cell).slice(0, 40);

/** The elements in the model's type. Throws BAD_REQUEST, naming the input, for one that it cannot hold. */
export function toTensor(name: string, type: TensorType, { dims, cells }: Elements): Tensor {
  const fail = (cell: unknown, expected: string): never => {
    throw badRequest(`The model's input '${name}' takes ${expected}, and was given ${show(cell)}`);
  };
  const number = (cell: unknown, missing: number | undefined, expected: string): number => {
    if (typeof cell === "number") return cell;
    if (typeof cell === "boolean") return Number(cell);
    return (cell === null || cell === undefined) && missing !== undefined ? missing : fail(cell, expected);
  };
  const real = (cell: unknown): number => number(cell, Number.NaN, "numbers");
  if (type === "float32") return { type, dims, data: Float32Array.from(cells, real) };
  if (type === "float64") return { type, dims, data: Float64Array.from(cells, real) };
  if (type === "string")
    return { type, dims, data: Array.from(cells, (cell) => (typeof cell === "string" ? cell : fail(cell, "text"))) };
  if (type === "bool") {
    const truth = (cell: unknown): number =>
      cell === 0 || cell === 1 || typeof cell === "boolean" ? Number(cell) : fail(cell, "true or false");
    return { type, dims, data: Uint8Array.from(cells, truth) };
  }
  const { low, high } = WHOLE[type];
  const expected = `whole numbers from ${low} to ${high}`;
  const whole = (cell: unknown): number => {
    const value = number(cell, undefined, expected);
    return Number.isInteger(value) && value >= low && value <= high ? value : fail(cell, expected);
  };
  const large = (cell: unknown): bigint => BigInt(whole(cell));
  switch (type) {
    case "int64":
      return { type, dims, data: BigInt64Array.from(Array.from(cells, large)) };
    case "uint64":
      return { type, dims, data: BigUint64Array.from(Array.from(cells, large)) };
    case "int32":
      return { type, dims, data: Int32Array.from(cells, whole) };
    case "uint32":
      return { type, dims, data: Uint32Array.from(cells, whole) };
    case "int16":
      return { type, dims, data: Int16Array.from(cells, whole) };
    case "uint16":
      return { type, dims, data: Uint16Array.from(cells, whole) };
    case "int8":
      return { type, dims, data: Int8Array.from(cells, whole) };
    case "uint8":
      return { type, dims, data: Uint8Array.from(cells, whole) };
  }
}

/** No model has more dimensions; lists that nest deeper are made to break their reader. */
const DEEPEST = 16;

/** Nested lists as a tensor. Throws BAD_REQUEST when the lists of one depth differ in length. */
export function fromNested(name: string, value: unknown): Elements {
  const dims: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) dims.push(inner.length);
  if (dims.length > DEEPEST) throw badRequest(`The model's input '${name}' has more than ${DEEPEST} dimensions`);
  const cells: unknown[] = [];
  const take = (item: unknown, depth: number): void => {
    const length = dims[depth];
    if (Array.isArray(item) ? item.length !== length : length !== undefined)
      throw badRequest(`The lists of the model's input '${name}' are not of one length: they must be a tensor`);
    if (!Array.isArray(item)) cells.push(item);
    else for (const one of item) take(one, depth + 1);
  };
  take(value, 0);
  return { dims, cells };
}

/** The elements as JSON's values, in order. */
export function valuesOf({ type, data }: Tensor): readonly (number | string | boolean)[] {
  if (type === "bool") return Array.from<number | bigint | string, boolean>(data, (value) => Number(value) !== 0);
  return Array.from<number | bigint | string, number | string>(data, (value) =>
    typeof value === "bigint" ? Number(value) : value,
  );
}

export type Nested<T> = T | readonly Nested<T>[];

/** The values as nested lists of the shape. */
export function toNested<T>(values: readonly T[], dims: readonly number[]): Nested<T> {
  const [first, ...rest] = dims;
  if (first === undefined) return values[0]!;
  if (rest.length === 0) return values;
  const size = rest.reduce((product, length) => product * length, 1);
  return Array.from({ length: first }, (_, i) => toNested(values.slice(i * size, (i + 1) * size), rest));
}
