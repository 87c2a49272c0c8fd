import { describe, expect, it } from "vitest";
import {
  availableKeys,
  columnOf,
  defaultColumns,
  moved,
  nextSort,
  parseColumn,
  parseSort,
  pinnedFirst,
  placed,
  shownColumns,
  sortText,
  toggled,
} from "./columns.ts";

const keys = (...names: readonly string[]) => names.map((key, at) => ({ key, count: names.length - at }));
const available = availableKeys({
  metrics: keys("auc", "loss"),
  params: keys("depth"),
  tags: keys("mlflow.user", "typology", "esteira.archived"),
});
const ids = (columns: readonly { id: string }[]) => columns.map(({ id }) => id);

describe("columns", () => {
  it("are the keys that the runs have, without the tags that clients write by themselves", () => {
    expect([available.metrics, available.params, available.tags]).toEqual([["auc", "loss"], ["depth"], ["typology"]]);
    expect(availableKeys(undefined).metrics).toEqual([]);
  });

  it("chooses few columns from many keys", () => {
    const metrics = keys(...Array.from({ length: 5_000 }, (_, i) => `m${i}`));
    expect(defaultColumns(availableKeys({ metrics, params: [], tags: [] }))).toHaveLength(7);
  });

  it("shows what the URL names, once, in its order, and drops what is no column", () => {
    const shown = shownColumns(["params.x", "metrics.a.b", "params.x", "attributes.nope", "x", "metrics."], available);
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

  it("ignores what is no sort", () => {
    expect(parseSort("attributes.run_id desc")).toBeUndefined();
    expect(parseSort("metrics.auc")).toBeUndefined();
    expect(parseSort("nonsense desc")).toBeUndefined();
  });
});

describe("the order of columns", () => {
  const order = ["a", "b", "c", "d"];
  it("is changed by steps, as far as they go, and by putting one beside another", () => {
    expect(moved(order, "b", 1)).toEqual(["a", "c", "b", "d"]);
    expect(moved(order, "b", -5)).toEqual(["b", "a", "c", "d"]);
    expect(moved(order, "a", -1)).toBe(order);
    expect(placed(order, "a", "c", true)).toEqual(["b", "c", "a", "d"]);
    expect(placed(order, "d", "b", false)).toEqual(["a", "d", "b", "c"]);
    expect(placed(order, "d", "d", false)).toBe(order);
  });

  it("begins with the pinned ones", () => {
    const shown = [columnOf("metrics", "auc"), columnOf("params", "depth"), columnOf("tags", "t")];
    expect(ids(pinnedFirst(shown, ["tags.t", "metrics.none"]))).toEqual(["tags.t", "metrics.auc", "params.depth"]);
  });
});
