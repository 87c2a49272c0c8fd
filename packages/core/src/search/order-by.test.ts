import fc from "fast-check";
import { expect, test } from "vitest";
import { EsteiraError } from "../errors.ts";
import type { Ordering } from "./ast.ts";
import { parseOrderBy } from "./order-by.ts";
import { EXPERIMENT_RULES, MODEL_VERSION_RULES, REGISTERED_MODEL_RULES, RUN_RULES, type SearchRules } from "./rules.ts";

test("a clause is a name and perhaps a direction", () => {
  expect(parseOrderBy(["metrics.`m x` desc", "Created", "tags.t ASC"], RUN_RULES)).toEqual([
    { field: { entity: "metric", key: "m x" }, ascending: false },
    { field: { entity: "attribute", key: "start_time" }, ascending: true },
    { field: { entity: "tag", key: "t" }, ascending: true },
  ]);
  expect(parseOrderBy(undefined, RUN_RULES)).toEqual([]);
});

test.each<[SearchRules, readonly string[], string, string]>([
  [
    RUN_RULES,
    ["metrics.m descending"],
    "INVALID_PARAMETER_VALUE",
    "Invalid ordering key in order_by clause 'metrics.m descending'.",
  ],
  [
    RUN_RULES,
    ["metrics.m asc desc"],
    "INVALID_PARAMETER_VALUE",
    "Invalid order_by clause 'metrics.m asc desc'. Could not be parsed.",
  ],
  [RUN_RULES, [""], "INVALID_PARAMETER_VALUE", "Invalid order_by clause ''. Could not be parsed."],
  [RUN_RULES, ["metrics.m; DROP TABLE runs"], "INVALID_PARAMETER_VALUE", "Could not be parsed."],
  [RUN_RULES, ["bogus"], "INVALID_PARAMETER_VALUE", "Invalid attribute key 'bogus' specified. Valid keys are"],
  [RUN_RULES, ["foo.bar"], "INVALID_PARAMETER_VALUE", "Invalid entity type 'foo'."],
  [RUN_RULES, ["datasets.name"], "INVALID_PARAMETER_VALUE", "Invalid identifier type 'dataset'"],
  [
    RUN_RULES,
    ["attributes.start_time", "start_time desc"],
    "INTERNAL_ERROR",
    "`order_by` contains duplicate fields: ['attributes.start_time', 'start_time desc']",
  ],
  [
    RUN_RULES,
    Array.from({ length: 21 }, (_, index) => `metrics.m${index}`),
    "INVALID_PARAMETER_VALUE",
    "at most 20 clauses",
  ],
  [EXPERIMENT_RULES, ["tags.k"], "INVALID_PARAMETER_VALUE", "Invalid order_by entity: tag"],
  [REGISTERED_MODEL_RULES, ["creation_timestamp"], "INVALID_PARAMETER_VALUE", "'creation_timestamp'"],
])("%# is refused", (rules, clauses, code, message) => {
  const parse = () => parseOrderBy(clauses, rules);
  expect(parse).toThrow(EsteiraError);
  expect(parse).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
});

test("any text is an order or refused, and says so in MLflow's words", () => {
  const piece = fc.constantFrom(
    ...[
      "metrics",
      "params",
      "tags",
      "attributes",
      "start_time",
      "name",
      ".",
      "`",
      '"',
      "'",
      " ",
      ",",
      ";",
      "--",
      "(",
      ")",
    ],
    ...["ASC", "desc", "NULLS", "FIRST", "\\", "\0", "é", "\u2028", "1", "*"],
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 20 }).map((parts) => parts.join("")),
  );
  const rules = fc.constantFrom(RUN_RULES, EXPERIMENT_RULES, REGISTERED_MODEL_RULES, MODEL_VERSION_RULES);
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), rules, (clauses, rules) => {
      try {
        parseOrderBy(clauses, rules);
      } catch (error) {
        expect(error).toBeInstanceOf(EsteiraError);
        // MLflow's own for a field that comes twice.
        expect(["INVALID_PARAMETER_VALUE", "INTERNAL_ERROR"]).toContain((error as EsteiraError).code);
      }
    }),
    { numRuns: 2000 },
  );
});

test("an order that is written out and read again is the same order", () => {
  const key = fc.stringMatching(/^[a-z][a-z0-9_ ./:-]{0,12}$/);
  const ordering: fc.Arbitrary<Ordering> = fc.record({
    field: fc.record({ entity: fc.constantFrom("metric" as const, "param" as const, "tag" as const), key }),
    ascending: fc.boolean(),
  });
  const orders = fc.uniqueArray(ordering, { maxLength: 10, selector: ({ field }) => `${field.entity} ${field.key}` });
  fc.assert(
    fc.property(orders, (order) => {
      const clauses = order.map(
        ({ field, ascending }) => `${field.entity}.\`${field.key}\` ${ascending ? "ASC" : "DESC"}`,
      );
      expect(parseOrderBy(clauses, RUN_RULES)).toEqual(order);
    }),
  );
});
