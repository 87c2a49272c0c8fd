import { expect, test } from "vitest";
import { EsteiraError } from "../errors.ts";
import { parseOrderBy } from "./order-by.ts";
import { EXPERIMENT_RULES, REGISTERED_MODEL_RULES, RUN_RULES, type SearchRules } from "./rules.ts";

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
