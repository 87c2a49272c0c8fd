import { expect, it } from "vitest";
import { nearest } from "./nearest.ts";

it.each([
  ["alhpa", "alpha"],
  ["Alpha", "alpha"],
  ["learning-rate", "learning_rate"],
  ["LR", "lr"],
  ["l1", undefined],
  ["beta", undefined],
])("%s was meant to be %s", (given, expected) => {
  expect(nearest(given, ["alpha", "learning_rate", "lr", "l2"])).toBe(expected);
});
