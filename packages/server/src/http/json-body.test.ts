import { describe, expect, it } from "vitest";
import { decodeUtf8, parseJsonBody } from "./json-body.ts";

describe("parseJsonBody", () => {
  it("reads Python's bare NaN and infinities as texts, and leaves such words in strings alone", () => {
    const body = String.raw`{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \" Infinity", "NaN": 1}`;
    expect(parseJsonBody(body)).toEqual({ a: "NaN", b: ["-Infinity", "Infinity"], c: 'NaN " Infinity', NaN: 1 });
  });

  it("opens JSON that was encoded twice", () => {
    expect(parseJsonBody(JSON.stringify('{"a": 1}'))).toEqual({ a: 1 });
  });

  it.each(["", "  ", "null"])("takes %j as an empty object", (body) => {
    expect(parseJsonBody(body)).toEqual({});
  });

  it.each(["{bad", "[1]", '"str"', "5", "{NaN", "[".repeat(100_000)])("refuses %.20s", (body) => {
    expect(() => parseJsonBody(body)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });

  it("handles a long string beside a bare NaN", () => {
    const long = "x\\n".repeat(500_000);
    expect(parseJsonBody(`{"v": NaN, "s": "${long}"}`)).toMatchObject({ v: "NaN" });
  });
});

it("refuses bytes that are not UTF-8", () => {
  expect(() => decodeUtf8(new Uint8Array([0xff, 0xfe]))).toThrow("UTF-8");
});
