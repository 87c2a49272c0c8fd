import { posix } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  checkKey,
  checkLoggedModelName,
  checkModelName,
  checkNewAlias,
  normalizePath,
  parseVersion,
  truncate,
} from "./names.ts";

test("paths are normalized as POSIX does", () => {
  const path = fc
    .array(fc.constantFrom("a", "b", ".", "..", "/", "//"), { maxLength: 8 })
    .map((parts) => parts.join(""));
  const slashed = fc.array(fc.constantFrom("a", ".", "..", ""), { maxLength: 6 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(fc.oneof(path, slashed), (text) => {
      const expected = posix.normalize(text);
      expect(normalizePath(text)).toBe(expected === "/" ? "/" : expected.replace(/\/$/, ""));
    }),
  );
});

test.each([
  ["a/../b", "This name would resolve to 'b'"],
  ["../b", "This name would resolve to '../b'"],
  ["/a", "This name would resolve to '/a'"],
  ["bad$key", "Names may only contain alphanumerics"],
  ["", "This name would resolve to '.'"],
])("the key '%s' is refused", (key, message) => {
  expect(() => checkKey(key)).toThrow(message);
});

test("keys of any script are accepted", () => {
  for (const key of ["loss/train", "a b.c-d:e", "métrica", "損失"]) checkKey(key);
});

test("model names, aliases and versions follow the registry's rules", () => {
  expect(() => checkModelName("a/b")).toThrow("Invalid model name 'a/b'. Names cannot contain '/' or ':'.");
  expect(() => checkModelName("  ")).toThrow("Missing value for required parameter 'name'.");
  expect(() => checkLoggedModelName("a.b")).toThrow("Invalid model name ('a.b') provided.");
  expect(() => checkNewAlias("Latest")).toThrow("'latest' alias name (case insensitive) is reserved.");
  expect(() => checkNewAlias("V22")).toThrow("Version alias name 'V22' is reserved.");
  expect(() => checkNewAlias("bad alias")).toThrow("Invalid alias name: 'bad alias'.");
  expect(() => checkNewAlias("a".repeat(256))).toThrow("exceeds the maximum length of 255 characters");
  expect(() => parseVersion("abc")).toThrow("Parameter 'version' must be an integer, got 'abc'.");
  checkNewAlias("ok-1_A");
});

test("a long text is cut between characters, never inside one", () => {
  expect(truncate("ab😀cd", 3)).toBe("ab😀");
  expect(truncate("abc", 3)).toBe("abc");
});
