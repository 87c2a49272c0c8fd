/** CAST, where it cannot fail: between numbers, from truth, and into text. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { numberText } from "../java-text.ts";
import type { NumberType } from "../row.ts";
import { type Compiled, isNumber, type SqlType, type Value } from "./value.ts";

const TYPES: Readonly<Record<string, SqlType>> = {
  double: "double",
  float: "float",
  real: "float",
  int: "integer",
  integer: "integer",
  bigint: "long",
  long: "long",
  boolean: "boolean",
  string: "string",
};

function toWhole(value: number, limit: number, type: SqlType): number {
  const whole = Math.trunc(value) + 0;
  if (whole >= -limit && whole < limit) return whole;
  throw badRequest(`A SQL expression casts ${value} to ${type}, which cannot hold it`);
}

export function castTo(operand: Compiled, name: string): Compiled {
  const type = TYPES[name];
  const from = operand.type;
  if (type === undefined)
    throw invalid(
      `CAST to ${name.toUpperCase()} cannot be scored without Spark; known are ${Object.keys(TYPES).join(", ")}`,
    );
  if (from === type || from === "null") return { type, run: operand.run };
  if (from === "string" || (type === "string" && from === "decimal"))
    throw invalid(`CAST of ${from} to ${name.toUpperCase()} cannot be scored without Spark`);
  const convert = conversion(from, type);
  return {
    type,
    run(row) {
      const value = operand.run(row);
      return value === null ? null : convert(Number(value));
    },
  };
}

function conversion(from: SqlType, type: SqlType): (value: number) => Value {
  const known: readonly NumberType[] = ["boolean", "integer", "long", "float", "double"];
  const numberType = known.find((one) => one === from) ?? "double";
  switch (type) {
    case "string":
      return (value) => numberText(value, numberType);
    case "boolean":
      return (value) => Number(value !== 0);
    case "integer":
      return (value) => toWhole(value, 2 ** 31, type);
    case "long":
      return (value) => toWhole(value, Number.MAX_SAFE_INTEGER, type);
    case "float":
      return Math.fround;
    default:
      if (!isNumber(from) && from !== "boolean")
        throw invalid(`CAST of ${from} to ${type} cannot be scored without Spark`);
      return (value) => value;
  }
}
