import { describe, expect, it } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import { missingParents, type RunNode, treeOf } from "./tree.ts";

const shape = (nodes: readonly RunNode[]): unknown =>
  nodes.map(({ run, children }) => (children.length === 0 ? run.info.runId : { [run.info.runId]: shape(children) }));

describe("treeOf", () => {
  it("puts runs under their parents at any depth, wherever the parent stands", () => {
    const runs = [runOf("grandchild", "child"), runOf("alone"), runOf("child", "root"), runOf("root")];
    expect(shape(treeOf(runs))).toEqual([{ root: [{ child: ["grandchild"] }] }, "alone"]);
  });

  it("keeps a family where its first member appeared when a later page brings the parent", () => {
    const first = [runOf("child", "root"), runOf("alone")];
    const shown = treeOf(first, [runOf("root")]);
    expect(shape(shown)).toEqual([{ root: ["child"] }, "alone"]);
    expect(shape(treeOf([...first, runOf("root")]))).toEqual(shape(shown));
    expect(shown[0]?.outside).toBe(true);
  });

  it("shows a child whose parent is unknown at the top", () => {
    expect(shape(treeOf([runOf("child", "deleted")]))).toEqual(["child"]);
  });

  it("cuts a circle of parents and loses no run", () => {
    const runs = [runOf("a", "b"), runOf("b", "c"), runOf("c", "a"), runOf("self", "self")];
    expect(shape(treeOf(runs))).toEqual([{ c: [{ b: ["a"] }] }, "self"]);
  });

  it("leaves out a fetched parent without children here, and counts a run given twice once", () => {
    expect(shape(treeOf([runOf("a"), runOf("a")], [runOf("unneeded")]))).toEqual(["a"]);
  });
});

describe("missingParents", () => {
  it("names each absent parent once", () => {
    const runs = [runOf("a", "x"), runOf("b", "x"), runOf("c", "a"), runOf("d", "y")];
    expect(missingParents(runs)).toEqual(["x", "y"]);
  });
});
