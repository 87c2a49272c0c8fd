/**
 * JSON as Python writes it: what JSON.parse takes, and the bare tokens NaN, Infinity and -Infinity besides, which
 * Python's json emits and accepts. Strict text goes through the engine's own parser, so this costs nothing there.
 */

import { invalid } from "@esteira/core/errors";

/** Nesting beyond this is refused: no payload or model of ours comes near it. */
const MAX_DEPTH = 256;

const NON_FINITE = /NaN|Infinity/;

/**
 * Parses `text`. Objects come back as plain objects, arrays as arrays, the non-finite tokens as numbers.
 * Throws INVALID_PARAMETER_VALUE, naming `what`, when the text is not JSON.
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (NON_FINITE.test(text)) return createReader(text, what).document();
    throw invalid(`${what} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function createReader(text: string, what: string): { document(): unknown } {
  let at = 0;

  const fail = (expected: string): never => {
    throw invalid(`${what} is not valid JSON: expected ${expected} at character ${at}`);
  };

  const skipSpace = (): void => {
    for (;;) {
      const c = text.charCodeAt(at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      at++;
    }
  };

  const string = (): string => {
    const start = at;
    if (text[at] !== '"') fail("a string");
    for (at++; at < text.length; at++) {
      const c = text[at];
      if (c === "\\") at++;
      else if (c === '"') {
        at++;
        try {
          return JSON.parse(text.slice(start, at)) as string;
        } catch {
          at = start;
          fail("a well-formed string");
        }
      }
    }
    return fail("the end of a string");
  };

  const token = /-?Infinity|NaN|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["true", true],
    ["false", false],
    ["null", null],
  ]);
  const scalar = (): unknown => {
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) return fail("a value");
    at += found.length;
    return words.has(found) ? words.get(found) : Number(found);
  };

  const list = (depth: number): unknown[] => {
    const items: unknown[] = [];
    at++;
    skipSpace();
    if (text[at] === "]") {
      at++;
      return items;
    }
    for (;;) {
      items.push(value(depth + 1));
      skipSpace();
      const c = text[at++];
      if (c === "]") return items;
      if (c !== ",") {
        at--;
        fail("',' or ']'");
      }
    }
  };

  const record = (depth: number): Record<string, unknown> => {
    const entries: [string, unknown][] = [];
    at++;
    skipSpace();
    if (text[at] === "}") {
      at++;
      return {};
    }
    for (;;) {
      skipSpace();
      const key = string();
      skipSpace();
      if (text[at] !== ":") fail("':'");
      at++;
      entries.push([key, value(depth + 1)]);
      skipSpace();
      const c = text[at++];
      if (c === "}") return Object.fromEntries(entries);
      if (c !== ",") {
        at--;
        fail("',' or '}'");
      }
    }
  };

  const value = (depth: number): unknown => {
    if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} levels of nesting`);
    skipSpace();
    const c = text[at];
    if (c === "{") return record(depth);
    if (c === "[") return list(depth);
    if (c === '"') return string();
    return scalar();
  };

  return {
    document() {
      const result = value(0);
      skipSpace();
      if (at < text.length) fail("the end of the text");
      return result;
    },
  };
}
