import { describe, expect, it } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import {
  availableKeys,
  columnOf,
  defaultColumns,
  nextSort,
  orderByOf,
  parseColumn,
  parseSort,
  shownColumns,
  sortText,
  toggled,
} from "./columns.ts";

const runs = [
  runOf("a", undefined, { metrics: { auc: 1, loss: 2 }, params: { depth: "3" } }),
  runOf("b", undefined, { metrics: { auc: 1 } }),
];
const ids = (columns: readonly { id: string }[]) => columns.map(({ id }) => id);

describe("columns", () => {
  it("orders keys by how many runs have them, then by name, and hides MLflow's own tags", () => {
    const keys = availableKeys([...runs, runOf("c", "a")]);
    expect(keys.metrics).toEqual(["auc", "loss"]);
    expect(keys.params).toEqual(["depth"]);
    expect(keys.tags).toEqual([]);
  });

  it("puts what runs by themselves have before what only a search's many trials have", () => {
    const trials = ["t1", "t2", "t3"].map((id) => runOf(id, "a", { metrics: { trial: 1, auc: 1 } }));
    expect(availableKeys([...runs, ...trials]).metrics).toEqual(["auc", "loss", "trial"]);
  });

  it("chooses few columns from many keys", () => {
    const metrics = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`m${i}`, i]));
    expect(defaultColumns(availableKeys([runOf("a", undefined, { metrics })]))).toHaveLength(7);
  });

  it("shows what the URL names, once, in its order, and drops what is no column", () => {
    const shown = shownColumns(
      ["params.x", "metrics.a.b", "params.x", "attributes.nope", "x", "metrics."],
      availableKeys(runs),
    );
    expect(ids(shown)).toEqual(["params.x", "metrics.a.b"]);
    expect(parseColumn("metrics.a.b")?.key).toBe("a.b");
  });

  it("adds a column at the end of its kind and takes it away again", () => {
    const shown = [columnOf("attributes", "start_time"), columnOf("params", "depth")];
    const more = toggled(shown, columnOf("metrics", "auc"));
    expect(ids(more)).toEqual(["attributes.start_time", "metrics.auc", "params.depth"]);
    expect(ids(toggled(more, columnOf("metrics", "auc")))).toEqual(ids(shown));
  });
});

describe("sorting", () => {
  it("goes from descending to ascending to none", () => {
    const first = nextSort(undefined, "metrics.auc");
    const second = nextSort(first, "metrics.auc");
    expect([sortText(first), sortText(second)]).toEqual(["metrics.auc desc", "metrics.auc asc"]);
    expect(nextSort(second, "metrics.auc")).toBeUndefined();
    expect(nextSort(second, "params.depth")).toEqual({ column: "params.depth", descending: true });
  });

  it("asks the server in its own words, names in backticks", () => {
    expect(orderByOf(parseSort("metrics.valid/auc pr desc"))).toEqual(["metrics.`valid/auc pr` DESC"]);
    expect(orderByOf(parseSort("attributes.run_name asc"))).toEqual(["attributes.run_name ASC"]);
    expect(orderByOf(undefined)).toEqual(["attributes.start_time DESC"]);
  });

  it("ignores a sort that the server cannot do", () => {
    expect(parseSort("attributes.duration desc")).toBeUndefined();
    expect(parseSort("metrics.auc")).toBeUndefined();
    expect(parseSort("nonsense desc")).toBeUndefined();
  });
});
