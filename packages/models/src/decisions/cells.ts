/** Cells and predictions as JSON that gives back every bit: JSON itself has no NaN, no infinity and no negative zero. */

import { z } from "zod";

const numberWire = z.strictObject({ $number: z.enum(["NaN", "Infinity", "-Infinity", "-0"]) });
const bigWire = z.strictObject({ $bigint: z.string().regex(/^-?\d+$/) });
const bytesWire = z.strictObject({ $bytes: z.base64() });

/** A value as JSON can hold it. */
export function toJson(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float64Array, toJson);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return value ?? null;
}

/** What `toJson` was given. */
export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== "object" || value === null) return value;
  const number = numberWire.safeParse(value).data;
  if (number !== undefined) return number.$number === "-0" ? -0 : Number(number.$number);
  const big = bigWire.safeParse(value).data;
  if (big !== undefined) return BigInt(big.$bigint);
  const bytes = bytesWire.safeParse(value).data;
  if (bytes !== undefined) return new Uint8Array(Buffer.from(bytes.$bytes, "base64"));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
}

const rowWire = z.union([
  z.array(z.unknown()),
  z.strictObject({ f32: z.base64() }).transform(({ f32 }) => new Float32Array(bytesOf(f32).buffer)),
  z.strictObject({ f64: z.base64() }).transform(({ f64 }) => new Float64Array(bytesOf(f64).buffer)),
]);

/** A row of values; numbers of one precision as their bytes, which is quicker and shorter than their digits. */
export function rowToJson(values: ArrayLike<unknown>): unknown {
  if (values instanceof Float32Array) return { f32: base64Of(values) };
  if (values instanceof Float64Array) return { f64: base64Of(values) };
  return Array.from(values, toJson);
}

/** What `rowToJson` was given; undefined when it is no row. */
export function rowFromJson(json: unknown): ArrayLike<unknown> | undefined {
  const row = rowWire.safeParse(json).data;
  return Array.isArray(row) ? row.map(fromJson) : row;
}

const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

/** In a buffer of its own, which begins at nought. */
const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, "base64"));

/** Whether two values are the same to the bit. */
export const isSame = (one: unknown, other: unknown): boolean => ordered(toJson(one)) === ordered(toJson(other));

/** Objects are the same in whatever order their keys came. */
const ordered = (json: unknown): string =>
  JSON.stringify(json, (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
