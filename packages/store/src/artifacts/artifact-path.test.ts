import { join, sep } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseArtifactPath, parseFolderPath } from "./artifact-path.ts";

test.each([
  "",
  "/",
  ".",
  "..",
  "../x",
  "a/../b",
  "a/./b",
  "a//b",
  "a/",
  "/etc/passwd",
  "a\\b",
  "..\\..\\x",
  "a\u0000.txt",
  "a\r\nSet-Cookie: p=1.txt",
  "a\u007f",
  "%2e%2e/x",
  "a%2fb",
  "%252e%252e%252fx",
  "a%00",
  "file:///etc/passwd",
  "FILE:etc",
  "file:etc/passwd",
  "s3://bucket/x",
  "c:/x",
  "C:x",
  "a?b",
  "a#b",
  "a#/../b",
  "x".repeat(256),
  "é".repeat(128),
  `${"a/".repeat(2048)}a`,
  "\ud800",
  "100%41%",
  ".esteira-uploads/x",
])("%j is refused", (path) => {
  expect(() => parseArtifactPath(path)).toThrow(
    expect.objectContaining({ code: "INVALID_PARAMETER_VALUE", message: "Invalid path" }),
  );
});

test.each([
  "a",
  "model/MLmodel",
  "ação-日本.txt",
  "100%.txt",
  "a b",
  "...",
  "....",
  "a..b",
  "．．",
  ".hidden",
  "t=1/x;y",
  "v1:final.txt",
])("%j is a path", (path) => {
  expect(parseArtifactPath(path)).toEqual(path.split("/"));
});

test("a folder may be the root, and may end in a slash", () => {
  expect(parseFolderPath("")).toEqual([]);
  expect(parseFolderPath("model/")).toEqual(["model"]);
  expect(() => parseFolderPath("/")).toThrow("Invalid path");
  expect(() => parseFolderPath("a//")).toThrow("Invalid path");
});

test("no text that is accepted leads out of the root", () => {
  const piece = fc.constantFrom(
    "..",
    ".",
    "/",
    "\\",
    "%2e",
    "%2f",
    "%5c",
    "%",
    "file:",
    ":",
    "a",
    "é",
    "\u0000",
    "~",
    "．",
    " ",
    "#",
    "?",
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 10 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  );
  const root = join(sep, "srv", "artifacts");
  fc.assert(
    fc.property(text, (path) => {
      let segments: readonly string[];
      try {
        segments = parseArtifactPath(path);
      } catch {
        return;
      }
      expect(join(root, ...segments).startsWith(root + sep)).toBe(true);
      expect(segments.join("/")).toBe(path);
    }),
    { numRuns: 5000 },
  );
});
