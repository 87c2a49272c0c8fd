import { invalid } from "@esteira/core/errors";

/** Where a value stands in its file: rows as an editor counts them (a CSV's header is row 1). */
export interface Place {
  readonly file: string;
  readonly row: number;
  readonly column: string;
}

export const at = (place: Place): string => `${place.file}, row ${place.row}, column ${place.column}`;

const shown = (value: unknown): string =>
  value === null || value === undefined || value === "" ? "empty" : `'${String(value).slice(0, 60)}'`;

/** What the service takes as a name. */
const LONGEST_NAME = 100;

/** A text that names something; whole numbers become their digits. */
export function readName(value: unknown, place: Place): string {
  const text = typeof value === "bigint" || Number.isInteger(value) ? String(value) : value;
  if (typeof text !== "string" || text.trim() === "")
    throw invalid(`${at(place)}: the value is ${shown(value)}; expected an identifier, a text or a whole number.`);
  if (text.length > LONGEST_NAME) {
    throw invalid(
      `${at(place)}: the identifier ${shown(value)} has ${text.length} characters; expected at most ${LONGEST_NAME}.`,
    );
  }
  return text;
}

/** The largest amount, in cents: no transfer is larger, and beyond it cents are no longer exact. */
const MOST_CENTS = 1e13;

/** Money as whole cents. */
export function readCents(value: unknown, unit: "major" | "cents", place: Place): number {
  const amount = typeof value === "string" && /^\s*[+-]?\d+([.]\d+)?\s*$/.test(value) ? Number(value) : value;
  const number = typeof amount === "bigint" ? Number(amount) : amount;
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw invalid(
      `${at(place)}: the amount is ${shown(value)}; expected a number with a decimal point, such as 12.50.`,
    );
  }
  if (number < 0)
    throw invalid(`${at(place)}: the amount is ${number}; expected zero or more (a refund is no transfer).`);
  const cents = Math.round(unit === "major" ? number * 100 : number);
  if (cents > MOST_CENTS) {
    throw invalid(`${at(place)}: the amount is ${number}; expected at most ${unit === "major" ? 1e11 : MOST_CENTS}.`);
  }
  return cents;
}

export function readFlag(value: unknown, place: Place): 0 | 1 {
  if (value === 1 || value === 1n || value === true || value === "1" || value === "true") return 1;
  if (value === 0 || value === 0n || value === false || value === "0" || value === "false") return 0;
  throw invalid(`${at(place)}: the label is ${shown(value)}; expected 0 or 1.`);
}

export function readCode(value: unknown, place: Place): number {
  const code =
    typeof value === "string" && /^\d+$/.test(value)
      ? Number(value)
      : typeof value === "bigint"
        ? Number(value)
        : value;
  if (typeof code !== "number" || !Number.isInteger(code) || code < 0 || code > 254) {
    throw invalid(`${at(place)}: the scenario is ${shown(value)}; expected a whole number from 0 to 254.`);
  }
  return code;
}

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** Instants outside are seconds or microseconds taken for milliseconds, or a slip of the pen. */
const EARLIEST = Date.UTC(1990, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

function plausible(instant: number, value: unknown, place: Place): number {
  if (instant >= EARLIEST && instant < LATEST) return instant;
  const read =
    Math.abs(instant) <= 8.64e15 ? ` is read as the year ${new Date(instant).getUTCFullYear()}` : " is no date";
  throw invalid(
    `${at(place)}: the time ${shown(value)}${read}; expected one from 1990 to 2099, a number being milliseconds since 1970.`,
  );
}

/** Reads instants of one file; some with and some without a zone in one file are refused, for one of them is wrong. */
export function createTimeReader(utcOffsetHours: number): (value: unknown, place: Place) => number {
  let zoned: boolean | undefined;
  const offset = utcOffsetHours * 3_600_000;
  return (value, place) => {
    // Parquet's timestamps without a zone arrive as dates of UTC; those with one as milliseconds.
    if (value instanceof Date) return plausible(value.getTime() - offset, value.toISOString(), place);
    if (typeof value === "bigint" || Number.isInteger(value)) return plausible(Number(value), value, place);
    const match = typeof value === "string" ? DATE_TIME.exec(value.trim()) : null;
    if (!match)
      throw invalid(
        `${at(place)}: the time is ${shown(value)}; expected an instant such as 2026-07-01T12:00:00-03:00.`,
      );
    const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", zone] = match;
    const hasZone = zone !== undefined;
    if (zoned !== undefined && zoned !== hasZone) {
      throw invalid(
        `${at(place)}: the time ${shown(value)} ${hasZone ? "has" : "lacks"} a zone, the rows before ${hasZone ? "lack" : "have"} one; write all of them alike.`,
      );
    }
    zoned = hasZone;
    const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const utc = Date.UTC(y, mo - 1, d, h, mi, s, Math.floor(Number(`0.${fraction}`) * 1000));
    const back = new Date(utc);
    if (back.getUTCMonth() !== mo - 1 || back.getUTCDate() !== d || h > 23 || mi > 59 || s > 59) {
      throw invalid(`${at(place)}: ${shown(value)} is no date that exists.`);
    }
    if (zone === undefined) return plausible(utc - offset, value, place);
    if (zone === "Z") return plausible(utc, value, place);
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
    return plausible(utc - (zone.startsWith("-") ? -minutes : minutes) * 60_000, value, place);
  };
}
