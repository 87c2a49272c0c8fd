import type { Prediction } from "./flavor.ts";

/** `rows` lists of `width` numbers; plain numbers when the width is 1, unless the shape is strict. */
export function valueRows(values: ArrayLike<number>, rows: number, width: number, strict = false): Prediction[] {
  if (width === 1 && !strict) return Array.from(values);
  return Array.from({ length: rows }, (_, row) => Array.from({ length: width }, (_, i) => values[row * width + i]!));
}
