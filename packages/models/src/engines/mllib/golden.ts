/** Golden rows: what an original engine answered, and how far our answers are from it. */

import { pythonJson } from "@esteira/core/python-json";
import type { Pipeline } from "./pipeline.ts";
import type { InputColumn } from "./plan.ts";
import type { Column, Row } from "./row.ts";

/** A value of a row: null where there is none; a list is a vector. */
export type Cell = null | boolean | number | string | readonly number[];

export interface GoldenRows {
  readonly inputs: readonly InputColumn[];
  readonly rows: readonly (readonly Cell[])[];
  readonly outputs: readonly string[];
  /** One list of values a row, in the order of `outputs`; null for a row that was left out. Absent when all was refused. */
  readonly answers?: readonly (readonly Cell[] | null)[];
  readonly error?: string;
}

export interface Parity {
  readonly rows: number;
  /** Rows with any value that is not equal to the bit (0 and -0 are equal, and NaN is equal to itself). */
  readonly differing: number;
  /** Rows where more than the last digits differ: left out on one side only, null, text, NaN, a list's length, a class. */
  readonly mismatched: number;
  /** The largest difference of two finite numbers, in units of the last place, and relative to the larger. */
  readonly maxUlp: number;
  readonly maxRelative: number;
  readonly maxAbsolute: number;
  /** The first mismatch, else the first difference, in words. */
  readonly first: string | undefined;
  /** The row that `first` is about. */
  readonly firstRow: number | undefined;
}

export function fillCell(row: Row, column: Column, cell: Cell): void {
  if (column.kind === "text") {
    row.texts[column.at] = cell === null ? null : String(cell);
    return;
  }
  row.nulls[column.at] = cell === null ? 1 : 0;
  if (cell === null) return;
  if (column.kind === "vector") row.numbers.set(cell as readonly number[], column.at);
  else row.numbers[column.at] = Number(cell);
}

export function readCell(row: Row, column: Column): Cell {
  if (column.kind === "text") return row.texts[column.at]!;
  if (row.nulls[column.at] === 1) return null;
  if (column.kind === "vector") return Array.from(row.numbers.subarray(column.at, column.at + column.size));
  return column.type === "boolean" ? row.numbers[column.at] !== 0 : row.numbers[column.at]!;
}

/** Answers of a pipeline for golden rows. Throws BAD_REQUEST when a stage refuses a row. */
export function answerRows(pipeline: Pipeline, golden: GoldenRows): readonly (readonly Cell[] | null)[] {
  const plan = pipeline.plan(golden.inputs, golden.outputs);
  const row = plan.createRow();
  return golden.rows.map((cells) => {
    plan.inputs.forEach((column, i) => {
      fillCell(row, column, cells[i] ?? null);
    });
    return plan.run(row) ? plan.outputs.map((column) => readCell(row, column)) : null;
  });
}

const bits = new BigInt64Array(1);
const float = new Float64Array(bits.buffer);

/** A double's place among all doubles. */
function rank(value: number): bigint {
  float[0] = value;
  const raw = bits[0]!;
  return raw < 0n ? -(raw & 0x7fffffffffffffffn) : raw;
}

/** How many doubles lie between the two, plus one; 0 for equal ones. */
export function ulpDistance(a: number, b: number): number {
  const distance = rank(a) - rank(b);
  return Number(distance < 0n ? -distance : distance);
}

/** Compares row by row. */
export function compareAnswers(
  expected: readonly (readonly Cell[] | null)[],
  actual: readonly (readonly Cell[] | null)[],
  outputs: readonly string[],
): Parity {
  let [differing, mismatched, maxUlp, maxRelative, maxAbsolute] = [0, 0, 0, 0, 0];
  type Sight = { readonly row: number; readonly words: string };
  let first: Sight | undefined;
  let firstWrong: Sight | undefined;
  expected.forEach((want, row) => {
    const got = actual[row] ?? null;
    let differs = false;
    let isWrong = (want === null) !== (got === null);
    const tell = (output: number, a: unknown, b: unknown): void => {
      const sight = { row, words: `row ${row}, ${outputs[output]}: expected ${pythonJson(a)}, got ${pythonJson(b)}` };
      first ??= sight;
      if (isWrong) firstWrong ??= sight;
    };
    if (isWrong) tell(0, want, got);
    want?.forEach((cell, i) => {
      const ours = got?.[i] ?? null;
      const pairs = pairsOf(cell, ours);
      if (pairs === undefined) {
        isWrong = true;
        tell(i, cell, ours);
        return;
      }
      for (const [a, b] of pairs) {
        if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
        differs = true;
        const areFinite = Number.isFinite(a) && Number.isFinite(b);
        if (!areFinite) isWrong = true;
        tell(i, cell, ours);
        if (!areFinite) continue;
        maxUlp = Math.max(maxUlp, ulpDistance(a, b));
        maxAbsolute = Math.max(maxAbsolute, Math.abs(a - b));
        maxRelative = Math.max(maxRelative, Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
      }
    });
    if (isWrong) mismatched++;
    if (differs || isWrong) differing++;
  });
  const shown = firstWrong ?? first;
  return {
    ...{ rows: expected.length, differing, mismatched, maxUlp, maxRelative, maxAbsolute },
    ...{ first: shown?.words, firstRow: shown?.row },
  };
}

/** Numbers to compare, undefined when the two are not of one kind or are unequal words. */
function pairsOf(want: Cell, got: Cell): readonly (readonly [number, number])[] | undefined {
  if (Array.isArray(want) && Array.isArray(got))
    return want.length === got.length ? want.map((value, i) => [value, got[i]] as const) : undefined;
  if (typeof want === "number" && typeof got === "number") return [[want, got]];
  return want === got ? [] : undefined;
}
