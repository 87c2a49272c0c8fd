/** Values of SQL: a number (truth is 0 or 1), text, or null; and how types meet in an expression. */

import { invalid } from "@esteira/core/errors";
import type { Row } from "../row.ts";

export type Value = number | string | null;

/** `decimal` is a literal like 1.5, exact in Spark: it may be compared and handed on, or meet a double. */
export type SqlType = "boolean" | "integer" | "long" | "decimal" | "float" | "double" | "string" | "null";

export interface Compiled {
  readonly type: SqlType;
  readonly run: (row: Row) => Value;
}

const WIDTH: readonly SqlType[] = ["integer", "long", "decimal", "float", "double"];

export const isNumber = (type: SqlType): boolean => WIDTH.includes(type);

/** The type that values of both types are turned to. Throws INVALID_PARAMETER_VALUE when there is none. */
export function commonType(a: SqlType, b: SqlType, what: string): SqlType {
  if (a === "null") return b;
  if (b === "null" || a === b) return a;
  if (isNumber(a) && isNumber(b)) {
    // A float does not hold a decimal.
    if ((a === "decimal" && b === "float") || (a === "float" && b === "decimal")) return "double";
    return WIDTH[Math.max(WIDTH.indexOf(a), WIDTH.indexOf(b))]!;
  }
  throw invalid(`The SQL expression ${what} mixes ${a} and ${b}: write the CAST that is meant`);
}

/** Spark's order of doubles: NaN is equal to itself and above all others, -0 is equal to 0. */
export function compareValues(a: number | string, b: number | string): number {
  if (typeof a === "string" || typeof b === "string") return compareTexts(String(a), String(b));
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** By bytes of UTF-8, which is by code points. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
