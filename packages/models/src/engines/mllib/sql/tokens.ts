/** The words of a SQL statement. */

import { invalid } from "@esteira/core/errors";

export interface Token {
  readonly kind: "word" | "name" | "number" | "string" | "symbol" | "end";
  /** A word as written, a name without its quotes, a string's content, a number's digits with its suffix. */
  readonly text: string;
  /** In the statement, from 0. */
  readonly at: number;
}

const PATTERNS: readonly (readonly [Token["kind"] | "space", RegExp])[] = [
  ["space", /(?:\s|--[^\n]*|\/\*[\s\S]*?\*\/)+/y],
  ["number", /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|bd|[LlDdFfSsYy])?(?![\w.])/y],
  ["word", /[A-Za-z_]\w*/y],
  ["name", /`(?:[^`]|``)+`/y],
  ["string", /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y],
  ["symbol", /<=>|<=|>=|<>|!=|==|[-+*/%(),.=<>]/y],
];

/** More are refused: what is built of them is as deep as they are many. */
const MAX_TOKENS = 5000;

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  b: "\b",
  "%": "\\%",
  _: "\\_",
};

const unquoted = (text: string): string => text.slice(1, -1).replace(/\\([\s\S])/g, (_, c: string) => ESCAPES[c] ?? c);

/** Throws INVALID_PARAMETER_VALUE for what is no SQL. The last token is of the kind `end`. */
export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const start = at;
    if (tokens.length > MAX_TOKENS) throw invalid(`The SQL statement has more than ${MAX_TOKENS} words and signs`);
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = at;
      const text = pattern.exec(sql)?.[0];
      if (text === undefined) continue;
      at += text.length;
      if (kind === "string") {
        // Spark's versions differ in what two strings side by side mean.
        if (tokens.at(-1)?.kind === "string")
          throw invalid(`The SQL statement has two strings side by side at ${start}`);
        tokens.push({ kind, text: unquoted(text), at: start });
      } else if (kind === "name") tokens.push({ kind, text: text.slice(1, -1).replaceAll("``", "`"), at: start });
      else if (kind !== "space") tokens.push({ kind, text, at: start });
      break;
    }
    if (at === start)
      throw invalid(`The SQL statement has '${sql.slice(at, at + 20)}' at ${at}, which is not understood`);
  }
  return [...tokens, { kind: "end", text: "the end", at }];
}
