import { expect, it } from "vitest";
import { comparedLines } from "./differences.ts";

it("compares every key of any run, an absent value being a difference and NaN being equal to NaN", () => {
  const lines = comparedLines([
    new Map([
      ["b", 1],
      ["nan", Number.NaN],
      ["same", 2],
    ]),
    new Map([
      ["a", 1],
      ["nan", Number.NaN],
      ["same", 2],
    ]),
  ]);
  expect(lines.map(({ key, differs }) => `${key} ${differs}`)).toEqual(["a true", "b true", "nan false", "same false"]);
  expect(lines[0]?.values).toEqual([undefined, 1]);
});
