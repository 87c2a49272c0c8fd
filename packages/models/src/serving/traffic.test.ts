import { expect, it } from "vitest";
import type { LoadedModel } from "../flavors/flavor.ts";
import { createModelHolder } from "./model-holder.ts";
import { differenceOf } from "./shadow.ts";
import { placeOf, type Traffic, variantOf } from "./traffic.ts";

const model: LoadedModel = { config: { flavors: {} }, signature: undefined, predict: () => [] };
const traffic = (share: number): Traffic => ({
  primary: createModelHolder(model),
  canary: { holder: createModelHolder(model), share },
});
const keys = Array.from({ length: 20_000 }, (_, i) => `payer-${i}`);

it("gives a canary its share of the keys, always the same ones, and more when the share grows", () => {
  const taken = (share: number) => keys.filter((key) => variantOf(traffic(share), key, () => 0.999) === "canary");
  const few = taken(0.05);
  expect(few.length / keys.length).toBeCloseTo(0.05, 2);
  expect(taken(0.05)).toEqual(few);
  const many = new Set(taken(0.3));
  expect(few.every((key) => many.has(key))).toBe(true);
  expect(taken(0)).toHaveLength(0);
  expect(taken(1)).toHaveLength(keys.length);
});

it("lets chance decide without a key, and has one answer without a canary", () => {
  expect(variantOf(traffic(0.5), undefined, () => 0.49)).toBe("canary");
  expect(variantOf(traffic(0.5), undefined, () => 0.5)).toBe("primary");
  expect(variantOf({ primary: createModelHolder(model) }, "key", () => 0)).toBe("primary");
});

it("spreads keys evenly", () => {
  const tenths = new Array<number>(10).fill(0);
  for (const key of keys) tenths[Math.floor(placeOf(key) * 10)]!++;
  for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

it("measures how far two answers are apart", () => {
  expect(differenceOf(0.25, 0.5)).toBe(0.25);
  expect(differenceOf(Number.NaN, Number.NaN)).toBe(0);
  expect(differenceOf(Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY);
  expect(differenceOf([0.1, 0.9], [0.2, 0.8])).toBeCloseTo(0.1, 12);
  expect(differenceOf([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(differenceOf(1, undefined)).toBe(Number.POSITIVE_INFINITY);
});
