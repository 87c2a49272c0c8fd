import { describe, expect, it } from "vitest";
import { CategoryWindow, categoryCounts } from "./category-window.ts";

describe("categories counted", () => {
  it("by code or word, what is absent apart, and windows add up", () => {
    const whole = new CategoryWindow().add([3, "app", null, 0, Number.NaN, 3, 900, -1, 0.5, undefined, "app"]);
    expect([...whole.counts].sort()).toEqual(
      [
        [0, 1],
        [3, 2],
        [900, 1],
        [-1, 1],
        [0.5, 1],
        ["app", 2],
      ].sort(),
    );
    expect(whole).toMatchObject({ missing: 3, count: 8, missingShare: 3 / 11 });
    const parts = new CategoryWindow().add([3, "app", null, 0, Number.NaN]);
    parts.merge(
      structuredClone({ counts: new CategoryWindow().add([3, 900, -1, 0.5, undefined, "app"]).counts, missing: 1 }),
    );
    expect(parts.counts).toEqual(whole.counts);
    expect(parts.missing).toBe(3);
  });

  it("stand in order, numbers before words", () => {
    const [before, now] = [new CategoryWindow().add(["b", 10, 2]), new CategoryWindow().add(["a", 2])];
    expect(categoryCounts(before, now)).toEqual({ reference: [1, 1, 0, 1], current: [1, 0, 1, 0] });
  });
});
