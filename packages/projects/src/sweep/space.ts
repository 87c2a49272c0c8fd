import { invalid } from "@esteira/core/errors";
import { suggestion } from "../nearest.ts";

/** What a parameter may be. */
export type Distribution =
  | { readonly kind: "uniform" | "loguniform"; readonly low: number; readonly high: number }
  /** Whole numbers, both ends included. */
  | { readonly kind: "int" | "logint"; readonly low: number; readonly high: number }
  | { readonly kind: "choice"; readonly values: readonly string[] };

/** By the name of the parameter, in the order in which they were given. */
export type Space = ReadonlyMap<string, Distribution>;

/** A value for each parameter of a space, as the command gets it. */
export type Assignment = ReadonlyMap<string, string>;

const KINDS = ["uniform", "loguniform", "int", "logint", "choice"] as const;

/**
 * Reads `uniform(0, 1)`, `loguniform(1e-4, 1e-1)`, `int(2, 12)`, `logint(1, 1000)` or `choice(a, b, c)`.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for anything else, and for ends that make no range.
 */
export function parseDistribution(name: string, text: string): Distribution {
  const [, word = "", inner = ""] = /^\s*([a-z]+)\s*\(([\s\S]*)\)\s*$/i.exec(text) ?? [];
  const kind = KINDS.find((known) => known === word.toLowerCase());
  if (kind === undefined)
    throw invalid(
      `The values of '${name}' are '${text}': expected uniform(LOW, HIGH), loguniform(LOW, HIGH), int(LOW, HIGH), logint(LOW, HIGH) or choice(A, B, ...)${suggestion(word, KINDS) || "."}`,
    );
  const items = inner.split(",").map((item) => item.trim());
  if (kind === "choice") return choiceOf(name, items);
  const [low = Number.NaN, high = Number.NaN] = items.map((item) => (item === "" ? Number.NaN : Number(item)));
  const isWhole = kind === "int" || kind === "logint";
  if (items.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high))
    throw invalid(`The values of '${name}' are '${text}': expected two numbers, the lowest and the highest.`);
  if (isWhole && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
    throw invalid(`The values of '${name}' are '${text}': the ends of ${kind} are whole numbers.`);
  if (low >= high) throw invalid(`The values of '${name}' are '${text}': the lowest is not below the highest.`);
  if ((kind === "loguniform" || kind === "logint") && low <= 0)
    throw invalid(`The values of '${name}' are '${text}': on a logarithmic scale the lowest is above zero.`);
  return { kind, low, high };
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE for no values, and for one that is there twice. */
export function choiceOf(name: string, values: readonly string[]): Distribution {
  if (values.length === 0 || values.some((value) => value === ""))
    throw invalid(`'${name}' has a choice with an empty value: expected one value or more.`);
  if (new Set(values).size < values.length) throw invalid(`'${name}' has a choice with the same value twice.`);
  return { kind: "choice", values };
}

/** The value at a place from 0 to 1 of the distribution: what a sampler thinks in. */
export function valueAt(distribution: Distribution, place: number): string {
  const inside = Math.min(1, Math.max(0, place));
  if (distribution.kind === "choice") {
    const at = Math.min(distribution.values.length - 1, Math.floor(inside * distribution.values.length));
    return distribution.values[at] ?? "";
  }
  const { kind, low, high } = distribution;
  const [from, to] = endsOf(distribution);
  const raw = from + inside * (to - from);
  const value = kind === "loguniform" || kind === "logint" ? Math.exp(raw) : raw;
  if (kind === "int" || kind === "logint") return String(Math.min(high, Math.max(low, Math.round(value))));
  // Twelve digits are more than a training can tell apart, and fewer than a person can bear.
  return String(Math.min(high, Math.max(low, Number(value.toPrecision(12)))));
}

/** The place of a value; undefined for one that the distribution does not have. */
export function placeOf(distribution: Distribution, value: string): number | undefined {
  if (distribution.kind === "choice") {
    const at = distribution.values.indexOf(value);
    return at < 0 ? undefined : (at + 0.5) / distribution.values.length;
  }
  const [from, to] = endsOf(distribution);
  const number = Number(value);
  const raw = distribution.kind === "loguniform" || distribution.kind === "logint" ? Math.log(number) : number;
  const place = (raw - from) / (to - from);
  return place >= -1e-9 && place <= 1 + 1e-9 ? place : undefined;
}

/** A whole number has the stretch of half a number on either side of it. */
function endsOf({ kind, low, high }: Exclude<Distribution, { kind: "choice" }>): readonly [number, number] {
  if (kind === "uniform") return [low, high];
  if (kind === "loguniform") return [Math.log(low), Math.log(high)];
  return kind === "int" ? [low - 0.5, high + 0.5] : [Math.log(low - 0.5), Math.log(high + 0.5)];
}
