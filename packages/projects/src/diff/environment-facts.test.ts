import { expect, it } from "vitest";
import { environmentOf } from "./environment-facts.ts";

it("says what a run ran with, and not where that came from", () => {
  const environment = JSON.stringify({
    ...{ node: "v20.20.0", git: { commit: "c", dirty: true } },
    xgboost: { version: "3.2.0", sha256: "ab", source: "download" },
  });
  const tags = [
    { key: "esteira.python", value: "3.11.7" },
    { key: "esteira.project.image.base", value: "sha256:1" },
    { key: "mlflow.user", value: "ana" },
  ];
  const packages = "numpy==2.0\nzod==4.0.0\nzod==3.0.0\n";
  expect([...environmentOf(tags, { environment, packages, requirements: "numpy==1.0" })]).toEqual([
    ["node", "v20.20.0"],
    ["xgboost.version", "3.2.0"],
    ["xgboost.sha256", "ab"],
    ["python", "3.11.7"],
    ["image.base", "sha256:1"],
    ["package numpy", "2.0"],
    ["package zod", "4.0.0, 3.0.0"],
  ]);
  expect(environmentOf([], { environment: "{", packages: undefined, requirements: undefined }).size).toBe(0);
});
