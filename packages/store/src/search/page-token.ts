import type { Page } from "@esteira/core/entities/page";
import { invalid } from "@esteira/core/errors";
import { pythonBytes, pythonValue } from "@esteira/core/search/python-text";

/** MLflow's page token: base64 of `{"offset": N}`, written as Python writes JSON. */
export const pageToken = (offset: number): string => Buffer.from(`{"offset": ${offset}}`).toString("base64");

export function decodeToken(token: string): unknown {
  // As Python's decoder: characters outside the alphabet are skipped, wrong padding is refused.
  const clean = token.replace(/[^A-Za-z0-9+/=]/g, "");
  if (clean.length % 4 !== 0) throw invalid("Invalid page token, could not base64-decode");
  const bytes = Buffer.from(clean, "base64");
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw invalid(`Invalid page token, decoded value=${pythonBytes(bytes)}`);
  }
}

/** Where the page starts: 0 without a token. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === "") return 0;
  const decoded = decodeToken(token);
  const offset: unknown = typeof decoded === "object" && decoded !== null && "offset" in decoded ? decoded.offset : 0;
  if (typeof offset === "string" && !/^\d+$/.test(offset))
    throw invalid(`Invalid page token, not stringable ${offset}`);
  // `Number` would make one of a list of one, too.
  const number = typeof offset === "string" || typeof offset === "number" ? Number(offset) : Number.NaN;
  if (!Number.isSafeInteger(number) || number <= 0) {
    throw invalid(`Invalid page token, parsed value=${pythonValue(decoded)}`);
  }
  return number;
}

/** Cuts the one row too many that tells whether another page follows. */
export function toPage<T>(rows: readonly T[], offset: number, maxResults: number): Page<T> {
  if (rows.length <= maxResults) return { items: rows };
  return { items: rows.slice(0, maxResults), nextPageToken: pageToken(offset + maxResults) };
}

export function checkMaxResults(value: number | undefined, fallback: number, most: number): number {
  if (value === undefined) return fallback;
  const refusal = `Invalid value ${value} for parameter 'max_results' supplied. It must be`;
  if (!Number.isInteger(value) || value < 1) throw invalid(`${refusal} a positive integer`);
  if (value > most) throw invalid(`${refusal} at most ${most}`);
  return value;
}
