import { expect, it } from "vitest";
import { HEAD_HEIGHT, ROW_HEIGHT, rowWindow, scrolledTo } from "./row-window.ts";

const HEIGHT = 640;

it("has every row that is seen, and a screen's part beyond, wherever it is scrolled", () => {
  for (const count of [0, 1, 19, 20, 21, 100, 100_000]) {
    for (
      let scrollTop = 0;
      scrollTop <= Math.max(0, count * ROW_HEIGHT - HEIGHT);
      scrollTop += count > 1000 ? 9973 : 17
    ) {
      const { from, to } = rowWindow(scrollTop, HEIGHT, count);
      expect(from).toBeLessThanOrEqual(Math.floor(scrollTop / ROW_HEIGHT));
      expect(to).toBeGreaterThanOrEqual(Math.min(count, Math.ceil((scrollTop + HEIGHT) / ROW_HEIGHT)));
      expect(from >= 0 && to <= count && to - from < 60).toBe(true);
    }
  }
});

it("stays the same while a few rows go by, and ends with the table", () => {
  expect(rowWindow(8 * ROW_HEIGHT, HEIGHT, 1000)).toEqual(rowWindow(15 * ROW_HEIGHT + 31, HEIGHT, 1000));
  // A filter has left fewer rows than the table was scrolled by.
  const { from, to } = rowWindow(50_000, HEIGHT, 30);
  expect({ from: from < 10, to }).toEqual({ from: true, to: 30 });
});

it("scrolls no further than a row needs to be seen below the heads", () => {
  expect(scrolledTo(10, 0, HEIGHT)).toBe(0);
  expect(scrolledTo(10, 3200, HEIGHT)).toBe(320);
  expect(scrolledTo(100, 0, HEIGHT)).toBe(101 * ROW_HEIGHT + HEAD_HEIGHT - HEIGHT);
});
