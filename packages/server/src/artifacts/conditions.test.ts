import { describe, expect, it } from "vitest";
import { decide, isConditional, parseRange } from "./conditions.ts";

it.each([
  [undefined, undefined],
  ["bytes=0-9", { start: 0, end: 9 }],
  ["bytes=90-", { start: 90, end: 99 }],
  ["bytes=90-500", { start: 90, end: 99 }],
  ["bytes=-10", { start: 90, end: 99 }],
  ["bytes=-500", { start: 0, end: 99 }],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=9-1", undefined],
  ["bytes=0-1,5-6", undefined],
  ["items=0-1", undefined],
  ["bytes=-", undefined],
])("reads %s of 100 bytes", (header, range) => {
  expect(parseRange(header, 100)).toEqual(range);
});

describe("a conditional request", () => {
  const file = { size: 100, etag: '"v2"', modified: new Date("2026-03-01T12:00:00.500Z") };
  const then = "Sun, 01 Mar 2026 12:00:00 GMT";
  const before = "Sun, 01 Mar 2026 11:59:59 GMT";

  it.each([
    [{}, { status: 200 }],
    [{ "if-none-match": '"v2"' }, { status: 304 }],
    [{ "if-none-match": '"v1", W/"v2"' }, { status: 304 }],
    [{ "if-none-match": "*" }, { status: 304 }],
    [{ "if-none-match": '"v1"' }, { status: 200 }],
    [{ "if-none-match": '"v1"', "if-modified-since": then }, { status: 200 }],
    [{ "if-modified-since": then }, { status: 304 }],
    [{ "if-modified-since": before }, { status: 200 }],
    [{ "if-modified-since": "yesterday" }, { status: 200 }],
    [{ "if-match": '"v2"' }, { status: 200 }],
    [{ "if-match": 'W/"v2"' }, { status: 412 }],
    [{ "if-match": '"v1"' }, { status: 412 }],
    [{ "if-unmodified-since": before }, { status: 412 }],
    [{ "if-unmodified-since": then }, { status: 200 }],
    [{ range: "bytes=50-" }, { status: 206, start: 50, end: 99 }],
    [
      { range: "bytes=50-", "if-range": '"v2"' },
      { status: 206, start: 50, end: 99 },
    ],
    [{ range: "bytes=50-", "if-range": '"v1"' }, { status: 200 }],
    [{ range: "bytes=50-", "if-range": then }, { status: 200 }],
    [{ range: "bytes=100-" }, { status: 416 }],
    [{ range: "bytes=50-", "if-none-match": '"v2"' }, { status: 304 }],
  ])("with %j", (headers, verdict) => {
    expect(decide(headers, file)).toEqual(verdict);
  });

  it("is told from one that is not", () => {
    expect(isConditional({ accept: "*/*", "if-range": '"v1"' })).toBe(false);
    expect(isConditional({ range: "bytes=0-" })).toBe(true);
  });
});
