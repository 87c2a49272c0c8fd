import { describe, expect, it } from "vitest";
import type { TreeEnsemble } from "./ensemble.ts";
import { expectedOf, FIXTURES, flatFloats, modelBytes } from "./fixtures/fixture.ts";
import { parseXgboost } from "./parse-xgboost.ts";
import { createScorer } from "./scorer.ts";
import { createExplainer, gaussRule } from "./shap.ts";

describe.each(FIXTURES)("contributions of %s", (name) => {
  const expected = expectedOf(name);
  const ensemble = parseXgboost(modelBytes(`${name}.ubj`));
  const explainer = createExplainer(ensemble);
  const rows = expected.rows.map((row) => flatFloats(row));

  it("are those of libxgboost within 1e-5", () => {
    rows.forEach((row, i) => {
      const theirs = flatFloats([expected.contributions[i]]);
      const ours = explainer.contributions(row);
      expect(ours).toHaveLength(theirs.length);
      ours.forEach((value, k) => {
        expect(Math.abs(value - theirs[k]!)).toBeLessThan(1e-5);
      });
    });
  });

  it("sum to the margin", () => {
    const width = ensemble.numFeatures + 1;
    for (const row of rows) {
      const ours = explainer.contributions(row);
      createScorer(ensemble)
        .margins(row, 1)
        .forEach((margin, group) => {
          const sum = ours.subarray(group * width, (group + 1) * width).reduce((all, one) => all + one, 0);
          expect(Math.abs(sum - margin)).toBeLessThan(1e-5);
        });
    }
  });
});

describe("createExplainer", () => {
  it("gives a split that no training row reached no say", () => {
    const nothing: TreeEnsemble = {
      ...parseXgboost(modelBytes("binary.ubj")),
      cover: new Float32Array(parseXgboost(modelBytes("binary.ubj")).cover.length),
    };
    const out = createExplainer(nothing).contributions(new Float32Array(6));
    expect(Array.from(out).every(Number.isFinite)).toBe(true);
  });

  it("refuses a row of another size", () => {
    const explainer = createExplainer(parseXgboost(modelBytes("binary.ubj")));
    expect(() => explainer.contributions(new Float32Array(7))).toThrow("A row has 6 values, not 7");
  });
});

describe("gaussRule", () => {
  it.each([1, 2, 4, 8, 16, 32])("of %i points is exact up to its degree", (size) => {
    const { points, weights } = gaussRule(size);
    for (const degree of [0, 1, size, 2 * size - 1]) {
      const integral = points.reduce((sum, point, i) => sum + weights[i]! * point ** degree, 0);
      expect(Math.abs(integral - 1 / (degree + 1))).toBeLessThan(1e-13);
    }
  });
});
