import { expect, it } from "vitest";
import { deltaOf } from "./delta.ts";

it("measures against the baseline's size, and only where both are numbers", () => {
  expect(deltaOf(3, 2)).toEqual({ difference: 1, share: 0.5 });
  expect(deltaOf(-3, -2)).toEqual({ difference: -1, share: -0.5 });
  expect(deltaOf(1, 0)).toEqual({ difference: 1, share: undefined });
  for (const odd of [Number.NaN, 1.7976931348623157e308, undefined]) {
    expect(deltaOf(odd, 1)).toBeUndefined();
    expect(deltaOf(1, odd)).toBeUndefined();
  }
});
