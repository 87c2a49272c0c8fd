import { describe, expect, it } from "vitest";
import { uniform } from "../random-ledger.testing.ts";
import { PairTable } from "./pair-table.ts";

describe("PairTable", () => {
  it("numbers ordered pairs as they are first seen, through its growth, reverses and self-pairs apart", () => {
    const table = new PairTable({ width: 2 }, 0);
    const known = new Map<string, number>();
    const next = uniform(3);
    for (let step = 0; step < 6_000; step++) {
      const a = Math.floor(next() * 60);
      const b = Math.floor(next() * 60);
      const expected = known.get(`${a} ${b}`) ?? -1;
      expect(table.find(a, b)).toBe(expected);
      if (expected < 0) {
        expect(table.add(a, b)).toBe(known.size);
        known.set(`${a} ${b}`, known.size);
      }
    }
    expect(table.count).toBe(known.size);
    for (const [pair, number] of known) {
      const [a, b] = pair.split(" ").map(Number);
      expect(table.find(a!, b!)).toBe(number);
    }
  });

  it("leaves the caller's fields of the record alone", () => {
    const table = new PairTable({ width: 2, numbers: [[1, Number.NaN]] }, 1);
    for (let b = 0; b < 200; b++) {
      const { records } = table;
      const number = table.add(7, b);
      expect(records.numbers[number * records.width + 1]).toBeNaN();
      records.numbers[number * records.width + 1] = b / 2;
    }
    for (let b = 0; b < 200; b++) expect(table.records.numbers[table.find(7, b) * 2 + 1]).toBe(b / 2);
  });
});
