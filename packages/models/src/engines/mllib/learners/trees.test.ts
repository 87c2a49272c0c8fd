import { describe, expect, it } from "vitest";
import type { Field } from "../fields.ts";
import { buildTrees, findLeaf } from "./trees.ts";

const node = (id: number, left: number, right: number, split: object | null = null, prediction = id): Field => ({
  where: `node ${id}`,
  value: { id, prediction, impurityStats: [1, id], leftChild: left, rightChild: right, split },
});
const numeric = (featureIndex: number, threshold: number) => ({
  featureIndex,
  leftCategoriesOrThreshold: [threshold],
  numCategories: -1,
});
const categorical = (featureIndex: number, lefts: number[], numCategories: number) => ({
  featureIndex,
  leftCategoriesOrThreshold: lefts,
  numCategories,
});

describe("buildTrees", () => {
  it("takes nodes in any order, and sends equal values left and missing ones right", () => {
    const trees = buildTrees([[node(2, -1, -1), node(0, 1, 2, numeric(0, 5)), node(1, -1, -1)]], 1);
    const leafOf = (value: number) => trees.prediction[findLeaf(trees, 0, Float64Array.of(value), 0)];
    expect(leafOf(5)).toBe(1);
    expect(leafOf(5.0000001)).toBe(2);
    expect(leafOf(Number.NaN)).toBe(2);
    expect(leafOf(Number.NEGATIVE_INFINITY)).toBe(1);
  });

  it("sends a category of neither side to the side that is not listed", () => {
    const ask = (lefts: number[], count: number, value: number) => {
      const trees = buildTrees([[node(0, 1, 2, categorical(0, lefts, count)), node(1, -1, -1), node(2, -1, -1)]], 1);
      return trees.prediction[findLeaf(trees, 0, Float64Array.of(value), 0)];
    };
    expect([0, 1, 2, 3, 7, Number.NaN].map((value) => ask([1], 4, value))).toEqual([2, 1, 2, 2, 2, 2]);
    expect([0, 1, 2, 3, 7, Number.NaN].map((value) => ask([0, 1, 3], 4, value))).toEqual([1, 1, 2, 1, 1, 1]);
  });

  it("refuses circles, lost nodes and features that are not there", () => {
    const leaf = node(1, -1, -1);
    expect(() => buildTrees([[node(0, 1, 0, numeric(0, 1)), leaf]], 1)).toThrow("have no node 0");
    expect(() => buildTrees([[node(0, 1, 9, numeric(0, 1)), leaf]], 1)).toThrow("have no node 9");
    expect(() => buildTrees([[node(0, -1, -1), leaf]], 1)).toThrow("nodes that no other leads to");
    expect(() => buildTrees([[node(0, 1, 2, numeric(3, 1)), leaf, node(2, -1, -1)]], 2)).toThrow(
      "featureIndex must be",
    );
    expect(() => buildTrees([[node(0, 1, 2, numeric(0, Number.NaN)), leaf, node(2, -1, -1)]], 2)).toThrow(
      "one threshold",
    );
  });
});
