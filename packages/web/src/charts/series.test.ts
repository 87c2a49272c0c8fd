import { describe, expect, it } from "vitest";
import { aligned, hasPoints, ordered, summaryOf, undrawn } from "./series.ts";
import { smoothed } from "./smoothing.ts";

const LINEAR = { x: false, y: false };
const LOG = { x: false, y: true };
const lineOf = (...points: [x: number, y: number][]) => ({ x: points.map(([x]) => x), y: points.map(([, y]) => y) });

describe("ordered", () => {
  it("sorts by place, keeps the last of several at one place, and leaves out what has none", () => {
    expect(ordered([2, 0, Number.NaN, 2], [20, 1, 5, 21])).toEqual({ x: [0, 2], y: [1, 21] });
    expect(ordered([], [])).toEqual({ x: [], y: [] });
  });
});

describe("aligned", () => {
  it("joins lines over one axis, gaps as null", () => {
    const data = aligned([lineOf([0, 1], [2, 21]), lineOf([1, 5])], LINEAR);
    expect(data).toEqual({
      x: [0, 1, 2],
      values: [
        [1, null, 21],
        [null, 5, null],
      ],
    });
  });

  it("draws neither NaN nor infinities, and on log scales only positives", () => {
    const line = lineOf([0, Number.NaN], [1, 1.7976931348623157e308], [2, 0], [3, -1], [4, 2]);
    expect(aligned([line], LINEAR).values[0]).toEqual([null, null, 0, -1, 2]);
    expect(aligned([line], LOG).values[0]).toEqual([null, null, null, null, 2]);
    expect(aligned([line], { x: true, y: false }).x).toEqual([1, 2, 3, 4]);
    expect(hasPoints(aligned([lineOf([0, -1])], LOG))).toBe(false);
    expect(undrawn([line], LOG)).toEqual({ nan: 1, infinite: 1, notPositive: 2 });
    expect(summaryOf(line.y)).toEqual({ points: 3, first: 0, last: 2, least: -1, greatest: 2 });
    expect(summaryOf([Number.NaN])).toMatchObject({ points: 0, first: undefined, least: undefined });
  });

  it("takes 10 lines of 10,000 points without overflowing a stack", () => {
    const long = lineOf(...Array.from({ length: 10_000 }, (_, step): [number, number] => [step, step]));
    const lines = Array.from({ length: 10 }, () => long);
    expect(aligned(lines, LINEAR).x).toHaveLength(10_000);
  });
});

describe("smoothed", () => {
  it("starts at the first value, keeps a constant and skips gaps", () => {
    expect(smoothed([3, 3, null, 3], 0.5)).toEqual([3, 3, null, 3]);
    expect(smoothed([0, 1], 0.5)).toEqual([0, 1 / 1.5]);
    expect(smoothed([1, null, 2], 0)).toEqual([1, null, 2]);
  });
});
