import { describe, expect, it } from "vitest";
import { parseUbjson } from "./ubjson.ts";

const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [part])));

describe("parseUbjson", () => {
  it.each<[string, Uint8Array, unknown]>([
    ["null", bytes("Z"), null],
    ["booleans", bytes("[TF]"), [true, false]],
    ["small integers", bytes("[i", 0xff, "U", 0xff, "]"), [-1, 255]],
    ["larger integers", bytes("[I", 1, 0, "l", 0, 1, 0, 0, "L", 0, 0, 0, 0, 0, 0, 0, 7, "]"), [256, 65536, 7]],
    ["floats", bytes("[d", 0x3f, 0x80, 0, 0, "D", 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, "]"), [1, 1.5]],
    ["text", bytes("[SU", 2, "oi", "Cx]"), ["oi", "x"]],
    ["objects", bytes("{i", 1, "aZi", 1, "b[]}"), { a: null, b: [] }],
    ["counted containers", bytes("{#i", 1, "i", 1, "a[#i", 2, "TF"), { a: [true, false] }],
    ["typed lists", bytes("[$I#i", 2, 0, 1, 0xff, 0xff), Int16Array.of(1, -1)],
    ["typed bytes", bytes("[$i#i", 2, 1, 0xff), Int8Array.of(1, -1)],
    ["padding", bytes("N[NTN]N"), [true]],
  ])("reads %s", (_what, input, value) => {
    expect(parseUbjson(input)).toEqual(value);
  });

  it.each<[string, Uint8Array, string]>([
    ["an unknown marker", bytes("?"), "marker '?' is not known"],
    ["a list of an unknown type", bytes("[$S#i", 1), "type 'S' is not known"],
    ["a typed list without a count", bytes("[$i]"), "must give its count"],
    ["a negative length", bytes("Si", 0xff), "negative"],
    ["an integer beyond 2^53", bytes("L", 0x7f, 0, 0, 0, 0, 0, 0, 0), "too large"],
    ["text that is not UTF-8", bytes("Si", 1, 0xff), "not UTF-8"],
    ["a short file", bytes("d", 0, 0), "truncated"],
    ["more than one value", bytes("ZZ"), "more bytes follow"],
    ["an object that ends too soon", bytes("{#i", 2, "i", 1, "aZ}"), "before its count"],
  ])("refuses %s", (_what, input, message) => {
    expect(() => parseUbjson(input)).toThrow(message);
  });
});
