import { describe, expect, it } from "vitest";
import { lineDiff, pieces } from "./line-diff.ts";

const shown = (before: string, after: string) =>
  lineDiff(before, after).map(({ kind, text }) => `${{ same: " ", removed: "-", added: "+" }[kind]}${text}`);

describe("lineDiff", () => {
  it("tells what was removed and added between what stayed", () => {
    expect(shown("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n")).toEqual([" a", "-b", "+x", " c", " d", "+e"]);
    expect(shown("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc").filter((line) => line[0] !== " ")).toHaveLength(5);
    expect(shown("", "a\nb")).toEqual(["+a", "+b"]);
    expect(shown("a\n", "")).toEqual(["-a"]);
    expect(shown("same\n", "same\n")).toEqual([" same"]);
    expect(shown("", "")).toEqual([]);
  });

  it("makes the one text from the other, whatever they are", () => {
    let state = 7;
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor((state / 2147483648) * below);
    };
    for (let round = 0; round < 200; round++) {
      const [a, b] = [0, 1].map(() => Array.from({ length: random(12) }, () => "abc"[random(3)]!));
      const lines = lineDiff(a!.join("\n"), b!.join("\n"));
      const side = (other: string) => lines.filter(({ kind }) => kind !== other).map(({ text }) => text);
      expect([side("added"), side("removed")]).toEqual([a, b]);
    }
  });

  it("tells texts of too many lines as a whole, and does not hang", () => {
    const long = (word: string) => Array.from({ length: 5000 }, (_, at) => `${word} ${at}`).join("\n");
    expect(lineDiff(long("a"), long("b"))).toHaveLength(10_000);
  });
});

it("shows pieces with a few lines around each, and where it leaves some out", () => {
  const before = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const after = before.map((line, at) => (at === 5 || at === 25 ? `${line}!` : line));
  const found = pieces(lineDiff(before.join("\n"), after.join("\n")), 1);
  expect(found.map((line) => line?.text)).toEqual([
    "line 4",
    "line 5",
    "line 5!",
    "line 6",
    undefined,
    "line 24",
    "line 25",
    "line 25!",
    "line 26",
  ]);
  expect(pieces(lineDiff("a", "a"))).toEqual([]);
});
