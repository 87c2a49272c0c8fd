import { expect, test } from "vitest";
import { EsteiraError } from "../errors.ts";
import { parseRunColumns, parseRunOrder } from "./run-terms.ts";

test("columns are names and aggregates, each once", () => {
  const columns = [
    "metrics.auc",
    "param.depth",
    "tags.`mlflow.user`",
    "metrics.auc",
    "run_id",
    "min(metrics.loss)",
    "AT(metric.`a b`, -3)",
  ];
  expect(parseRunColumns(columns)).toEqual({
    metrics: ["auc"],
    params: ["depth"],
    tags: ["mlflow.user"],
    aggregates: [
      { column: "min(metrics.loss)", aggregate: { kind: "min", key: "loss" } },
      { column: "AT(metric.`a b`, -3)", aggregate: { kind: "at", key: "a b", step: -3 } },
    ],
  });
});

test("an order may have aggregates and fields", () => {
  expect(parseRunOrder(["max(metrics.f1) desc", "start_time", "at(metrics.f1, 9007199254740993)"])).toEqual([
    { aggregate: { kind: "max", key: "f1" }, ascending: false },
    { field: { entity: "attribute", key: "start_time" }, ascending: true },
    { aggregate: { kind: "at", key: "f1", step: 9_007_199_254_740_993n }, ascending: true },
  ]);
  expect(parseRunOrder(undefined)).toEqual([]);
});

test.each([
  [["sum(metrics.f1)"], "Unknown aggregate 'sum'"],
  [["min(params.f1)"], "expected min(metrics.KEY)"],
  [["min(metrics.f1"], "expected min(metrics.KEY)"],
  [["min('x')"], "expected min(metrics.KEY)"],
  [["at(metrics.f1)"], "expected at(metrics.KEY, STEP)"],
  [["at(metrics.f1, 1.5)"], "expected at(metrics.KEY, STEP)"],
  [["at(metrics.f1, 9223372036854775808)"], "expected at(metrics.KEY, STEP)"],
  [["metrics.f1 metrics.f2"], "Invalid"],
  [["min(metrics.f1) UP"], "Invalid"],
  [["bogus"], "Invalid attribute key 'bogus'"],
  [["'"], "Invalid"],
  [["x".repeat(1001)], "at most 1000 characters"],
])("%s is refused", (terms, message) => {
  for (const read of [parseRunColumns, parseRunOrder]) {
    expect(() => read(terms)).toThrowError(EsteiraError);
    expect(() => read(terms)).toThrowError(message);
  }
});

test("too many terms, and the same order twice, are refused", () => {
  expect(() => parseRunColumns(Array.from({ length: 201 }, (_, at) => `metrics.m${at}`))).toThrow("at most 200");
  expect(() => parseRunOrder(Array.from({ length: 21 }, (_, at) => `metrics.m${at}`))).toThrow("at most 20");
  expect(() => parseRunOrder(["min(metrics.a)", "min(metrics.a) desc"])).toThrow("given twice");
});
