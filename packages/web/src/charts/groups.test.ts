import { describe, expect, it } from "vitest";
import { groupCurve, grouped, interpolated } from "./groups.ts";
import { deviation, pearson, quantile, ranks, spearman } from "./statistics.ts";

describe("groupCurve", () => {
  const a = { x: [0, 2], y: [0, 2] };
  const b = { x: [0, 1, 2], y: [2, 2, 4] };
  it("is the mean of its curves, between points in proportion, with the least and the greatest around it", () => {
    expect(groupCurve([a, b], "range")).toEqual({
      x: [0, 1, 2],
      y: [1, 1.5, 3],
      band: { low: [0, 1, 2], high: [2, 2, 4] },
    });
  });

  it("has a band of one standard deviation", () => {
    const { band } = groupCurve([a, b], "deviation");
    expect(band?.low[0]).toBeCloseTo(1 - Math.SQRT2, 12);
    expect(groupCurve([a, b], "none").band).toBeUndefined();
  });

  it("counts a curve only where it has points, and passes over what is no number", () => {
    const short = { x: [0, 1], y: [10, Number.NaN] };
    const { x, y } = groupCurve([a, short], "range");
    expect({ x, y }).toEqual({ x: [0, 2], y: [5, 2] });
    expect(groupCurve([{ x: [0], y: [Number.NaN] }], "range")).toEqual({ x: [], y: [], band: { low: [], high: [] } });
  });

  it("is computed at no more places than can be seen", () => {
    const long = { x: Array.from({ length: 5000 }, (_, at) => at), y: Array.from({ length: 5000 }, () => 1) };
    const curve = groupCurve([long], "range");
    expect([curve.x.length, curve.x[0], curve.x.at(-1)]).toEqual([400, 0, 4999]);
  });

  it("finds values between points", () => {
    expect([-1, 0, 1.5, 2, 3].map((place) => interpolated(b, place))).toEqual([undefined, 2, 3, 4, undefined]);
    expect([...grouped([1, 2, 3], (n) => (n % 2 ? "odd" : "even")).entries()]).toEqual([
      ["odd", [1, 3]],
      ["even", [2]],
    ]);
  });
});

// Reference values: scipy 1.17 stats.spearmanr, pearsonr, rankdata; numpy std(ddof=1), quantile.
describe("statistics", () => {
  const x = [1, 2, 2, 4, 9];
  const y = [5, 1, 4, 8, 7];
  it("agree with scipy and numpy", () => {
    expect(ranks(x)).toEqual([1, 2.5, 2.5, 4, 5]);
    expect(spearman(x, y)).toBeCloseTo(0.5642880936468347, 12);
    expect(pearson(x, y)).toBeCloseTo(0.5688801239885743, 12);
    expect(deviation(x)).toBeCloseTo(3.209361307176242, 12);
    expect(quantile([1, 2, 4, 9], 0.9)).toBeCloseTo(7.5, 12);
  });

  it("have no correlation with what does not vary", () => {
    expect(pearson([1, 1], [1, 2])).toBeUndefined();
    expect(spearman([], [])).toBeUndefined();
    expect(deviation([3])).toBe(0);
  });
});
