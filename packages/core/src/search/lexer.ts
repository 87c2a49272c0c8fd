import { invalid } from "../errors.ts";

/** `position` counts characters from 1, as a person does. `text` is the source as it was written. */
export type Token =
  | { readonly kind: "name"; readonly text: string; readonly position: number; readonly parts: readonly string[] }
  | { readonly kind: "string"; readonly text: string; readonly position: number; readonly value: string }
  | { readonly kind: "number"; readonly text: string; readonly position: number; readonly value: number }
  | { readonly kind: "operator"; readonly text: string; readonly position: number }
  | { readonly kind: "punctuation"; readonly text: string; readonly position: number };

const SPACE = /\s+/y;
const NUMBER = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy;
const OPERATOR = /==|<>|!=|>=|<=|=|>|</y;
const FIRST_PART = /[\p{L}\p{N}_@$]+/uy;
/** After the first dot a key may hold dashes, slashes and colons, as keys of metrics and tags do. */
const NEXT_PART = /[\p{L}\p{N}_@$][\p{L}\p{N}_@$\-/:]*/uy;
/** A doubled quote does not end the text; as in MLflow, it stays doubled in the value. */
const SINGLE = /'(?:[^']|'')*'/y;
const DOUBLE = /"(?:[^"]|"")*"/y;
const BACKTICK = /`[^`]*`/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function quoted(source: string, at: number): string | undefined {
  const pattern = { "'": SINGLE, '"': DOUBLE, "`": BACKTICK }[source.charAt(at)];
  if (pattern === undefined) return undefined;
  const text = match(pattern, source, at);
  if (text === undefined) {
    throw invalid(
      `Invalid clause(s) in filter string: ${source.slice(at, at + 40)} has no closing quote (position ${at + 1}).`,
    );
  }
  return text;
}

/** A name such as `metrics.loss`, "tags.`a b`" or "`run name`", cut at its first dot. */
function readName(source: string, start: number): Token | undefined {
  const first = source[start] === "`" ? quoted(source, start) : match(FIRST_PART, source, start);
  if (first === undefined) return undefined;
  let end = start + first.length;
  const parts = [source[start] === "`" ? first.slice(1, -1) : first];
  const rest: string[] = [];
  while (source[end] === ".") {
    const quotedPart = quoted(source, end + 1);
    const part = quotedPart ?? match(NEXT_PART, source, end + 1);
    if (part === undefined) break;
    rest.push(quotedPart === undefined ? part : part.slice(1, -1));
    end += 1 + part.length;
  }
  if (rest.length > 0) parts.push(rest.join("."));
  return { kind: "name", text: source.slice(start, end), position: start + 1, parts };
}

/** Cuts a filter or an order_by clause into tokens. Throws INVALID_PARAMETER_VALUE on a character of no token. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
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
        `Invalid clause(s) in filter string: '${source.slice(at, at + 20)}' (position ${at + 1}). Expected a comparison such as metrics.loss < 0.1.`,
      );
    }
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
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
