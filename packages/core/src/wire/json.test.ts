import fc from "fast-check";
import { expect, test } from "vitest";
import { readInt64 } from "../int64.ts";
import { parseJson, stringifyJson } from "./json.ts";

test("integers beyond 2^53 keep their digits, wherever they stand", () => {
  const text = '{"step":9007199254740993,"list":[-9223372036854775808, 1],"at" : 18446744073709551616 }';
  expect(parseJson(text)).toEqual({
    step: 9007199254740993n,
    list: [-9223372036854775808n, 1],
    at: 18446744073709551616n,
  });
  expect(stringifyJson(parseJson(text))).toBe(
    '{"step":9007199254740993,"list":[-9223372036854775808,1],"at":18446744073709551616}',
  );
  expect(parseJson("9007199254740993")).toBe(9007199254740993n);
});

test("texts and fractions with many digits stay what they are", () => {
  const text =
    '{"id":"1234567890123456789","said":"a \\", 9007199254740993, b","value":0.12345678901234567,"big":1e300}';
  expect(parseJson(`{"step":9007199254740993,"rest":${text}}`)).toEqual({
    step: 9007199254740993n,
    rest: JSON.parse(text),
  });
  expect(() => parseJson('{"step":9007199254740993')).toThrow(SyntaxError);
});

test("every JSON value survives both ways, with or without wide integers", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }), (value, wide) => {
      const expected: unknown = JSON.parse(JSON.stringify(value));
      expect(parseJson(stringifyJson(expected))).toEqual(exact(expected));
      expect(parseJson(stringifyJson({ wide, expected }))).toEqual({ wide, expected: exact(expected) });
    }),
  );
});

/** What is written as an integer beyond 2^53 is read as one. */
function exact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, exact(part)]));
  }
  const isWide = typeof value === "number" && /^-?\d+$/.test(String(value)) && !Number.isSafeInteger(value);
  return isWide ? BigInt(String(value)) : value;
}

test("an int64 has one form, and more than 64 bits are none", () => {
  expect(readInt64("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  expect(readInt64(9007199254740991n)).toBe(Number.MAX_SAFE_INTEGER);
  expect(readInt64("+9007199254740993")).toBe(9007199254740993n);
  expect(readInt64(2 ** 60)).toBe(2n ** 60n);
  expect(readInt64("-9223372036854775808")).toBe(-(2n ** 63n));
  for (const none of ["9223372036854775808", 2n ** 63n, 1e300, "1.5", 1.5, "", " 1", null, true]) {
    expect(readInt64(none)).toBeUndefined();
  }
});
