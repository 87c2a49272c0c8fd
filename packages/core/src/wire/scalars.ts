import { z } from "zod";
import { type Int64, readInt64 } from "../int64.ts";

/** int64 on MLflow's wire: a JSON number, or its decimal text as protobuf's own JSON writes it. */
export const int64 = z
  .union([
    z.number().int(),
    z
      .string()
      .regex(/^-?\d+$/)
      .transform(Number),
  ])
  .meta({ id: "Int64", description: "A whole number; some writers send its decimal text." });

/** The same for values that may have all of 64 bits: steps, and times that somebody else has set. */
export const exactInt64 = z
  .custom<Int64 | string>((value) => readInt64(value) !== undefined, "Expected a 64-bit integer")
  .transform((value): Int64 => readInt64(value) ?? 0)
  .meta({ id: "ExactInt64", type: ["integer", "string"], format: "int64", description: "A whole number of 64 bits." });

/** A double on MLflow's wire: NaN and the infinities travel as text. */
export const double = z
  .union([
    z.number(),
    z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
    z
      .string()
      .regex(/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/)
      .transform(Number),
  ])
  .meta({ id: "Double", description: "A number; NaN and the infinities are texts." });

/** A list that may have a hundred thousand items: that it is a list is all that is looked at. */
export const list = <Item>(item: object, description: string) =>
  z.custom<readonly Item[]>(Array.isArray, "Expected a list").meta({ type: "array", items: item, description });

/** MLflow writes NaN as the text "NaN"; infinities never reach the wire (they are stored as the largest double). */
export const doubleToWire = (value: number): number | string => (Number.isNaN(value) ? "NaN" : value);

/** Drops what protobuf leaves out: undefined, and empty lists. */
export function compact<T extends Record<string, unknown>>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    out[key] = value;
  }
  return out as { [K in keyof T]?: Exclude<T[K], undefined> };
}
