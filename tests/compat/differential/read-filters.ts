import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { EsteiraError } from "@esteira/core/errors";
import { comparisonsOf } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { RUN_RULES } from "@esteira/core/search/rules";
import fc from "fast-check";

const SAMPLES = 4000;

const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(""));
const space = fc.constantFrom("", " ", "  ");
const sign = (...signs: string[]) => joined(space, fc.constantFrom(...signs), space);
const word = (...words: string[]) =>
  joined(
    fc.constantFrom(" ", "  ", "\t"),
    fc.constantFrom(...words, ...words.map((one) => one.toLowerCase())),
    fc.constantFrom(" ", ""),
  );

const text = fc.constantFrom("'x'", '"y"', "'it''s'", "'a\\'b'", "'%a_'", "''", '"it\'s"', "'1'", "'ção'", "'a AND b'");
const number = fc.constantFrom("1", "-2.5", "1e3", ".5", "1.", "-.5E-3", "0");
const list = fc.constantFrom("('a')", "('a','b')", '("c",)', "('a' 'b')", "('a''b', 'c\\'d')", "( 'a' , 'b' )");
const textName = fc.constantFrom(
  ...[
    "params.p",
    "param.`a b`",
    "parameters.lr_1",
    "tags.mlflow.user",
    'tag."q"',
    "tags.'k'",
    "`tags`.x",
    "tags.`a`.b",
  ],
  ...["status", "attr.run_name", "attributes.`run name`", "run.user_id", "dataset.name", "datasets.context"],
);
const numberName = fc.constantFrom(
  ...["metrics.m", "metric.`a b`", 'metrics."q"', "metrics.val_loss.x", "metrics.1a"],
  ...["start_time", "attributes.end_time", "attribute.Created"],
);
const comparison = fc.oneof(
  joined(textName, fc.oneof(sign("=", "!="), word("LIKE", "ILIKE")), text),
  joined(numberName, sign("=", "!=", ">", ">=", "<", "<="), number),
  joined(fc.constantFrom("run_id", "dataset.digest", "attributes.run_id"), word("IN", "NOT IN"), list),
  fc.constantFrom("params.p IS NULL", "tags.`a b` is not null"),
);
const whole = fc.array(comparison, { minLength: 1, maxLength: 4 }).map((all) => all.join(" AND "));
const piece = fc.constantFrom(
  ...[
    "metrics.",
    "params.",
    "dataset.",
    ".",
    "m",
    "status",
    "'x'",
    '"y"',
    "1",
    "-",
    "('a')",
    "()",
    "(1)",
    "'",
    '"',
    "`",
  ],
  ...[" = ", "==", "<>", "!=", ">", " LIKE ", " IN ", " AND ", ",", ";", " ", "*", "é"],
);
/** A filter with a piece put in or a stretch cut out somewhere. */
const damaged = fc
  .tuple(whole, fc.nat(), fc.oneof(piece, fc.constant("")), fc.nat({ max: 4 }))
  .map(([filter, at, inserted, cut]) => {
    const place = at % (filter.length + 1);
    return filter.slice(0, place) + inserted + filter.slice(place + cut);
  });

/** What MLflow refuses and we take: OR, NOT, parentheses, IS NULL everywhere, more operators, keys with signs, spaces. */
const BEYOND = /\.\d+\W|\bOR\b|\bNOT\b|[()~]|\bIS\s|BETWEEN|\S[-/:@$]\S|\s{2}/i;

/** Reads made-up filters with MLflow's parser and ours, and tells where they differ. */
export function readFilters(
  python: string,
  seed: number,
): { differences: readonly string[]; accepted: number; refused: number } {
  const samples = [...new Set(fc.sample(fc.oneof(whole, damaged), { numRuns: SAMPLES, seed }))];
  const script = fileURLToPath(new URL("./parse_filters.py", import.meta.url));
  const input = samples.map((sample) => `${JSON.stringify(sample)}\n`).join("");
  const output = execFileSync(python, [script], {
    input,
    encoding: "utf8",
    maxBuffer: 1e9,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const differences: string[] = [];
  let accepted = 0;
  let refused = 0;
  for (const [index, line] of output.trim().split("\n").entries()) {
    const sample = samples[index] ?? "";
    const theirs = comparisonsIn(JSON.parse(line));
    const ours = read(sample);
    if (theirs !== undefined) accepted++;
    else refused++;
    if (theirs === undefined ? ours === undefined || BEYOND.test(sample) : isOdd(sample, theirs)) continue;
    if (isDeepStrictEqual(ours, theirs)) continue;
    // Comparisons with no AND between them, which MLflow now takes, now glues to one odd name.
    if (ours !== undefined && ours.length > sample.split(/\bAND\b/i).length) continue;
    differences.push(`${sample}\n  MLflow: ${JSON.stringify(theirs)}\n  ours: ${JSON.stringify(ours)}`);
  }
  return { differences, accepted, refused };
}

/** Undefined where MLflow has refused the filter. */
const comparisonsIn = (answer: unknown): Read | undefined =>
  typeof answer === "object" && answer !== null && "comparisons" in answer ? (answer.comparisons as Read) : undefined;

type Read = readonly { type: string; key: string; comparator: string; value: unknown }[];

/**
 * MLflow's parser lets some comparisons pass that its store then breaks on (500), takes a number and the word after it
 * apart, and glues what stands before IS NULL to one name, with spaces, quotes and parentheses in it.
 */
const isOdd = (sample: string, theirs: Read): boolean =>
  /\.\s|\d[a-z]+\s/i.test(sample) ||
  theirs.some(
    ({ key, comparator, value }) =>
      (Array.isArray(value) && !comparator.endsWith("IN")) || (key !== "a b" && /[\s"'()]/.test(key)),
  );

function read(filter: string): Read | undefined {
  try {
    return comparisonsOf(parseFilter(filter, RUN_RULES)).map((comparison) => ({
      type: comparison.field.entity === "param" ? "parameter" : comparison.field.entity,
      key: comparison.field.key,
      comparator: comparison.operator,
      value: "value" in comparison ? comparison.value : "values" in comparison ? comparison.values : null,
    }));
  } catch (error) {
    if (error instanceof EsteiraError) return undefined;
    throw error;
  }
}
