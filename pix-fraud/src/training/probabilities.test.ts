import { correctOdds, correctPrior } from "@esteira/models/evaluation/prior-correction";
import { expect, test } from "vitest";
import { oddsFactor } from "./probabilities.ts";

test("the factor on the odds is the prior correction", () => {
  for (const p of [0, 1e-4, 0.02, 0.5, 0.97, 1]) {
    expect(correctOdds(p, oddsFactor(0.006, 0.012))).toBeCloseTo(correctPrior(p, 0.006, 0.006 * 0.012), 14);
  }
});

test("a weight of positives is undone by its inverse", () => {
  const truth = 0.01;
  const weighted = (truth * 5) / (truth * 5 + (1 - truth));
  expect(correctOdds(weighted, 1 / 5)).toBeCloseTo(truth, 15);
});
