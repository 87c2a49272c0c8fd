import { invalid } from "@esteira/core/errors";
import { text, type Values } from "./command.ts";

/** The option of this name (`maxInFlight` is `--max-in-flight`). Throws INVALID_PARAMETER_VALUE naming the flag. */
export function wholeOption(values: Values, name: string, least: number, most: number): number {
  const given = text(values, name) ?? "";
  const number = Number(given);
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (/^\d+$/.test(given) && number >= least && number <= most) return number;
  throw invalid(`--${flag} is '${given}': expected a whole number from ${least} to ${most}.`);
}
