import { expect, test } from "vitest";
import { type SearchSpace, sampleTrials } from "./search.ts";

const SPACE: SearchSpace = {
  max_depth: { kind: "integer", min: 3, max: 8 },
  learning_rate: { kind: "log-uniform", min: 0.01, max: 0.3 },
  subsample: { kind: "uniform", min: 0.5, max: 1 },
  grow_policy: { kind: "choice", values: ["depthwise", "lossguide"] },
};

test("one seed gives one list of trials, a longer list begins with the shorter", () => {
  const trials = sampleTrials(SPACE, 20, 7);
  expect(sampleTrials(SPACE, 20, 7)).toEqual(trials);
  expect(sampleTrials(SPACE, 5, 7)).toEqual(trials.slice(0, 5));
  expect(sampleTrials(SPACE, 20, 8)).not.toEqual(trials);
});

test("these are the trials of seed 7, on every machine", () => {
  expect(sampleTrials(SPACE, 3, 7)).toMatchInlineSnapshot(`
    [
      {
        "grow_policy": "depthwise",
        "learning_rate": 0.04639,
        "max_depth": 3,
        "subsample": 0.9563,
      },
      {
        "grow_policy": "depthwise",
        "learning_rate": 0.05435,
        "max_depth": 6,
        "subsample": 0.587,
      },
      {
        "grow_policy": "lossguide",
        "learning_rate": 0.02605,
        "max_depth": 8,
        "subsample": 0.8413,
      },
    ]
  `);
});

test("draws stay inside their bounds and reach all of them", () => {
  const trials = sampleTrials(SPACE, 2_000, 1);
  const of = (name: string): number[] => trials.map((trial) => Number(trial[name]));
  expect([...new Set(of("max_depth"))].sort()).toEqual([3, 4, 5, 6, 7, 8]);
  expect(Math.min(...of("learning_rate"))).toBeGreaterThanOrEqual(0.01);
  expect(Math.max(...of("learning_rate"))).toBeLessThanOrEqual(0.3);
  // Even over orders of magnitude: half of the draws are below the geometric mean.
  const below = of("learning_rate").filter((rate) => rate < Math.sqrt(0.01 * 0.3)).length;
  expect(Math.abs(below - 1_000)).toBeLessThan(100);
  expect(new Set(trials.map((trial) => trial.grow_policy))).toEqual(new Set(["depthwise", "lossguide"]));
});

test("a dimension's draws do not depend on the others", () => {
  const { max_depth, ...others } = SPACE;
  const rates = (space: SearchSpace) => sampleTrials(space, 10, 3).map((trial) => trial.learning_rate);
  expect(rates(others)).toEqual(rates(SPACE));
  expect(max_depth).toBeDefined();
});

test("no trial comes twice, and a small space ends early", () => {
  const space: SearchSpace = { a: { kind: "choice", values: [1, 2, 3] }, b: { kind: "integer", min: 0, max: 9 } };
  const trials = sampleTrials(space, 100, 1);
  expect(trials).toHaveLength(30);
  expect(new Set(trials.map((trial) => JSON.stringify(trial)))).toHaveProperty("size", 30);
});

test.each<[string, SearchSpace, number, number]>([
  ["needs at least one dimension", {}, 1, 1],
  ["dimension a has no values", { a: { kind: "choice", values: [] } }, 1, 1],
  ["dimension a needs min <= max", { a: { kind: "uniform", min: 2, max: 1 } }, 1, 1],
  ["dimension a needs a min above 0", { a: { kind: "log-uniform", min: 0, max: 1 } }, 1, 1],
  ["dimension a needs whole bounds", { a: { kind: "integer", min: 0.5, max: 1 } }, 1, 1],
  ["a whole number of trials", SPACE, 1.5, 1],
  ["seed of a search must be a whole number", SPACE, 1, 0.5],
])("%s", (sentence, space, count, seed) => {
  expect(() => sampleTrials(space, count, seed)).toThrow(sentence);
});
