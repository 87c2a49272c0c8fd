import { expect, test } from "vitest";
import { metricLines, pairLines, pairOf, pickedAfter, signatureMap } from "./version-lines.ts";

test("lines tell what differs and what one of the two lacks", () => {
  const lines = pairLines(
    new Map([
      ["depth", "3"],
      ["seed", "1"],
    ]),
    new Map([
      ["seed", "1"],
      ["rate", "0.1"],
    ]),
  );
  expect(lines).toEqual([
    { key: "depth", a: "3", b: undefined, differs: true },
    { key: "rate", a: undefined, b: "0.1", differs: true },
    { key: "seed", a: "1", b: "1", differs: false },
  ]);
});

test("a signature's types and what may be absent are compared", () => {
  const field = (name: string, type: string, required?: boolean) => ({
    name,
    type,
    ...(required === undefined ? {} : { required }),
  });
  const map = signatureMap({
    inputs: [field("amount", "double"), field("hour", "long", false)],
    outputs: [],
    params: [],
  });
  expect([...map]).toEqual([
    ["inputs · amount", "double"],
    ["inputs · hour", "long?"],
  ]);
  expect(signatureMap(undefined).size).toBe(0);
});

test("two are picked, a third replaces the first", () => {
  expect(pickedAfter(["1", "2"], "3")).toEqual(["2", "3"]);
  expect(pickedAfter(["1", "2"], "1")).toEqual(["2"]);
  expect(pairOf(["10", "9"])).toEqual(["9", "10"]);
  expect(pairOf(["1"])).toBeUndefined();
});

test("metrics differ by a number where both have one", () => {
  const metric = (key: string, value: number) => ({ key, value, step: 0, timestamp: 0 });
  const lines = metricLines(
    [metric("auc", 0.5), metric("nan", Number.NaN)],
    [metric("auc", 0.75), metric("nan", Number.NaN), metric("new", 1)],
  );
  expect(lines.map(({ key, difference, differs }) => [key, difference, differs])).toEqual([
    ["auc", 0.25, true],
    ["nan", undefined, false],
    ["new", undefined, true],
  ]);
});
