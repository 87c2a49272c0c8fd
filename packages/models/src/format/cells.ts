/**
 * Cells of a request turned into a column of the type that the signature declares, as MLflow 3.17 turns them, with
 * three exceptions where it changes a value in silence: an integer out of range, null for a boolean and a word other
 * than true or false for a boolean are refused.
 */

import { EsteiraError } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import type { ColumnSpec } from "./signature.ts";
import type { Column } from "./table.ts";

/**
 * How the cells were given. `table`: rows of a data frame, text cells keep what they hold. `array`: lists of values,
 * where a text column makes text of everything. `csv`: all cells are text, empty ones null.
 */
export type CellSource = "table" | "array" | "csv";

/** Cells as they came; those of a column of nothing but numbers and nulls may come as numbers, NaN for null. */
export type UntypedColumn = readonly unknown[] | Float64Array;

/** What is wrong with a request as such, apart from the signature: BAD_REQUEST as MLflow's server answers it. */
export const badRequest = (message: string): EsteiraError =>
  new EsteiraError("BAD_REQUEST", message, { errorClass: "INVALID_PARAMETER_VALUE" });

const REAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const WORD = /^\s*([+-]?)(nan|inf|infinity)\s*$/i;
const WHOLE = /^\s*[+-]?\d+\s*$/;
const TRUTH = /^\s*(?:(true|1)|(false|0))\s*$/i;
const INSTANT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z|[+-]\d\d:?\d\d)?)?$/;

const show = (cell: unknown): string => {
  const text = pythonJson(cell);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** A number for the cell, NaN for a missing one, undefined for what is no number. */
function toReal(cell: unknown, source: CellSource): number | undefined {
  if (typeof cell === "number") return cell;
  if (cell === null || cell === undefined) return Number.NaN;
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (typeof cell !== "string") return undefined;
  if (REAL.test(cell)) return Number(cell);
  const word = WORD.exec(cell);
  if (word !== null) {
    if (word[2]!.toLowerCase() === "nan") return Number.NaN;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return source === "csv" ? toTruth(cell) : undefined;
}

function toTruth(cell: unknown): number | undefined {
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (typeof cell === "number") return Number.isNaN(cell) ? undefined : Number(cell !== 0);
  const word = typeof cell === "string" ? TRUTH.exec(cell) : null;
  if (word === null) return undefined;
  return word[1] === undefined ? 0 : 1;
}

/** A fraction is cut, as NumPy cuts it. */
function toWhole(cell: unknown, limit: number, source: CellSource): number | undefined {
  let value: number | undefined;
  if (typeof cell === "string") value = WHOLE.test(cell) ? Number(cell) : source === "csv" ? toTruth(cell) : undefined;
  else value = cell === null || cell === undefined ? undefined : toReal(cell, source);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  return whole >= -limit && whole < limit ? whole : undefined;
}

/** Milliseconds since the epoch, UTC. Numbers are nanoseconds, as pandas takes them; no zone means UTC. */
function toInstant(cell: unknown): number | undefined {
  if (cell === null || cell === undefined || cell === "") return Number.NaN;
  if (typeof cell === "number") return Math.abs(cell) < 2 ** 63 ? Math.trunc(cell) / 1e6 : undefined;
  const parts = typeof cell === "string" ? INSTANT.exec(cell.trim()) : null;
  if (parts === null) return undefined;
  const [, day, time = "00:00:00", zone = "Z"] = parts;
  const value = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${zone}`);
  return Number.isNaN(value) ? undefined : value;
}

function toText(cell: unknown, source: CellSource): unknown {
  if (source === "table" || typeof cell === "string" || cell === null || cell === undefined) return cell ?? null;
  if (typeof cell === "boolean") return cell ? "True" : "False";
  return typeof cell === "number" ? String(cell) : pythonJson(cell);
}

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

const expectations: Readonly<Record<string, string>> = {
  boolean: "true or false",
  integer: "a whole number of 32 bits",
  long: "a whole number of 64 bits",
  float: "a number or null",
  double: "a number or null",
  datetime: "an ISO date or instant",
  binary: "text in base64",
};

const nullForMissing = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** The cells when all are numbers or missing, which needs no conversion; undefined otherwise. */
function plainNumbers(cells: readonly unknown[]): Float64Array | undefined {
  const out = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    if (typeof cell === "number") out[row] = cell;
    else if (cell === null || cell === undefined) out[row] = Number.NaN;
    else return undefined;
  }
  return out;
}

/** Converts the cells of one column. Throws BAD_REQUEST that names column, row and cell. */
export function castColumn(name: string, spec: ColumnSpec, given: UntypedColumn, source: CellSource): Column {
  const { type } = spec;
  if (given instanceof Float64Array) {
    if (type === "double") return given;
    if (type === "float") return given.map(Math.fround);
  }
  const cells = given instanceof Float64Array ? Array.from(given, nullForMissing) : given;
  if (type === "double") {
    const plain = plainNumbers(cells);
    if (plain !== undefined) return plain;
  }
  const fail = (row: number): never => {
    throw badRequest(
      `Column '${name}' of the signature is of type ${type}: row ${row} holds ${show(cells[row])}, expected ${expectations[type]}`,
    );
  };
  const numbers = (convert: (cell: unknown) => number | undefined): Float64Array => {
    const out = new Float64Array(cells.length);
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row];
      const value = (cell === null || cell === undefined) && !spec.required ? Number.NaN : convert(cell);
      out[row] = value === undefined ? fail(row) : value;
    }
    return out;
  };
  switch (type) {
    case "double":
      return numbers((cell) => toReal(cell, source));
    case "float":
      return numbers((cell) => {
        const value = toReal(cell, source);
        return value === undefined ? undefined : Math.fround(value);
      });
    case "integer":
      return numbers((cell) => toWhole(cell, 2 ** 31, source));
    case "long":
      return numbers((cell) => toWhole(cell, 2 ** 63, source));
    case "boolean":
      return numbers(toTruth);
    case "datetime":
      return numbers(toInstant);
    case "string":
      return cells.map((cell) => toText(cell, source));
    case "binary":
      return cells.map((cell, row) =>
        cell === null ? null : typeof cell === "string" && BASE64.test(cell) ? cell : fail(row),
      );
    default:
      return cells;
  }
}

/** A column of which no signature says the type: numbers when all cells are numbers, booleans or missing. */
export function inferColumn(cells: UntypedColumn, source: CellSource): Column {
  if (cells instanceof Float64Array) return cells;
  const out = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    const value = typeof cell === "string" && source !== "csv" ? undefined : toReal(cell, source);
    if (value === undefined) return cells;
    out[row] = value;
  }
  return out;
}
