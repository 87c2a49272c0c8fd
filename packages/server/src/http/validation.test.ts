import { describe, expect, it } from "vitest";
import { z } from "zod";
import { boolOrFalse, enumOf, int64, keyValues, list, requiredDouble, requiredText, text } from "./fields.ts";
import { parseRequest } from "./validation.ts";

const SEE = "See the API docs for more information about request parameters.";
const schema = z.object({
  name: requiredText,
  when: int64,
  tags: keyValues,
  note: text,
  points: list(z.object({ value: requiredDouble })),
});
const fault = (input: unknown) => {
  try {
    return JSON.stringify(parseRequest(schema, input));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe("parseRequest", () => {
  it("says what is missing, in a list with its place", () => {
    expect(fault({})).toBe(`Missing value for required parameter 'name'. ${SEE}`);
    expect(fault({ name: "" })).toBe(`Missing value for required parameter 'name'. ${SEE}`);
    expect(fault({ name: "n", points: [{ value: 1 }, {}] })).toBe(
      `Missing value for required parameter 'points[1].value'. ${SEE}`,
    );
  });

  it("shows a value of the wrong type and names Python's type", () => {
    const wrong = (value: string, parameter: string, type: string) =>
      `Invalid value ${value} for parameter '${parameter}' supplied:  Hint: Value was of type '${type}'. ${SEE}`;
    expect(fault({ name: 5 })).toBe(wrong("5", "name", "int"));
    expect(fault({ name: "n", when: "x" })).toBe(wrong('"x"', "when", "str"));
    expect(fault({ name: "n", when: 1.5 })).toBe(wrong("1.5", "when", "float"));
    expect(fault({ name: "n", tags: {} })).toBe(wrong("{}", "tags", "dict"));
    expect(fault({ name: "n", points: [{ value: true }] })).toBe(wrong("true", "points[0].value", "bool"));
  });

  it("cuts long values and survives deep ones", () => {
    let deep: unknown = [];
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(fault({ name: deep })).toContain("too deeply nested");
    expect(fault({ name: "n", when: "9".repeat(100_000) }).length).toBeLessThan(600);
  });

  it("refuses whole numbers that would lose digits", () => {
    expect(fault({ name: "n", when: 2 ** 53 })).toContain("parameter 'when'");
    expect(fault({ name: "n", when: "99999999999999999999" })).toContain("parameter 'when'");
    expect(fault({ name: "n", when: "9007199254740991" })).toContain('"when":9007199254740991');
  });

  it("reads null as absent and keeps tags with dangerous names as data", () => {
    const input = JSON.parse('{"name": "n", "when": null, "tags": [{"key": "__proto__", "value": "x"}]}');
    expect(parseRequest(schema, input)).toMatchObject({ name: "n", tags: [{ key: "__proto__", value: "x" }] });
  });

  it("reads doubles as numbers or texts", () => {
    const values = [1, "2.5", "NaN", "-Infinity", Number.POSITIVE_INFINITY, "-1e-3"];
    const { points } = parseRequest(schema, { name: "n", points: values.map((value) => ({ value })) });
    expect(points.map(({ value }) => value)).toEqual([1, 2.5, Number.NaN, -Infinity, Infinity, -0.001]);
    expect(fault({ name: "n", points: [{ value: "0x10" }] })).toContain("points[0].value");
  });
});

it("reads enums by name or number; an unknown name is unset, an unknown number a fault", () => {
  const statuses = z.object({ status: enumOf(["RUNNING", "SCHEDULED"]), flag: boolOrFalse });
  expect(parseRequest(statuses, { status: "SCHEDULED", flag: true })).toEqual({ status: "SCHEDULED", flag: true });
  expect(parseRequest(statuses, { status: 1 }).status).toBe("RUNNING");
  expect(parseRequest(statuses, { status: "2" }).status).toBe("SCHEDULED");
  expect(parseRequest(statuses, { status: "BOGUS" }).status).toBeUndefined();
  for (const wrong of [{ status: 3 }, { status: [] }, { flag: "true" }]) {
    expect(() => parseRequest(statuses, wrong)).toThrow(/Invalid value/);
  }
});

it.each(["a\0b", "half \ud800"])("refuses text that no database can keep: %j", (name) => {
  expect(fault({ name })).toMatch(/^Invalid value .* for parameter 'name'/);
});
