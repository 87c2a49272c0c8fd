import { describe, expect, it } from "vitest";
import { prunedAt } from "./median-rule.ts";
import { type Method, type Seen, samplerOf } from "./sampler.ts";
import { parseDistribution, placeOf, type Space, valueAt } from "./space.ts";

const spaceOf = (given: Record<string, string>): Space =>
  new Map(Object.entries(given).map(([name, text]) => [name, parseDistribution(name, text)]));

const SPACE = spaceOf({
  rate: "loguniform(1e-5, 1)",
  depth: "int(1, 20)",
  share: "uniform(-1, 1)",
  kind: "choice(a, b, c, d)",
});

/** Least, 0, at one place of the space. */
const lossOf = (assignment: ReadonlyMap<string, string>): number =>
  (Math.log10(Number(assignment.get("rate"))) + 2) ** 2 +
  ((Number(assignment.get("depth")) - 6) / 5) ** 2 +
  4 * (Number(assignment.get("share")) - 0.3) ** 2 +
  (assignment.get("kind") === "c" ? 0 : 1);

function search(method: Method, seed: number, trials: number, atOnce = 1): number {
  const suggest = samplerOf(method, SPACE, seed);
  const seen: Seen[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < trials; trial += atOnce) {
    // Those that go at once know nothing of each other's result.
    const batch: Seen[] = [];
    for (let at = 0; at < atOnce; at++) {
      const assignment = suggest(trial + at, [...seen, ...batch]);
      if (assignment !== undefined) batch.push({ assignment, loss: undefined });
    }
    for (const { assignment } of batch) {
      const loss = lossOf(assignment);
      seen.push({ assignment, loss });
      best = Math.min(best, loss);
    }
  }
  return best;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

describe("the estimator", () => {
  it.each([1, 4])("finds more in as many trials than chance does, %i at once", (atOnce) => {
    const seeds = Array.from({ length: 60 }, (_, seed) => seed);
    const [tpe, random] = [
      seeds.map((seed) => search("tpe", seed, 60, atOnce)),
      seeds.map((seed) => search("random", seed, 60, atOnce)),
    ];
    const wins = seeds.filter((seed) => (tpe[seed] ?? 0) < (random[seed] ?? 0)).length;
    expect(median(tpe)).toBeLessThan(median(random) / 2);
    // By chance alone, more than 40 of 60 would be seen in 3 of 1000 cases.
    expect(wins).toBeGreaterThan(40);
  });

  it("suggests the same from the same trials, and stays in the space", () => {
    const suggest = samplerOf("tpe", SPACE, 3);
    const seen = Array.from({ length: 40 }, (_, trial): Seen => {
      const assignment = samplerOf("random", SPACE, 1)(trial, []) ?? new Map();
      return { assignment, loss: trial % 5 === 0 ? undefined : lossOf(assignment) };
    });
    for (let trial = 40; trial < 80; trial++) {
      const assignment = suggest(trial, seen);
      expect(suggest(trial, seen)).toEqual(assignment);
      for (const [name, distribution] of SPACE)
        expect(placeOf(distribution, assignment?.get(name) ?? "")).toBeDefined();
    }
  });
});

it("a grid is every combination once", () => {
  const suggest = samplerOf("grid", spaceOf({ kind: "choice(a, b)", depth: "int(2, 4)" }), 0);
  const all = Array.from({ length: 7 }, (_, trial) => suggest(trial, []));
  expect(all.map((one) => one && [...one.values()].join(""))).toEqual(["a2", "a3", "a4", "b2", "b3", "b4", undefined]);
  expect(() => samplerOf("grid", SPACE, 0)).toThrow("A grid takes choices and whole numbers: give 'rate' as choice");
});

it("chance is spread over the whole of the space", () => {
  const suggest = samplerOf("random", SPACE, 5);
  const values = Array.from({ length: 400 }, (_, trial) => suggest(trial, []));
  expect(new Set(values.map((one) => one?.get("depth"))).size).toBe(20);
  expect(new Set(values.map((one) => one?.get("kind"))).size).toBe(4);
  const below = values.filter((one) => Number(one?.get("rate")) < 10 ** -2.5).length;
  expect(below).toBeGreaterThan(150);
  expect(below).toBeLessThan(250);
});

describe("a distribution", () => {
  it.each([
    ["int(2, 5)", 0, "2"],
    ["int(2, 5)", 0.999, "5"],
    ["int(2, 5)", 1, "5"],
    ["logint(1, 1000)", 0, "1"],
    ["loguniform(1e-4, 1e-2)", 0.5, "0.001"],
    ["uniform(0, 3)", 1, "3"],
    ["choice(x, y)", 0.5, "y"],
  ])("%s at %s is %s, and knows its place", (text, place, value) => {
    const distribution = parseDistribution("p", text);
    expect(valueAt(distribution, place)).toBe(value);
    expect(valueAt(distribution, placeOf(distribution, value) ?? -1)).toBe(value);
  });

  it.each([
    ["unifrom(0, 1)", "did you mean 'uniform'"],
    ["0.5", "expected uniform(LOW, HIGH)"],
    ["uniform(1)", "expected two numbers"],
    ["uniform(2, 1)", "the lowest is not below the highest"],
    ["loguniform(0, 1)", "above zero"],
    ["int(0.5, 2)", "whole numbers"],
    ["choice(a,,b)", "empty value"],
    ["choice(a, a)", "twice"],
  ])("%s is refused", (text, expected) => {
    expect(() => parseDistribution("p", text)).toThrow(expected);
  });
});

describe("the median rule", () => {
  const at = (...losses: number[]) => losses.map((loss, step) => ({ step, loss }));
  const finished = [at(1, 1, 1), at(2, 2, 2), at(3, 3, 3), at(4, 4, 4)];
  it("gives up what is worse than the median so far, by the best that it reached", () => {
    expect(prunedAt(at(3, 2.6), finished, 0)).toBe(1);
    expect(prunedAt(at(2.4, 9), finished, 0)).toBeUndefined();
    expect(prunedAt(at(Number.NaN), finished, 0)).toBe(0);
  });
  it("lets go on while there is too little to judge by", () => {
    expect(prunedAt(at(9, 9), finished.slice(1), 0)).toBeUndefined();
    expect(prunedAt(at(9, 9), finished, 2)).toBeUndefined();
    expect(prunedAt([], finished, 0)).toBeUndefined();
    expect(
      prunedAt(
        [{ step: 0, loss: 9 }],
        finished.map((points) => points.slice(1)),
        0,
      ),
    ).toBeUndefined();
  });
});
