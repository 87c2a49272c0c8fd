/** Fields of a saved stage, untyped as JSON and Parquet give them, turned into what they should be. */

import { invalid } from "@esteira/core/errors";

type Dictionary = Readonly<Record<string, unknown>>;

export interface Field {
  /** Where the value stands, for messages: `StringIndexerModel.handleInvalid`. */
  readonly where: string;
  readonly value: unknown;
}

const describe = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return "a list";
  return typeof value === "object" ? "an object" : JSON.stringify(value).slice(0, 60);
};

export const wrong = (field: Field, expected: string): Error =>
  invalid(`The Spark model is not valid: ${field.where} must be ${expected}, not ${describe(field.value)}`);

export const isAbsent = (field: Field): boolean => field.value === undefined || field.value === null;

export const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

export function get(field: Field, key: string): Field {
  if (!isDictionary(field.value)) throw wrong(field, "an object");
  return {
    where: field.where === "" ? key : `${field.where}.${key}`,
    value: Object.hasOwn(field.value, key) ? field.value[key] : undefined,
  };
}

export function asText(field: Field): string {
  if (typeof field.value !== "string") throw wrong(field, "a string");
  return field.value;
}

export function asBoolean(field: Field): boolean {
  if (typeof field.value !== "boolean") throw wrong(field, "true or false");
  return field.value;
}

/** What Spark's JSON writes for numbers that JSON has no word for. */
const WORDS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ["NaN", Number.NaN],
  ["Inf", Number.POSITIVE_INFINITY],
  ["-Inf", Number.NEGATIVE_INFINITY],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

export function asNumber(field: Field): number {
  const { value } = field;
  if (typeof value === "number") return value;
  // Parquet's 64-bit integers.
  if (typeof value === "bigint") return Number(value);
  const word = WORDS.get(value);
  if (word === undefined) throw wrong(field, "a number");
  return word;
}

/** A whole number from 0 to `high`. */
export function asCount(field: Field, high = 2 ** 31 - 1): number {
  const value = asNumber(field);
  if (!Number.isInteger(value) || value < 0 || value > high) throw wrong(field, `a whole number from 0 to ${high}`);
  return value;
}

export function asList(field: Field): readonly Field[] {
  const { value } = field;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) throw wrong(field, "a list");
  const items: readonly unknown[] = Array.isArray(value) ? value : Array.from(value as Float64Array);
  return items.map((item, i) => ({ where: `${field.where}[${i}]`, value: item }));
}

export const asTexts = (field: Field): readonly string[] => asList(field).map(asText);

export const asNumbers = (field: Field): Float64Array => Float64Array.from(asList(field), asNumber);
