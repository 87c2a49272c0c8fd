import { invalid } from "../errors.ts";

/** `position` counts characters from 1, as a person does. `text` is the source as it was written. */
export type Token =
  | NameToken
  | { readonly kind: "string"; readonly text: string; readonly position: number; readonly value: string }
  | { readonly kind: "number"; readonly text: string; readonly position: number; readonly value: number }
  | { readonly kind: "operator"; readonly text: string; readonly position: number }
  | { readonly kind: "punctuation"; readonly text: string; readonly position: number };

/** A name is cut at its first dot: the entity (or an attribute), then the key, without the quotes around all of it. */
export interface NameToken {
  readonly kind: "name";
  readonly text: string;
  readonly position: number;
  readonly parts: readonly string[];
}

const SPACE = /\s+/y;
const NUMBER = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy;
const OPERATOR = /[<>=~!]+/y;
const FIRST_PART = /[\p{L}\p{N}_@$]+/uy;
/** After the first dot a key may hold dashes, slashes and colons, as keys of metrics and tags do. */
const NEXT_PART = /[\p{L}\p{N}_@$][\p{L}\p{N}_@$\-/:]*/uy;
const SHOWN = 40;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/**
 * The quoted text that starts here. A doubled quote does not end it (and stays doubled in the value, as in MLflow), nor
 * does one after a backslash, unless no other quote follows. Looks at each quote once: a text may have a megabyte.
 */
function quoted(source: string, start: number): string | undefined {
  const quote = source.charAt(start);
  if (quote !== "'" && quote !== '"' && quote !== "`") return undefined;
  let end = -1;
  for (let at = source.indexOf(quote, start + 1); at !== -1; at = source.indexOf(quote, at + 1)) {
    end = at;
    if (quote !== "`" && source[at - 1] === "\\") continue;
    if (source[at + 1] !== quote) break;
    at++;
  }
  if (end !== -1) return source.slice(start, end + 1);
  throw invalid(
    `Invalid clause(s) in filter string: ${source.slice(start, start + SHOWN)} has no closing quote (position ${start + 1}).`,
  );
}

const isQuoted = (text: string): boolean =>
  text.length > 1 && ["'", '"', "`"].includes(text.charAt(0)) && text.at(-1) === text.charAt(0);

/** A name such as `metrics.loss`, "tags.`a b`" or "`run name`". */
function readName(source: string, start: number): NameToken | undefined {
  const first = source[start] === "`" ? quoted(source, start) : match(FIRST_PART, source, start);
  if (first === undefined) return undefined;
  const rest = start + first.length;
  let end = rest;
  while (source[end] === ".") {
    end += 1;
    end += (quoted(source, end) ?? match(NEXT_PART, source, end))?.length ?? 0;
  }
  const parts = [isQuoted(first) ? first.slice(1, -1) : first];
  if (end > rest) {
    const key = source.slice(rest + 1, end);
    parts.push(isQuoted(key) ? key.slice(1, -1) : key);
  }
  return { kind: "name", text: source.slice(start, end), position: start + 1, parts };
}

/**
 * The tokens of a filter or an order_by clause, one after the other, so that what is refused early is not read to its
 * end. Throws INVALID_PARAMETER_VALUE on a character of no token.
 */
export function* tokensOf(source: string): Generator<Token, void, undefined> {
  let at = 0;
  while (at < source.length) {
    const space = match(SPACE, source, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = readToken(source, at);
    if (token === undefined) {
      throw invalid(
        `Invalid clause(s) in filter string: '${source.slice(at, at + SHOWN)}' (position ${at + 1}). Expected a comparison such as metrics.loss < 0.1.`,
      );
    }
    yield token;
    at += token.text.length;
  }
}

function readToken(source: string, at: number): Token | undefined {
  const position = at + 1;
  const char = source.charAt(at);
  if (char === "'" || char === '"') {
    const text = quoted(source, at) ?? "";
    return { kind: "string", text, position, value: text.slice(1, -1) };
  }
  const number = match(NUMBER, source, at);
  if (number !== undefined) return { kind: "number", text: number, position, value: Number(number) };
  const operator = match(OPERATOR, source, at);
  if (operator !== undefined) return { kind: "operator", text: operator, position };
  if ("(),;".includes(char)) return { kind: "punctuation", text: char, position };
  return readName(source, at);
}
