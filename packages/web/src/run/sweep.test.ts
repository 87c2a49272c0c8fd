import { expect, it } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import { sweepChartOf } from "./sweep.ts";

it("shows a sweep's trials by what was searched, and no other run so", () => {
  const params = { method: "tpe", metric: "auc", "space.depth": "int(2, 12)", "space.rate": "uniform(0, 1)" };
  expect(sweepChartOf(runOf("a", undefined, { params }))).toEqual({
    filter: "tags.`mlflow.parentRunId` = 'a'",
    axes: ["params.depth", "params.rate", "metrics.auc"],
    target: "metrics.auc",
  });
  expect(sweepChartOf(runOf("a", undefined, { params: { metric: "auc" } }))).toBeUndefined();
  expect(sweepChartOf(runOf("a", undefined, { params: { "space.depth": "int(2, 12)" } }))).toBeUndefined();
});
