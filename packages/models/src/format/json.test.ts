import { EsteiraError } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "./json.ts";

describe("parseJson", () => {
  it("reads Python's tokens for what is not finite, outside of text only", () => {
    expect(parseJson('{"a": [NaN, Infinity, -Infinity, "NaN"], "b": 1e2}', "x")).toEqual({
      a: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, "NaN"],
      b: 100,
    });
    expect(Object.keys(parseJson('{"__proto__": NaN}', "x") as object)).toEqual(["__proto__"]);
  });

  it.each(["[NaN", '{"a" NaN}', "[NaN,]", "[NaN] x", '["\\q", NaN]', "[01, NaN]", "NaN NaN", "[nan]", "[-NaN]", ""])(
    "refuses %j",
    (text) => {
      expect(() => parseJson(text, "The body")).toThrow(/^The body is not valid JSON/);
    },
  );

  it("does not run out of stack", () => {
    const deep = `${"[".repeat(100_000)}NaN`;
    expect(() => parseJson(deep, "x")).toThrow(EsteiraError);
  });

  it("reads back what pythonJson writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        // Negative zero has two spellings in Python and one in JSON text of JavaScript.
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(parseJson(pythonJson(plain), "x")).toEqual(plain);
        expect(parseJson(pythonJson([plain, Number.NaN]), "x")).toEqual([plain, Number.NaN]);
      }),
    );
  });
});

describe("pythonJson", () => {
  it("spaces and escapes as Python", () => {
    expect(pythonJson({ a: [1, 2.5, null, true], b: "ção", c: undefined, d: "😀" })).toBe(
      '{"a": [1, 2.5, null, true], "b": "\\u00e7\\u00e3o", "d": "\\ud83d\\ude00"}',
    );
    expect(pythonJson([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBe(
      "[NaN, Infinity, -Infinity]",
    );
    expect(pythonJson(Float64Array.of(1, 2))).toBe("[1, 2]");
  });
});
