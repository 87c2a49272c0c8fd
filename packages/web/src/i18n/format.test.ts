import { describe, expect, it } from "vitest";
import { formatOf } from "./format.ts";

/** Intl separates with no-break spaces; which one differs between versions of its data. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
const en = formatOf("en");
const pt = formatOf("pt-BR");

describe("format", () => {
  it("writes metrics in the reader's language", () => {
    expect(en.metric(0.876543)).toBe("0.87654");
    expect(pt.metric(0.876543)).toBe("0,87654");
    expect(pt.metric(1_234_567)).toBe("1.234.567");
    expect(en.metric(0.000012345)).toBe("1.2345E-5");
    expect(en.metric(0)).toBe("0");
  });

  it("names what is not a number", () => {
    expect(en.metric(Number.NaN)).toBe("NaN");
    expect(en.metric(1.7976931348623157e308)).toBe("∞");
    expect(pt.exact(-1.7976931348623157e308)).toBe("−∞");
  });

  it("writes durations in two units and never sixty of one", () => {
    expect(plain(en.duration(250))).toBe("250 ms");
    expect(plain(en.duration(59_990))).toBe("59.9 sec");
    expect(plain(en.duration(123_000))).toBe("2 min 3 sec");
    expect(plain(pt.duration(3_600_000))).toBe("1 h");
    expect(plain(en.duration(-5))).toBe("–");
  });

  it("writes sizes and times ago", () => {
    expect(plain(en.bytes(1))).toBe("1 byte");
    expect(plain(en.bytes(999))).toBe("999 bytes");
    expect(plain(pt.bytes(1_250_000))).toBe("1,3 MB");
    expect(en.relative(0, 3 * 3_600_000)).toBe("3 hours ago");
    expect(pt.relative(0, 2 * 86_400_000)).toBe("anteontem");
  });
});
