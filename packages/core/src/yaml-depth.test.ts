import { describe, expect, test } from "vitest";
import { nestsTooDeep } from "./yaml-depth.ts";

const block = (levels: number): string =>
  Array.from({ length: levels }, (_, level) => `${" ".repeat(level)}k:`).join("\n");

describe("nestsTooDeep", () => {
  test.each([
    ["lists in lists", "x: ".concat("[".repeat(5000))],
    ["mappings in mappings", "{a: ".repeat(5000)],
    ["lists of one item on one line", `${"- ".repeat(5000)}x`],
    ["keys of keys", `${"? ".repeat(5000)}x`],
    ["mappings by indentation", block(5000)],
    ["brackets over many lines", "[\n".repeat(5000)],
    ["line ends of Windows", block(5000).replaceAll("\n", "\r\n")],
  ])("%s", (_, text) => {
    expect(nestsTooDeep(text)).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["many lists, one after the other", "- [1, [2]]\n".repeat(5000)],
    ["a signature as JSON", `inputs: '${JSON.stringify([{ type: { properties: { a: { type: "long" } } } }])}'`],
    ["a long line of dashes", "-".repeat(5000)],
    ["a hundred levels", block(100)],
    ["closing brackets without open ones", "]".repeat(5000)],
  ])("not %s", (_, text) => {
    expect(nestsTooDeep(text)).toBe(false);
  });
});
