import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EsteiraError } from "../errors.ts";
import type { Comparison, Filter } from "./ast.ts";
import { parseFilter } from "./filter.ts";
import {
  EXPERIMENT_RULES,
  LOGGED_MODEL_RULES,
  MODEL_VERSION_RULES,
  REGISTERED_MODEL_RULES,
  RUN_RULES,
  type SearchRules,
} from "./rules.ts";

const ALL_RULES = [EXPERIMENT_RULES, LOGGED_MODEL_RULES, MODEL_VERSION_RULES, REGISTERED_MODEL_RULES, RUN_RULES];

function refusal(source: string, rules: SearchRules = RUN_RULES): string {
  try {
    parseFilter(source, rules);
  } catch (error) {
    if (error instanceof EsteiraError && error.code === "INVALID_PARAMETER_VALUE") return error.message;
    throw error;
  }
  throw new Error(`'${source}' was accepted`);
}

describe("a filter of runs", () => {
  test("names entities, keys and quotes in every way that MLflow takes", () => {
    const key = (source: string) => {
      const filter = parseFilter(source, RUN_RULES);
      return filter?.kind === "comparison" ? `${filter.field.entity}.${filter.field.key}` : undefined;
    };
    expect(key("metrics.m = 1")).toBe("metric.m");
    expect(key("metric.`m` = 1")).toBe("metric.m");
    expect(key('metrics."m x" = 1')).toBe("metric.m x");
    expect(key("params.'a b' = 'x'")).toBe("param.a b");
    expect(key("tags.mlflow.user = 'x'")).toBe("tag.mlflow.user");
    expect(key("tags.`mlflow.user` = 'x'")).toBe("tag.mlflow.user");
    expect(key("attr.Created > 0")).toBe("attribute.start_time");
    expect(key("`run name` = 'x'")).toBe("attribute.run_name");
    expect(key("run.run_id = 'x'")).toBe("attribute.run_id");
    expect(key("datasets.context = 'x'")).toBe("dataset.context");
    expect(key("params.métrica = 'x'")).toBe("param.métrica");
  });

  test("joins comparisons by AND, whatever its case, also at the end", () => {
    expect(parseFilter("metrics.m > -1 and params.p LIKE 'a%' AND", RUN_RULES)).toEqual({
      kind: "and",
      operands: [
        { kind: "comparison", field: { entity: "metric", key: "m" }, operator: ">", value: -1 },
        { kind: "comparison", field: { entity: "param", key: "p" }, operator: "LIKE", value: "a%" },
      ],
    });
  });

  test("reads lists, NULL and values with doubled quotes", () => {
    expect(parseFilter("run_id not in ('a', \"b\")", RUN_RULES)).toMatchObject({
      operator: "NOT IN",
      values: ["a", "b"],
    });
    expect(parseFilter("tags.t is not null", RUN_RULES)).toMatchObject({ operator: "IS NOT NULL" });
    expect(parseFilter("params.p = 'it''s'", RUN_RULES)).toMatchObject({ value: "it''s" });
    expect(parseFilter("metrics.m = 1e-3", RUN_RULES)).toMatchObject({ value: 0.001 });
  });

  test("is absent when it is empty", () => {
    expect(parseFilter("", RUN_RULES)).toBeUndefined();
    expect(parseFilter(undefined, RUN_RULES)).toBeUndefined();
  });

  test.each([
    ["metrics.m", "Invalid clause(s) in filter string: 'metrics.m' (position 1)"],
    ["metrics.m = 'a'", "Expected numeric value type for metric. Found 'a' (position 13)"],
    ["metrics.m = NaN", "Expected numeric value type for metric. Found NaN"],
    ["metrics.m LIKE 5", "Invalid comparator 'LIKE' not one of"],
    ["metrics.m == 1", "Invalid comparator '==' not one of"],
    ["params.p = 1", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"],
    ["params.p = abc", "Parameter value is either not quoted or unidentified quote types used for string value abc."],
    ["params.p > '1'", "Invalid comparator '>' not one of"],
    ["tags.t = 5", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 5"],
    [
      "foo.bar = 'x'",
      "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
    ],
    ["bogus = 'x'", "Invalid attribute key 'bogus' specified. Valid keys are '{'run_id'"],
    ["attributes.lifecycle_stage='active'", "Invalid attribute key 'lifecycle_stage' specified."],
    ["attributes.constructor = 'x'", "Invalid attribute key 'constructor' specified."],
    ["constructor.a = 'x'", "Invalid entity type 'constructor'."],
    ["datasets.bogus = 'x'", "Invalid dataset key 'bogus' specified. Valid keys are '{'name', 'digest', 'context'}'"],
    ["metrics.m > 1; metrics.m < 2", "Search filter contained multiple expression 'metrics.m > 1; metrics.m < 2'."],
    ["start_time > 'x'", "Expected numeric value type for numeric attribute: start_time. Found 'x'"],
    ["status = FINISHED", "Parameter value is either not quoted"],
    [
      "attributes.status IN ('a')",
      "Only ['run_id'] attributes support comparison with a list of quoted string values.",
    ],
    [
      "run_id IN ()",
      "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
    ],
    ["run_id IN ('a', 5)", "punctuation, or whitespace, but got different type in list: ('a', 5)"],
    ["   ", "Invalid filter '   '. Could not be parsed."],
    ["1 = 1", "Invalid comparison clause. Expected 'Identifier' found '1'"],
    ["metrics.a b = 1", "Invalid clause(s) in filter string: 'metrics.a'"],
    ["params.p = 'x", "has no closing quote (position 12)"],
    ["params.p BETWEEN 'a' AND 'b'", "Invalid clause(s) in filter string: 'params.p'"],
    ["metrics.m BETWEEN 1", "it ends where AND and a second number was expected"],
    ["metrics.m BETWEEN 1 AND 'x'", "Expected numeric value type for metric. Found 'x'"],
    ["metrics.m RLIKE 'x'", "Expected numeric value type for metric. Found 'x'"],
    ["metrics.m ~ 1", "Invalid comparator 'RLIKE' not one of"],
    ["params.p NOT = 'x'", "Invalid clause(s) in filter string: 'params.p'"],
    ["params.p RLIKE ('x')", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('x')"],
    ["run_id LIKE ('a')", "Expected a quoted string value for attributes. Got value ('a')"],
    ["run_id = ('a')", "Expected a quoted string value for attributes. Got value ('a')"],
    ["run_id IN ('a',,'b')", "expected a non-empty list of string values, but got ill-formed list."],
    ["(metrics.m > 1", "it ends where a closing parenthesis was expected"],
    ["metrics.m > 1)", "Invalid clause(s) in filter string: ')' (position 14). Expected AND or the end of the filter."],
    ["()", "Invalid clause(s) in filter string: ')'"],
    ["metrics.m > 1 OR", "it ends where a comparison"],
    ["OR metrics.m > 1", "Invalid clause(s) in filter string: 'OR' (position 1)"],
    ["NOT", "it ends where a comparison was expected"],
    ["(AND)", "Invalid clause(s) in filter string: ')'"],
    ["metrics.m > 1;", "Invalid clause(s) in filter string: ';' (position 14)"],
    ["metrics.m => 1", "Invalid comparator '=>' not one of"],
    ["foo.bar = 'x' AND metrics.m LIKE 5", "Invalid entity type 'foo'"],
    ["metrics.m LIKE 5 AND foo.bar = 'x'", "Invalid entity type 'foo'"],
  ])("%s is refused", (source, message) => {
    expect(refusal(source)).toContain(message);
  });

  test("is bounded: comparisons, depth and patterns", () => {
    expect(refusal(Array(101).fill("metrics.m > 1").join(" AND "))).toContain("at most 100 comparisons");
    expect(refusal(`params.p LIKE '${"%x".repeat(600)}'`)).toContain("at most 1000 characters");
    expect(() => parseFilter(`${"(".repeat(5000)}metrics.m > 1`, RUN_RULES)).toThrow("at most 50 levels");
    expect(() => parseFilter(`${"NOT ".repeat(5000)}metrics.m > 1`, RUN_RULES)).toThrow("at most 50 levels");
    expect(refusal(`run_id IN (${"'a',".repeat(50_001)})`)).toContain("at most 50000 values");
    expect(refusal(`params.p RLIKE '${"x".repeat(1001)}'`)).toContain("at most 1000 characters");
    expect(refusal(`params.p = '${"x".repeat(4_000_001)}'`)).toContain("at most 4000000 characters");
    expect(refusal("a ".repeat(1_999_999)).length).toBeLessThan(500);
    expect(refusal(`metrics.m = '${"x".repeat(1_000_000)}'`).length).toBeLessThan(1500);
    for (const quote of ["'", "''", "\\'", "x'", "`"]) {
      const read = () => parseFilter(`params.p = ${quote.repeat(300_000)}`, RUN_RULES);
      if (quote === "''" || quote === "'") expect(read()).toBeDefined();
      else expect(read).toThrow(EsteiraError);
    }
    const long = "x".repeat(1_000_000);
    expect(parseFilter(`params.p = '${long}'`, RUN_RULES)).toMatchObject({ value: long });
  });
});

describe("filters of the other entities", () => {
  test.each<[SearchRules, string, string]>([
    [EXPERIMENT_RULES, "experiment_id = 1", "Expected a quoted string value for attributes. Got value 1"],
    [EXPERIMENT_RULES, "experiment_id > '1'", "Invalid comparator for experiment_id: >"],
    [EXPERIMENT_RULES, "experiment_id = 'abc'", "Invalid experiment ID 'abc'. Experiment ID must be a valid integer."],
    [EXPERIMENT_RULES, "name IN ('a')", "Only ['experiment_id'] attributes support comparison"],
    [
      EXPERIMENT_RULES,
      "attr.name='a'",
      "Invalid entity type 'attr'. Valid entity types are ('attribute', 'tag', 'tags')",
    ],
    [EXPERIMENT_RULES, "tags.k IN ('v')", "Expected a quoted string value for tag (e.g. 'my-value'). Got value ('v')"],
    [EXPERIMENT_RULES, "creation_time > 1.5", "Invalid value for numeric attribute 'creation_time'"],
    [REGISTERED_MODEL_RULES, "name > 'a'", "Invalid comparator for attribute: >"],
    [REGISTERED_MODEL_RULES, "run_id = 'x'", "Invalid attribute key 'run_id' specified. Valid keys are '{'name'}'"],
    [MODEL_VERSION_RULES, "source_path IN ('x')", "Only ['name', 'run_id'] attributes support comparison"],
    [MODEL_VERSION_RULES, "current_stage='Staging'", "Invalid attribute key 'current_stage' specified."],
    [
      LOGGED_MODEL_RULES,
      "tag.t='v'",
      "Invalid entity type: 'tag'. Expected one of ['attributes', 'metrics', 'params', 'tags'].",
    ],
    [LOGGED_MODEL_RULES, "name > 'a'", "Invalid comparison operator for attributes.name: '>'. Expected one of"],
  ])("%# is refused", (rules, source, message) => {
    expect(refusal(source, rules)).toContain(message);
  });

  test("take what is theirs alone", () => {
    expect(parseFilter("version_number = '1'", MODEL_VERSION_RULES)).toMatchObject({ value: 1 });
    expect(parseFilter("params.a = lm", LOGGED_MODEL_RULES)).toMatchObject({ value: "lm" });
    expect(parseFilter("creation_time > 0", LOGGED_MODEL_RULES)).toMatchObject({
      field: { key: "creation_timestamp" },
    });
  });
});

test("what MLflow refuses means what it does elsewhere", () => {
  const read = (source: string) => parseFilter(source, RUN_RULES);
  expect(read("metrics.m between -1 AND 2 AND params.p NOT LIKE 'a%'")).toEqual({
    kind: "and",
    operands: [
      { kind: "comparison", field: { entity: "metric", key: "m" }, operator: "BETWEEN", low: -1, high: 2 },
      { kind: "comparison", field: { entity: "param", key: "p" }, operator: "NOT LIKE", value: "a%" },
    ],
  });
  expect(read("start_time not between 1 and 2")).toMatchObject({ operator: "NOT BETWEEN", low: 1, high: 2 });
  for (const operator of ["RLIKE", "rlike", "~"]) {
    expect(read(`params.p ${operator} '^a'`)).toMatchObject({ operator: "RLIKE", pattern: "^a" });
  }
  for (const operator of ["NOT RLIKE", "!~"]) {
    expect(read(`params.p ${operator} '^a'`)).toMatchObject({ operator: "NOT RLIKE", pattern: "^a" });
  }
  for (const name of ["metrics.m", "status", "end_time", "dataset.name", "params.p"]) {
    expect(read(`${name} IS NULL`)).toMatchObject({ operator: "IS NULL" });
    expect(read(`NOT ${name} IS NOT NULL`)).toMatchObject({ kind: "not", operand: { operator: "IS NOT NULL" } });
  }
  expect(parseFilter("name IS NULL OR tags.a ~ 'x'", REGISTERED_MODEL_RULES)).toMatchObject({ kind: "or" });
  expect(parseFilter("version_number BETWEEN 1 AND 3", MODEL_VERSION_RULES)).toMatchObject({ low: 1, high: 3 });
  expect(parseFilter("(params.a IS NULL)", LOGGED_MODEL_RULES)).toMatchObject({ operator: "IS NULL" });
  expect(() => parseFilter("version_number BETWEEN 1 AND 1.5", MODEL_VERSION_RULES)).toThrow("Invalid value for");
});

test("as in MLflow, AND may be left out, repeated, or all there is", () => {
  const one = parseFilter("metrics.m = 1 AND metrics.n = 2", RUN_RULES);
  expect(parseFilter("metrics.m = 1 metrics.n = 2", RUN_RULES)).toEqual(one);
  expect(parseFilter("AND metrics.m = 1 AND AND metrics.n = 2 AND", RUN_RULES)).toEqual(one);
  expect(parseFilter("AND AND", RUN_RULES)).toBeUndefined();
});

test("lists are read as Python reads them", () => {
  const values = (list: string) => parseFilter(`run_id IN ${list}`, RUN_RULES);
  expect(values("('a' 'b', \"c\",)")).toMatchObject({ values: ["ab", "c"] });
  expect(values("((('a''b')))")).toMatchObject({ values: ["ab"] });
  expect(values("('it\\'s', 'c\\'', '\\x41\\u00e9\\n')")).toMatchObject({ values: ["it's", "c'", "Aé\n"] });
});

test("NOT binds before AND, AND before OR", () => {
  const filter = parseFilter("NOT metrics.a > 1 AND metrics.b > 1 OR (metrics.c > 1 OR metrics.d > 1)", RUN_RULES);
  expect(filter).toMatchObject({
    kind: "or",
    operands: [
      { kind: "and", operands: [{ kind: "not", operand: { field: { key: "a" } } }, { field: { key: "b" } }] },
      { kind: "or", operands: [{ field: { key: "c" } }, { field: { key: "d" } }] },
    ],
  });
});

describe("any text", () => {
  const piece = fc.constantFrom(
    "metrics.",
    "m",
    " = ",
    "'",
    '"',
    "`",
    "(",
    ")",
    "AND ",
    "OR ",
    "NOT ",
    "IN ",
    "IS ",
    "NULL",
    "RLIKE ",
    "LIKE ",
    "BETWEEN ",
    "1",
    "-",
    ";",
    ",",
    "é",
    "\u0000",
  );
  test("is read or refused with INVALID_PARAMETER_VALUE, never anything else", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...ALL_RULES), (source, rules) => {
        try {
          parseFilter(source, rules);
        } catch (error) {
          expect(error).toBeInstanceOf(EsteiraError);
          expect(error).toMatchObject({ code: "INVALID_PARAMETER_VALUE" });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a filter that is written out and read again is the same filter", () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9_ ./-]{0,8}$/);
    const value = fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/['\\]/g, ""));
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const comparison: fc.Arbitrary<Comparison> = fc.oneof(
      fc.record({
        kind: fc.constant("comparison" as const),
        field: fc.record({ entity: fc.constant("metric" as const), key }),
        operator: fc.constantFrom(...(["=", "!=", "<", "<=", ">", ">="] as const)),
        value: number.map((one) => one + 0),
      }),
      fc.record({
        kind: fc.constant("comparison" as const),
        field: fc.record({ entity: fc.constantFrom("param" as const, "tag" as const), key }),
        operator: fc.constantFrom(...(["LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE"] as const)),
        value,
      }),
      fc.record({
        kind: fc.constant("comparison" as const),
        field: fc.record({ entity: fc.constantFrom("param" as const, "tag" as const), key }),
        operator: fc.constantFrom("RLIKE" as const, "NOT RLIKE" as const),
        pattern: value,
      }),
      fc.record({
        kind: fc.constant("comparison" as const),
        field: fc.record({ entity: fc.constantFrom("metric" as const, "param" as const, "tag" as const), key }),
        operator: fc.constantFrom("IS NULL" as const, "IS NOT NULL" as const),
      }),
      fc.record({
        kind: fc.constant("comparison" as const),
        field: fc.record({ entity: fc.constant("metric" as const), key }),
        operator: fc.constantFrom("BETWEEN" as const, "NOT BETWEEN" as const),
        low: number.map((one) => one + 0),
        high: number.map((one) => one + 0),
      }),
      fc.record({
        kind: fc.constant("comparison" as const),
        field: fc.constant({ entity: "attribute" as const, key: "run_id" }),
        operator: fc.constantFrom("IN" as const, "NOT IN" as const),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
      }),
    );
    const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
      filter: fc.oneof(
        { depthSize: "small" },
        comparison,
        fc.record({ kind: fc.constant("not" as const), operand: tie("filter") }),
        fc.record({
          kind: fc.constantFrom("and" as const, "or" as const),
          operands: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }),
        }),
      ),
    }));
    fc.assert(
      fc.property(filter, (tree) => {
        expect(parseFilter(write(tree), RUN_RULES)).toEqual(tree);
      }),
      { numRuns: 500 },
    );
  });
});

function write(filter: Filter): string {
  if (filter.kind === "not") return `NOT (${write(filter.operand)})`;
  if (filter.kind !== "comparison") return filter.operands.map((one) => `(${write(one)})`).join(` ${filter.kind} `);
  const name = `${filter.field.entity}.\`${filter.field.key}\``;
  if ("values" in filter) return `${name} ${filter.operator} (${filter.values.map((one) => `'${one}'`).join(", ")})`;
  if ("pattern" in filter) return `${name} ${filter.operator} '${filter.pattern}'`;
  if ("low" in filter) return `${name} ${filter.operator} ${filter.low} AND ${filter.high}`;
  if (!("value" in filter)) return `${name} ${filter.operator}`;
  return `${name} ${filter.operator} ${typeof filter.value === "number" ? filter.value : `'${filter.value}'`}`;
}
