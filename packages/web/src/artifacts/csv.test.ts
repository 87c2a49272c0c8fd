import { describe, expect, it } from "vitest";
import { csvRows } from "./csv.ts";
import { fileKind, foldersAbove } from "./kinds.ts";

describe("csvRows", () => {
  it("reads quotes, doubled quotes, separators and line breaks inside quotes", () => {
    expect(csvRows('\ufeffa,"b, ""c""\n d"\r\n1,\n')).toEqual([
      ["a", 'b, "c"\n d'],
      ["1", ""],
    ]);
  });
  it("reads other separators, empty lines and a text without an end", () => {
    expect(csvRows("a\tb\n\nc\td", "\t")).toEqual([["a", "b"], [""], ["c", "d"]]);
    expect(csvRows("")).toEqual([]);
    expect(csvRows('"never closed, 1')).toEqual([["never closed, 1"]]);
  });
});

describe("files", () => {
  it("are shown by their name", () => {
    const kinds = ["a/MLmodel", "x.JSON", "p.svg", "q.PNG", "r.html", "t.csv", "model.ubj", "MLmodel.bak"].map(
      fileKind,
    );
    expect(kinds).toEqual(["text", "json", "svg", "image", "html", "csv", "other", "other"]);
  });
  it("have folders above them", () => {
    expect(foldersAbove("a/b/c.txt")).toEqual(["a", "a/b"]);
    expect(foldersAbove("c.txt")).toEqual([]);
  });
});
