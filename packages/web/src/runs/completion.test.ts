import { expect, it } from "vitest";
import { completed, completionAt } from "./completion.ts";
import { faultPlace, nameOf, quoted } from "./filter-words.ts";

const known = {
  names: ["metrics.auc_pr", "metrics.`valid/auc`", "params.model", "tags.typology", "attributes.status"],
  valuesOf: (column: string) => (column === "params.model" ? ["xgboost", "o'hara"] : []),
};
const at = (text: string) => {
  const caret = text.indexOf("|");
  const { expects, options, column } = completionAt(text.replace("|", ""), caret, known);
  return { expects, options, column };
};

it.each([
  ["|", "name", "metrics.auc_pr"],
  ["auc|", "name", "metrics.auc_pr"],
  ["valid|", "name", "metrics.`valid/auc`"],
  ["params.model |", "operator", "="],
  ["metrics.auc_pr >= |", "value", undefined],
  ["metrics.auc_pr > 1 |", "join", "and"],
  ["metrics.auc_pr > 1 and (mod|", "name", "params.model"],
  ["metrics.auc_pr between 1 and |", "value", undefined],
  ["metrics.auc_pr between 1 and 2 |", "join", "and"],
  ["metrics.`valid/auc` is not null or sta|", "name", "attributes.status"],
  ["params.model in ('a', |", "value", "'xgboost'"],
  ["params.model = 'x|", "value", "'xgboost'"],
  ['not params.model = "o|', "value", '"o\'hara"'],
])("reads %s", (text, expects, first) => {
  const found = at(text);
  expect([found.expects, found.options[0]]).toEqual([expects, first]);
});

it("puts an option in place of what was typed", () => {
  const text = "mod = 'x' and typ";
  expect(completed(text, completionAt(text, 3, known), "params.model")).toEqual({
    text: "params.model = 'x' and typ",
    caret: 13,
  });
  expect(completed(text, completionAt(text, text.length, known), "tags.typology").text).toBe(
    "mod = 'x' and tags.typology ",
  );
});

it("writes keys and values as the language wants them, and finds the place of a fault", () => {
  expect([nameOf("metrics", "auc"), nameOf("metrics", "valid/auc")]).toEqual(["metrics.auc", "metrics.`valid/auc`"]);
  expect([quoted("a"), quoted("o'hara")]).toEqual(["'a'", '"o\'hara"']);
  expect(faultPlace("Wrong (position 5)", "abc def ghi")).toEqual({ from: 4, to: 7 });
  expect(faultPlace("Wrong", "abc")).toBeUndefined();
});
