import { expect, it } from "vitest";
import { entriesOf } from "./artifact-source.ts";
import { pageFolder } from "./client.ts";

it("finds the API beside the page, behind any prefix", () => {
  expect(["/", "/index.html", "/esteira/", "/a/b/index.html"].map(pageFolder)).toEqual(["", "", "/esteira", "/a/b"]);
});

it("gives whole paths, folders first, however the listing names its entries", () => {
  const short = [
    { path: "b.txt", isDir: false },
    { path: "z", isDir: true },
    { path: "a.txt", isDir: false },
  ];
  const paths = ["dir/z", "dir/a.txt", "dir/b.txt"];
  expect(entriesOf("dir", short).map(({ path }) => path)).toEqual(paths);
  const whole = short.map((file) => ({ ...file, path: `dir/${file.path}` }));
  expect(entriesOf("dir", whole).map(({ path }) => path)).toEqual(paths);
  expect(entriesOf("", short).map(({ path }) => path)).toEqual(["z", "a.txt", "b.txt"]);
});
