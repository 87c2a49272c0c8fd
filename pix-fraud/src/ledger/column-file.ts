import { invalid } from "@esteira/core/errors";
import type { NumericColumn } from "./ledger.ts";

export const KINDS = ["f64", "f32", "i32", "u8"] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(column: NumericColumn): Kind {
  if (column instanceof Float64Array) return "f64";
  if (column instanceof Float32Array) return "f32";
  return column instanceof Int32Array ? "i32" : "u8";
}

/** Little-endian, as every platform of Node stores numbers. */
export const bytesOf = (column: NumericColumn): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

/** The column with these bytes, which are copied: a buffer of Node may lie at any address. */
export function columnOf(kind: Kind, bytes: Uint8Array): NumericColumn {
  const width = WIDTHS[kind];
  if (bytes.byteLength % width !== 0)
    throw invalid(`A column of ${kind} has ${bytes.byteLength} bytes, which is no whole number of values.`);
  const { buffer } = Uint8Array.from(bytes);
  if (kind === "f64") return new Float64Array(buffer);
  if (kind === "f32") return new Float32Array(buffer);
  return kind === "i32" ? new Int32Array(buffer) : new Uint8Array(buffer);
}

const WIDTHS = { f64: 8, f32: 4, i32: 4, u8: 1 } as const;
