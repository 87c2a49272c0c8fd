/** What the commands of a ledger are given. */

import { invalid } from "@esteira/core/errors";
import { type CommandOption, type Terminal, text, type Values } from "../command.ts";

export const LEDGER: CommandOption = {
  flags: "--ledger <folder>",
  summary: "the folder of the ledger; also ESTEIRA_LEDGER",
};

export function ledgerOf(values: Values, { env }: Pick<Terminal, "env">): string {
  const folder = text(values, "ledger") ?? env.ESTEIRA_LEDGER;
  if (folder !== undefined && folder !== "") return folder;
  throw invalid("Say where the ledger is: --ledger FOLDER, or ESTEIRA_LEDGER.");
}

export function numberIn(values: Values, name: string, flag: string): number | undefined {
  const given = text(values, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === "" || !Number.isFinite(value)) throw invalid(`${flag} is '${given}': expected a number.`);
  return value;
}

export function wholeIn(values: Values, name: string, flag: string): number | undefined {
  const value = numberIn(values, name, flag);
  if (value === undefined || (Number.isInteger(value) && value > 0)) return value;
  throw invalid(`${flag} is '${value}': expected a whole number above 0.`);
}

/** Milliseconds; a day alone is its beginning, UTC. */
export function instantOf(given: string, flag: string): number {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00:00Z` : given;
  const value = /(?:Z|[+-]\d\d:?\d\d)$/.test(whole) ? Date.parse(whole) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw invalid(
    `${flag} is '${given}': expected a day (2026-11-26) or ISO 8601 with a zone, for example 2026-11-26T10:00:00-03:00.`,
  );
}

/** As `spanOf`; undefined where the option is not given. */
export function spanIn(values: Values, name: string, flag: string): { from: number; to: number } | undefined {
  const given = text(values, name);
  return given === undefined ? undefined : spanOf(given, flag);
}

/** `FROM..TO`, half-open. */
export function spanOf(given: string, flag: string): { from: number; to: number } {
  const [from, to, ...more] = given.split("..");
  if (from === undefined || to === undefined || from === "" || to === "" || more.length > 0)
    throw invalid(`${flag} is '${given}': expected two instants with two dots between, as in 2026-01-01..2026-02-01.`);
  const span = { from: instantOf(from, flag), to: instantOf(to, flag) };
  if (span.from < span.to) return span;
  throw invalid(`${flag} is '${given}': it ends before it begins.`);
}
