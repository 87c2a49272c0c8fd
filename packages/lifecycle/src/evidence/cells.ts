import { invalid } from "@esteira/core/errors";

/** Where a cell is, for the sentence that refuses it. Rows count from 1. */
export interface Place {
  readonly file: string;
  readonly column: string;
  readonly row: number;
}

const wrong = ({ file, column, row }: Place, cell: unknown, expected: string): Error =>
  invalid(`${file}, row ${row}, column '${column}': ${shown(cell)} is ${expected}.`);

const shown = (cell: unknown): string =>
  cell === null || cell === undefined ? "an empty cell" : `'${String(cell).slice(0, 40)}'`;

/** 0 or 1, of a truth value, a number or its text. */
export function labelOf(cell: unknown, place: Place): 0 | 1 {
  if (cell === true || cell === 1 || cell === 1n || cell === "1" || cell === "true" || cell === "True") return 1;
  if (cell === false || cell === 0 || cell === 0n || cell === "0" || cell === "false" || cell === "False") return 0;
  throw wrong(place, cell, "no label; expected 0 or 1, 1 for a fraud");
}

export function numberOf(cell: unknown, place: Place): number {
  const value =
    typeof cell === "string" && cell.trim() !== "" ? Number(cell) : typeof cell === "bigint" ? Number(cell) : cell;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrong(place, cell, "no number");
}

/**
 * Milliseconds since the epoch: of a time stamp, of milliseconds, or of ISO 8601 text with its zone (a text without one would
 * mean another instant on another machine).
 */
export function instantOf(cell: unknown, place: Place): number {
  if (cell instanceof Date && Number.isFinite(cell.getTime())) return cell.getTime();
  if (typeof cell === "bigint" || typeof cell === "number") return numberOf(cell, place);
  if (typeof cell === "string") {
    if (/^\d{12,}$/.test(cell)) return Number(cell);
    if (/(?:Z|[+-]\d\d:?\d\d)$/.test(cell)) {
      const value = Date.parse(cell.replace(" ", "T"));
      if (Number.isFinite(value)) return value;
    }
  }
  throw wrong(
    place,
    cell,
    "no instant; expected milliseconds since 1970, or ISO 8601 with a zone, for example 2026-11-26T10:00:00-03:00",
  );
}

/** As `instantOf`; NaN for an empty cell. */
export const instantOrNone = (cell: unknown, place: Place): number =>
  cell === null || cell === undefined || cell === "" ? Number.NaN : instantOf(cell, place);

/** A category's name; what is missing is a category too. */
export const categoryOf = (cell: unknown): string =>
  cell === null || cell === undefined || cell === "" ? "(none)" : String(cell);
