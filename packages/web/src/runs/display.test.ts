import { runId } from "@esteira/core/ids";
import { describe, expect, it } from "vitest";
import { type Display, grouped, PARENT_COLUMN, treeOf } from "./display.ts";
import { type Frame, withAnswer } from "./frame.ts";
import { groupsOf, histogramOf, summaryOf } from "./grouping.ts";

const frameOf = (parents: Readonly<Record<string, string | null>>): Frame => {
  const ids = Object.keys(parents);
  const known = [...new Set(Object.values(parents).filter((parent) => parent !== null))];
  const places = new Map(known.map((parent, at) => [parent, at]));
  const codes = Object.values(parents).map((parent) => (parent === null ? -1 : (places.get(parent) ?? -1)));
  const column = { column: PARENT_COLUMN, kind: "text" as const, texts: known, codes, isCut: false };
  return withAnswer(undefined, { frame: "f", runIds: ids.map(runId), hasMore: false, columns: [column] });
};
const linesOf = (display: Display, frame: Frame) =>
  Array.from({ length: display.length }, (_, at) => {
    const line = display.lineAt(at);
    if (line?.kind !== "run") return line?.group.id;
    return `${"  ".repeat(line.depth)}${frame.ids[line.row]}${line.outside ? "?" : ""}${line.children > 0 ? `(${line.children})` : ""}`;
  });
const rows = (frame: Frame, ...ids: string[]) => Int32Array.from(ids, (id) => frame.ids.indexOf(runId(id)));

describe("the tree of nested runs", () => {
  it("puts families in the order of their first member, and shows what is open", () => {
    const frame = frameOf({ a: null, p: null, c1: "p", c2: "p", g: "c1", lost: "nowhere" });
    const all = rows(frame, "c2", "a", "p", "c1", "lost", "g");
    expect(
      linesOf(
        treeOf(frame, all, () => true),
        frame,
      ),
    ).toEqual(["p(2)", "  c2", "  c1(1)", "    g", "a", "lost"]);
    expect(
      linesOf(
        treeOf(frame, all, () => false),
        frame,
      ),
    ).toEqual(["p(2)", "a", "lost"]);
  });

  it("shows parents that a filter did not find", () => {
    const frame = frameOf({ p: null, c: "p", g: "c" });
    const tree = treeOf(frame, rows(frame, "g"), (_, outside) => outside);
    expect(linesOf(tree, frame)).toEqual(["p?(1)", "  c?(1)", "    g"]);
  });

  it("ends where parents go in a circle, and however deep they are", () => {
    const circle = frameOf({ x: "y", y: "x", z: "z" });
    expect(
      linesOf(
        treeOf(circle, rows(circle, "x", "y", "z"), () => true),
        circle,
      ),
    ).toEqual(["y(1)", "  x", "z"]);
    const deep = frameOf(
      Object.fromEntries(Array.from({ length: 12_000 }, (_, at) => [`r${at}`, at === 0 ? null : `r${at - 1}`])),
    );
    const every = Int32Array.from(deep.ids, (_, row) => row);
    expect(treeOf(deep, every, () => true).length).toBe(12_000);
  });
});

describe("groups", () => {
  const frame = withAnswer(undefined, {
    frame: "f",
    runIds: ["a", "b", "c", "d", "e"].map(runId),
    hasMore: false,
    columns: [
      { column: "params.depth", kind: "text", texts: ["10", "9"], codes: [0, 1, 0, -1, 1], isCut: false },
      { column: "tags.t", kind: "text", texts: ["x", "y"], codes: [0, 0, 1, 0, 0], isCut: false },
      { column: "metrics.m", kind: "number", numbers: [1, 4, 3, Number.NaN, null] },
    ],
  });
  const every = Int32Array.of(0, 1, 2, 3, 4);
  const order = { column: undefined, descending: false, aggregate: "mean" } as const;
  const valuesOf = (groups: ReturnType<typeof groupsOf>) => groups?.map(({ value, rows: own }) => [value, [...own]]);

  it("stand in the order of what they have in common, numbers as numbers, missing ones last", () => {
    expect(valuesOf(groupsOf(frame, every, ["params.depth"], order))).toEqual([
      ["9", [1, 4]],
      ["10", [0, 2]],
      [undefined, [3]],
    ]);
  });

  it("stand in the order of a figure where the table is sorted by a number", () => {
    const by = (descending: boolean) =>
      groupsOf(frame, every, ["params.depth"], { ...order, column: "metrics.m", descending })?.map(
        ({ value }) => value,
      );
    expect(by(true)).toEqual(["9", "10", undefined]);
    expect(by(false)).toEqual(["10", "9", undefined]);
  });

  it("hold groups, and show what is open", () => {
    const groups = groupsOf(frame, every, ["params.depth", "tags.t"], order) ?? [];
    expect(groups[1]?.groups.map(({ value }) => value)).toEqual(["x", "y"]);
    expect(
      linesOf(
        grouped(groups, (id) => id.startsWith("/=10")),
        frame,
      ),
    ).toEqual(["/=9", "/=10", "/=10/=x", "    a", "/=10/=y", "    c", "/"]);
    expect(groupsOf(frame, every, ["params.absent"], order)).toBeUndefined();
  });

  it("count, and take no NaN into their figures", () => {
    const values = frame.columns.get("metrics.m")!;
    expect(summaryOf(values, every)).toEqual({ count: 3, mean: 8 / 3, min: 1, max: 4, std: Math.sqrt(7 / 3) });
    expect([...histogramOf(values, every, { min: 1, max: 4 }, 3)]).toEqual([1, 0, 2]);
    expect(summaryOf(values, Int32Array.of(3, 4))).toMatchObject({ count: 0, mean: Number.NaN });
  });
});
