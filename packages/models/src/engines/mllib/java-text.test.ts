import { expect, it } from "vitest";
import { numberText } from "./java-text.ts";

it("writes numbers as Java does", () => {
  const doubles: [number, string][] = [
    [1, "1.0"],
    [-0, "-0.0"],
    [0.001, "0.001"],
    [0.00099, "9.9E-4"],
    [123456.789, "123456.789"],
    [9999999, "9999999.0"],
    [1e7, "1.0E7"],
    [1.25e-7, "1.25E-7"],
    [-12345678.5, "-1.23456785E7"],
    [Number.MAX_VALUE, "1.7976931348623157E308"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [Number.NaN, "NaN"],
  ];
  for (const [value, text] of doubles) expect(numberText(value, "double")).toBe(text);
  expect(numberText(Math.fround(0.1), "float")).toBe("0.1");
  expect(numberText(Math.fround(16777216), "float")).toBe("1.6777216E7");
  expect(numberText(2 ** 53, "long")).toBe("9007199254740992");
  expect(numberText(-5, "integer")).toBe("-5");
  expect(numberText(1, "boolean")).toBe("true");
});
