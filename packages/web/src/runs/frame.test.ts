import { runId } from "@esteira/core/ids";
import { describe, expect, it } from "vitest";
import { type Frame, numberAt, textAt, withAnswer, withNews, without } from "./frame.ts";

const ids = (...names: string[]) => names.map(runId);
const numbers = (column: string, ...values: (number | null)[]) => ({
  column,
  kind: "number" as const,
  numbers: values,
});
const texts = (column: string, ...values: (string | null)[]) => {
  const known = [...new Set(values.filter((value) => value !== null))];
  const codes = values.map((value) => (value === null ? -1 : known.indexOf(value)));
  return { column, kind: "text" as const, texts: known, codes, isCut: false };
};
const answer = (
  frame: string,
  names: string[] | undefined,
  columns: (ReturnType<typeof numbers> | ReturnType<typeof texts>)[],
  hasMore = false,
) => ({
  frame,
  runIds: names && ids(...names),
  hasMore,
  columns,
});
/** Every row with its values. */
const shown = (frame: Frame) =>
  frame.ids.map((id, row) => [
    id,
    ...[...frame.columns.values()].map((values) =>
      values.kind === "number" ? numberAt(values, row) : textAt(values, row),
    ),
  ]);

describe("a frame", () => {
  const first = withAnswer(
    undefined,
    answer("f1", ["c", "b"], [numbers("m", 3, Number.NaN), texts("p", "x", null)], true),
  );

  it("tells a missing number from a logged NaN", () => {
    expect(shown(first)).toEqual([
      ["c", 3, "x"],
      ["b", Number.NaN, undefined],
    ]);
  });

  it("keeps what the first rows have while all rows come, and says that it is not all", () => {
    const all = withAnswer(first, answer("f2", ["c", "b", "a"], [numbers("m", 3, 2, 1)]));
    expect(shown(all)).toEqual([
      ["c", "x", 3],
      ["b", undefined, 2],
      ["a", undefined, 1],
    ]);
    expect([...all.partial]).toEqual(["p"]);
    const whole = withAnswer(all, answer("f2", undefined, [texts("p", "x", "y", "x")]));
    expect([...whole.partial]).toEqual([]);
    expect(whole.ids).toBe(all.ids);
  });

  it("takes news in: rows that it has are changed, others are added, and what stayed is shared", () => {
    const frame = withAnswer(
      undefined,
      answer("f", ["b", "a"], [numbers("m", 2, 1), texts("p", "x", "y"), numbers("n", 7, 8)]),
    );
    expect(withNews(frame, answer("", ["a"], [numbers("m", 1), texts("p", "y"), numbers("n", 8)]))).toBe(frame);
    const changed = withNews(frame, answer("", ["a"], [numbers("m", 5), texts("p", "new"), numbers("n", 8)]));
    expect(shown(changed)).toEqual([
      ["b", 2, "x", 7],
      ["a", 5, "new", 8],
    ]);
    expect(changed.columns.get("n")).toBe(frame.columns.get("n"));
    const grown = withNews(frame, answer("", ["c", "b"], [numbers("m", 9, 2), texts("p", null, "x")]));
    expect(shown(grown)).toEqual([
      ["b", 2, "x", 7],
      ["a", 1, "y", 8],
      ["c", 9, undefined, undefined],
    ]);
    expect(grown.name).toBe("");
    expect(shown(frame)).toHaveLength(2);
  });

  it("loses runs that are gone", () => {
    const frame = withAnswer(undefined, answer("f", ["b", "a"], [numbers("m", 2, 1), texts("p", "x", "y")]));
    expect(shown(without(frame, new Set(["b"])))).toEqual([["a", 1, "y"]]);
    expect(without(frame, new Set(["z"]))).toBe(frame);
  });
});
