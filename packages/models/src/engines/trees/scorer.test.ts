import { EsteiraError } from "@esteira/core/errors";
import { describe, expect, it } from "vitest";
import { firstRounds, roundCount } from "./ensemble.ts";
import { expectedOf, FIXTURES, flatFloats, modelBytes } from "./fixtures/fixture.ts";
import { parseXgboost } from "./parse-xgboost.ts";
import { createScorer } from "./scorer.ts";

/** A last bit of exp is all that may differ between C libraries. */
const ONE_BIT = 6e-8;

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((most, one) => Math.max(most, one), 0);

describe.each(FIXTURES)("%s", (name) => {
  const expected = expectedOf(name);
  const scorer = createScorer(parseXgboost(modelBytes(`${name}.ubj`)));
  const { numFeatures, treeCount } = scorer.ensemble;
  const matrix = flatFloats(expected.rows);
  const rows = expected.rows.length;

  it("gives the margins of libxgboost to the bit", () => {
    expect(scorer.ensemble.objective).toBe(expected.objective);
    expect(scorer.margins(matrix, rows)).toEqual(flatFloats(expected.margin));
  });

  it("gives its answers and leaves", () => {
    const answers = scorer.predict(matrix, rows);
    const theirs = flatFloats(expected.output);
    expect(answers).toHaveLength(theirs.length);
    expect(farthest(answers, theirs)).toBeLessThanOrEqual(ONE_BIT * Math.max(1, ...theirs));
    expect(Float32Array.from(scorer.leaves(matrix, rows))).toEqual(flatFloats(expected.leaves));
    expect(scorer.leaves(matrix, rows)).toHaveLength(rows * treeCount);
  });

  it("gives a block of rows the margins that it gives each row", () => {
    const copies = 17;
    const many = new Float32Array(copies * matrix.length);
    for (let copy = 0; copy < copies; copy++) many.set(matrix, copy * matrix.length);
    const together = scorer.margins(many, copies * rows);
    const apart = scorer.margins(matrix, rows);
    for (let copy = 0; copy < copies; copy++)
      expect(together.slice(copy * apart.length, (copy + 1) * apart.length)).toEqual(apart);
    if (scorer.groups > 1) return;
    const oneByOne = Array.from({ length: rows }, (_, row) =>
      scorer.margin(matrix.subarray(row * numFeatures, (row + 1) * numFeatures)),
    );
    expect(Float32Array.from(oneByOne)).toEqual(apart);
  });
});

describe("createScorer", () => {
  const binary = parseXgboost(modelBytes("binary.ubj"));

  it("reads the same model from JSON", () => {
    const fromJson = parseXgboost(modelBytes("binary.json"));
    expect(fromJson).toEqual(binary);
  });

  it("scores the first rounds alone", () => {
    expect(roundCount(binary)).toBe(8);
    const row = flatFloats(expectedOf("binary").rows.slice(0, 1));
    const three = createScorer(firstRounds(binary, 3));
    const whole = createScorer(binary);
    expect(three.margin(row)).not.toBe(whole.margin(row));
    expect(createScorer(firstRounds(binary, 99)).margin(row)).toBe(whole.margin(row));
    const forest = parseXgboost(modelBytes("forest.ubj"));
    expect(firstRounds(forest, 1).treeCount).toBe(5);
  });

  it("scores rows of very many features without reserving blocks of them", () => {
    const wide = { ...binary, numFeatures: 2_000_000, featureNames: [] };
    const scorer = createScorer(wide);
    const row = new Float32Array(wide.numFeatures);
    expect(scorer.margin(row)).toBe(createScorer(binary).margin(new Float32Array(6)));
  });

  it("refuses rows and matrices of another size", () => {
    const scorer = createScorer(binary);
    expect(() => scorer.margin(new Float32Array(5))).toThrow("A row has 6 values, not 5");
    expect(() => scorer.margins(new Float32Array(11), 2)).toThrow("A matrix of 2 rows needs 12 values");
    expect(() => scorer.margins(new Float32Array(12), 2, new Float32Array(1))).toThrow(EsteiraError);
  });

  it("refuses what a model does not have", () => {
    const multiclass = createScorer(parseXgboost(modelBytes("multiclass.ubj")));
    expect(() => multiclass.margin(new Float32Array(6))).toThrow("3 outputs");
    const poisson = createScorer(parseXgboost(modelBytes("poisson.ubj")));
    expect(() => poisson.probability(new Float32Array(6))).toThrow("no probability");
  });

  it("takes both zeros for one value and infinities for numbers", () => {
    const scorer = createScorer(binary);
    expect(scorer.margin(new Float32Array(6).fill(-0))).toBe(scorer.margin(new Float32Array(6)));
    const high = scorer.margin(new Float32Array(6).fill(Number.POSITIVE_INFINITY));
    expect(high).toBe(scorer.margin(new Float32Array(6).fill(3e38)));
    const low = scorer.margin(new Float32Array(6).fill(Number.NEGATIVE_INFINITY));
    expect(low).toBe(scorer.margin(new Float32Array(6).fill(-3e38)));
  });
});
