import { type Catalogued, quoted } from "./filter-words.ts";

/** What the filter may say next, at the place of the caret. */
export interface Completion {
  /** The part of the text that an option replaces. */
  readonly from: number;
  readonly to: number;
  readonly expects: "name" | "operator" | "value" | "join";
  /** The column whose values are wanted, for them to be asked for. */
  readonly column: string | undefined;
  readonly options: readonly string[];
}

const TOKEN = /\s+|'[^']*'?|"[^"]*"?|[()!,]|[<>=!~]+|[^\s()<>=!~,'"`]*`[^`]*`?|[^\s()<>=!~,'"`]+/gy;
const MOST = 12;
const OPERATORS = {
  number: ["=", "!=", ">", ">=", "<", "<=", "BETWEEN", "IS NULL", "IS NOT NULL"],
  text: ["=", "!=", "LIKE", "ILIKE", "NOT LIKE", "RLIKE", "IS NULL", "IS NOT NULL"],
  listed: ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"],
} as const;

interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

function wordsBefore(text: string, caret: number): readonly Word[] {
  const words: Word[] = [];
  for (const match of text.slice(0, caret).matchAll(TOKEN)) {
    words.push({ text: match[0], from: match.index, to: match.index + match[0].length });
  }
  return words;
}

const isSpace = (word: Word): boolean => word.text.trim() === "";
const isOperator = (text: string): boolean => /^([<>=!~]+|LIKE|ILIKE|RLIKE)$/i.test(text);

/** Reads what stands before the caret, however unfinished it is. */
export function completionAt(text: string, caret: number, known: Catalogued): Completion {
  const words = wordsBefore(text, caret);
  const last = words.at(-1);
  const partial = last === undefined || isSpace(last) || /^[(,]$/.test(last.text) ? undefined : last;
  const done = words.filter((word) => !isSpace(word) && word !== partial);
  const from = partial?.from ?? caret;
  const typed = partial?.text ?? "";
  const { expects, name } = stateAfter(done.map((word) => word.text));
  const column = name === undefined ? undefined : columnOfName(name);
  const base = { from, to: caret, expects, column } as const;
  switch (expects) {
    case "name":
      return { ...base, options: ranked(known.names, typed) };
    case "operator":
      return { ...base, options: ranked(operatorsOf(name ?? ""), typed) };
    case "join":
      return { ...base, options: ranked(["and", "or"], typed) };
    case "value":
      return { ...base, options: ranked((column === undefined ? [] : known.valuesOf(column)).map(quoted), typed) };
  }
}

interface State {
  readonly expects: Completion["expects"];
  readonly name: string | undefined;
}

function stateAfter(words: readonly string[]): State {
  let expects: Completion["expects"] = "name";
  let name: string | undefined;
  let inList = false;
  let inRange = false;
  for (const word of words) {
    const upper = word.toUpperCase();
    if (expects === "name") {
      if (["AND", "OR", "NOT", "("].includes(upper)) continue;
      name = word;
      expects = "operator";
    } else if (expects === "operator") {
      if (isOperator(word)) expects = "value";
      else if (upper === "IN") expects = "value";
      else if (upper === "BETWEEN") {
        expects = "value";
        inRange = true;
      } else if (upper === "NULL") expects = "join";
    } else if (expects === "value") {
      if (word === "(") inList = true;
      else if (word === ",") continue;
      else if (word === ")" && inList) {
        inList = false;
        expects = "join";
      } else if (!inList) expects = "join";
    } else if (upper === "AND" && inRange) {
      inRange = false;
      expects = "value";
    } else if (inList && word === ")") {
      inList = false;
    } else if (upper === "AND" || upper === "OR") {
      expects = "name";
      name = undefined;
    }
  }
  return { expects, name };
}

const ENTITIES: Readonly<Record<string, string>> = {
  metric: "metrics",
  metrics: "metrics",
  param: "params",
  params: "params",
  parameter: "params",
  parameters: "params",
  tag: "tags",
  tags: "tags",
  attribute: "attributes",
  attributes: "attributes",
  attr: "attributes",
  run: "attributes",
};

/** The table's column for a name of the filter. */
function columnOfName(name: string): string | undefined {
  const dot = name.indexOf(".");
  const key = name.slice(dot + 1).replace(/^`|`$/g, "");
  if (dot === -1) return `attributes.${key}`;
  const kind = ENTITIES[name.slice(0, dot).toLowerCase()];
  return kind === undefined ? undefined : `${kind}.${key}`;
}

function operatorsOf(name: string): readonly string[] {
  const column = columnOfName(name);
  if (column?.startsWith("metrics.") || column === "attributes.start_time" || column === "attributes.end_time")
    return OPERATORS.number;
  return name.startsWith("dataset") || column === "attributes.run_id" ? OPERATORS.listed : OPERATORS.text;
}

/** Those that begin with what was typed, then those that hold it. */
function ranked(options: readonly string[], typed: string): readonly string[] {
  const wanted = typed.toLowerCase().replace(/^['"]/, "");
  const rank = (option: string): number => {
    const text = option.toLowerCase().replace(/^['"]/, "");
    if (text.startsWith(wanted)) return 0;
    if (
      text
        .slice(text.indexOf(".") + 1)
        .replace(/^`/, "")
        .startsWith(wanted)
    )
      return 1;
    return text.includes(wanted) ? 2 : 3;
  };
  const found = options.map((option) => ({ option, rank: rank(option) })).filter((each) => each.rank < 3);
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ option }) => option);
}

/** The text with an option in place of what was typed, and where the caret is then. */
export function completed(
  text: string,
  { from, to, expects }: Completion,
  option: string,
): { text: string; caret: number } {
  const rest = text.slice(to);
  const end = expects === "value" && /^['"]/.test(rest) ? rest.slice(1) : rest;
  const space = end.startsWith(" ") ? "" : " ";
  const before = `${text.slice(0, from)}${option}${space}`;
  return { text: before + end, caret: before.length + (space === "" ? 1 : 0) };
}
