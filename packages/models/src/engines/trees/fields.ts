/** Reading an untyped document field by field, with errors that name the place. */

import { invalid } from "@esteira/core/errors";

type Dictionary = Readonly<Record<string, unknown>>;

export interface Field {
  readonly where: string;
  readonly value: unknown;
}

const describe = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};

const wrong = (field: Field, expected: string): Error =>
  invalid(`The model is not a valid XGBoost model: ${field.where} must be ${expected}, not ${describe(field.value)}`);

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

export const get = (field: Field, key: string): Field => {
  if (!isDictionary(field.value)) throw wrong(field, "an object");
  return {
    where: field.where === "" ? key : `${field.where}.${key}`,
    value: Object.hasOwn(field.value, key) ? field.value[key] : undefined,
  };
};

export const isAbsent = (field: Field): boolean => field.value === undefined || field.value === null;

export function asText(field: Field): string {
  if (typeof field.value !== "string") throw wrong(field, "a string");
  return field.value;
}

/** A whole number from `low` to `high`, given as a number or (as XGBoost writes parameters) as text. */
export function asWhole(field: Field, low: number, high: number): number {
  const number = typeof field.value === "string" && field.value.trim() !== "" ? Number(field.value) : field.value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < low || number > high)
    throw invalid(
      `The model is not a valid XGBoost model: ${field.where} must be a whole number from ${low} to ${high}, not ${String(field.value).slice(0, 40)}`,
    );
  return number;
}

export function asList(field: Field): readonly Field[] {
  if (!Array.isArray(field.value)) throw wrong(field, "a list");
  return field.value.map((value: unknown, i) => ({ where: `${field.where}[${i}]`, value }));
}

export function asTexts(field: Field): readonly string[] {
  if (isAbsent(field)) return [];
  // A list of no strings may come as a typed array of length 0.
  if (ArrayBuffer.isView(field.value)) return [];
  return asList(field).map(asText);
}

/** Numbers (booleans count as 0 and 1), `length` of them when it is given. */
export function asNumbers(field: Field, length?: number): ArrayLike<number> {
  const numbers = toNumbers(field);
  if (length !== undefined && numbers.length !== length)
    throw invalid(
      `The model is not a valid XGBoost model: ${field.where} must have ${length} items, not ${numbers.length}`,
    );
  return numbers;
}

function toNumbers(field: Field): ArrayLike<number> {
  const { value } = field;
  if (
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array ||
    value instanceof Int8Array ||
    value instanceof Int16Array ||
    value instanceof Float64Array
  )
    return value;
  if (!Array.isArray(value)) throw wrong(field, "a list of numbers");
  const out = new Float64Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (typeof item === "number") out[i] = item;
    else if (typeof item === "boolean") out[i] = item ? 1 : 0;
    else throw wrong({ where: `${field.where}[${i}]`, value: item }, "a number");
  }
  return out;
}
