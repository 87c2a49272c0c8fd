import { describe, expect, it } from "vitest";
import { aligned, hasPoints, type Line } from "./series.ts";
import { smoothed } from "./smoothing.ts";

const lineOf = (...points: [step: number, value: number][]): Line => ({
  label: "run",
  color: "#000000",
  points: points.map(([step, value]) => ({ key: "m", step, value, timestamp: 0 })),
});

describe("aligned", () => {
  it("joins lines over one axis, gaps as null, the last of several values at a step", () => {
    const data = aligned([lineOf([2, 20], [0, 1], [2, 21]), lineOf([1, 5])], false);
    expect(data).toEqual({
      steps: [0, 1, 2],
      values: [
        [1, null, 21],
        [null, 5, null],
      ],
    });
  });

  it("draws neither NaN nor infinities, and on a log scale only positives", () => {
    const line = lineOf([0, Number.NaN], [1, 1.7976931348623157e308], [2, 0], [3, -1], [4, 2]);
    expect(aligned([line], false).values[0]).toEqual([null, null, 0, -1, 2]);
    expect(aligned([line], true).values[0]).toEqual([null, null, null, null, 2]);
    expect(hasPoints(aligned([lineOf([0, -1])], true))).toBe(false);
  });

  it("takes 10 lines of 10,000 points without overflowing a stack", () => {
    const long = lineOf(...Array.from({ length: 10_000 }, (_, step): [number, number] => [step, step]));
    expect(
      aligned(
        Array.from({ length: 10 }, () => long),
        false,
      ).steps,
    ).toHaveLength(10_000);
  });
});

describe("smoothed", () => {
  it("starts at the first value, keeps a constant and skips gaps", () => {
    expect(smoothed([3, 3, null, 3], 0.5)).toEqual([3, 3, null, 3]);
    expect(smoothed([0, 1], 0.5)).toEqual([0, 1 / 1.5]);
    expect(smoothed([1, null, 2], 0)).toEqual([1, null, 2]);
  });
});
