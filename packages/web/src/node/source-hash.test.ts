import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sourceHash } from "./source-hash.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "esteira-hash-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src", "a.ts"), "1");
});
afterEach(() => rmSync(folder, { recursive: true }));
const hash = () => sourceHash([join(folder, "src"), join(folder, "index.html")]);

it("changes with contents, names and new files", () => {
  const seen = new Set([hash()]);
  writeFileSync(join(folder, "src", "a.ts"), "2");
  seen.add(hash());
  writeFileSync(join(folder, "src", "b.ts"), "");
  seen.add(hash());
  writeFileSync(join(folder, "index.html"), "<p>");
  seen.add(hash());
  expect(seen.size).toBe(4);
});

it("does not change with times or with tests", () => {
  const before = hash();
  utimesSync(join(folder, "src", "a.ts"), 1, 1);
  writeFileSync(join(folder, "src", "a.test.ts"), "test");
  expect(hash()).toBe(before);
});
