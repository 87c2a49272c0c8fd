import { setImmediate as nextTurn } from "node:timers/promises";
import { invalid } from "@esteira/core/errors";
import type { Comparison, Filter, RegexComparison } from "@esteira/core/search/ast";
import { comparisonsOf, mapComparisons } from "@esteira/core/search/ast";
import type { RE2JS } from "re2js";

/** So many different values a regular expression may be tried on. */
export const MOST_VALUES = 100_000;
const MOST_INSTRUCTIONS = 2000;
const MOST_MS = 5000;
const TURN_MS = 10;

/** Gives the different values that a field has; at most `MOST_VALUES` + 1 of them. */
export type DistinctValues = (comparison: Comparison) => Promise<readonly string[]>;

/**
 * Turns every regular expression of a filter into the list of those values that it takes. Databases have engines of
 * their own, no two with one syntax, and some can be made to run for years; RE2's syntax and linear time hold for both.
 * Other requests go on meanwhile.
 */
export async function withoutRegexes(
  filter: Filter | undefined,
  valuesOf: DistinctValues,
): Promise<Filter | undefined> {
  const regexes = comparisonsOf(filter).filter(isRegex);
  if (filter === undefined || regexes.length === 0) return filter;
  const deadline = performance.now() + MOST_MS;
  const settled = new Map<Comparison, Comparison>();
  // Few searches have one, and its engine takes memory.
  const engine = await import("re2js");
  for (const comparison of regexes) {
    const regex = compile(engine, comparison.pattern);
    const values = await valuesOf(comparison);
    if (values.length > MOST_VALUES) throw tooMuch(comparison, `more than ${MOST_VALUES} different values`);
    const wanted = comparison.operator === "RLIKE";
    const taken = await select(values, (value) => regex.test(value) === wanted, deadline, comparison);
    settled.set(comparison, { kind: "comparison", field: comparison.field, operator: "IN", values: taken });
  }
  return mapComparisons(filter, (comparison) => settled.get(comparison) ?? comparison);
}

const isRegex = (comparison: Comparison): comparison is RegexComparison => "pattern" in comparison;

async function select(
  values: readonly string[],
  test: (value: string) => boolean,
  deadline: number,
  comparison: RegexComparison,
): Promise<readonly string[]> {
  const taken: string[] = [];
  let turn = performance.now();
  for (const value of values) {
    if (test(value)) taken.push(value);
    const now = performance.now();
    if (now - turn < TURN_MS) continue;
    if (now > deadline) throw tooMuch(comparison, `values that take longer than ${MOST_MS / 1000} s`);
    await nextTurn();
    turn = performance.now();
  }
  return taken;
}

function compile(engine: typeof import("re2js"), pattern: string): RE2JS {
  try {
    const regex = engine.RE2JS.compile(pattern);
    if (regex.programSize() <= MOST_INSTRUCTIONS) return regex;
  } catch (error) {
    if (!(error instanceof engine.RE2JSException)) throw error;
    const reason = error.message.replace(/^error parsing regexp: /, "");
    throw invalid(`Invalid regular expression '${pattern}': ${reason}. Its syntax is RE2's.`);
  }
  throw invalid(`The regular expression '${pattern}' repeats too much: use smaller counts in {}.`);
}

const tooMuch = ({ field, pattern }: RegexComparison, what: string) =>
  invalid(
    `The regular expression '${pattern}' on ${field.entity} '${field.key}' would look at ${what}: use LIKE, or search fewer experiments.`,
  );
