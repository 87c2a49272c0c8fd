import { describe, expect, it } from "vitest";
import { clipped, extent, isNumber, moved, padded, positionIn, ticks, timeTicks, valueAt } from "./scale.ts";

const HUGE = 1.7976931348623157e308;

describe("ranges", () => {
  it("are of what can be shown alone", () => {
    expect(extent([Number.NaN, HUGE, -HUGE, 3, -2], false)).toEqual([-2, 3]);
    expect(extent([-2, 0, 3, 5], true)).toEqual([3, 5]);
    expect(extent([-2, 0], true)).toBeUndefined();
    expect(isNumber(HUGE)).toBe(false);
  });

  it("open around a single value, and never invert", () => {
    for (const value of [0, 5, -5, 1e-300, 1e300]) {
      const [low, high] = padded([value, value], false);
      expect(low < value && value < high, String(value)).toBe(true);
    }
    expect(padded([2, 2], true)).toEqual([2 / 3, 6]);
    const [low, high] = padded([-1e308, 1e308], false);
    expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
  });

  it("leave a far point out when they are clipped", () => {
    const values = [...Array.from({ length: 100 }, (_, at) => at), 1e6];
    expect(clipped(values, false)![1]).toBeLessThan(101);
    expect(clipped([], false)).toBeUndefined();
    expect(clipped([7], false)).toEqual([7, 7]);
  });

  it("move and zoom, and back again", () => {
    expect(moved([0, 10], 0.2, 1, 0.5, false)).toEqual([2, 12]);
    expect(moved([0, 10], 0, 0.5, 0.5, false)).toEqual([2.5, 7.5]);
    const [low, high] = moved(moved([1, 100], 0, 0.5, 0.3, true), 0, 2, 0.3, true);
    expect([low, high]).toEqual([expect.closeTo(1, 9), expect.closeTo(100, 9)]);
  });

  it("say where a value lies", () => {
    expect(positionIn([1, 100], 10, true)).toBeCloseTo(0.5);
    expect(valueAt([1, 100], 0.5, true)).toBeCloseTo(10);
    expect(positionIn([0, 4], 1, false)).toBe(0.25);
  });
});

describe("ticks", () => {
  it("are round and inside of the range", () => {
    expect(ticks([0, 1], 5, false)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks([0, 3], 10, false, 1)).toEqual([0, 1, 2, 3]);
    expect(ticks([-0.3, 0.3], 3, false)).toEqual([-0.2, 0, 0.2]);
    expect(ticks([5, 5], 4, false)).toEqual([5]);
  });

  it("are powers of ten on a log scale, and plain ones where it has less than one", () => {
    expect(ticks([0.001, 1000], 6, true)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(ticks([1, 10], 6, true)).toEqual([1, 2, 5, 10]);
    expect(ticks([2, 4], 4, true)).toEqual([2, 2.5, 3, 3.5, 4].filter((mark) => mark % 0.5 === 0));
    expect(ticks([1e-30, 1e30], 6, true).length).toBeLessThan(9);
  });

  it("are never more than a page can hold, whatever the range", () => {
    for (const range of [
      [0, HUGE / 2],
      [-1e-300, 1e-300],
      [1e15, 1e15 + 2],
      [0, 5e-324],
    ] as const)
      expect(ticks(range, 5, false).length, String(range)).toBeLessThan(14);
  });
});

describe("timeTicks", () => {
  it("are whole minutes, hours and days, of the clock on the wall", () => {
    expect(timeTicks([0, 4000], 6)).toEqual([0, 900, 1800, 2700, 3600]);
    expect(timeTicks([0, 0.5], 5)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(timeTicks([0, 2 * 86_400], 2, -3 * 3600)).toEqual([3 * 3600, 27 * 3600]);
    expect(timeTicks([0, 1e12], 5).length).toBeLessThan(12);
  });
});
