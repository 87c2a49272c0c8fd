import { type EsteiraError, invalid } from "../errors.ts";
import type { Comparison, Filter } from "./ast.ts";
import { type Clause, type ListToken, resolveClauses, type ValueToken } from "./clauses.ts";
import { emptyFilter, unreadable, unreadableList } from "./faults.ts";
import { type NameToken, type Token, tokensOf } from "./lexer.ts";
import { readPythonString } from "./python-text.ts";
import type { SearchRules } from "./rules.ts";

const MAX_LENGTH = 4_000_000;
const MAX_COMPARISONS = 100;
const MAX_DEPTH = 50;
const MAX_LIST = 50_000;

/**
 * Reads a filter:
 *
 *     filter     := any-of
 *     any-of     := all-of (OR all-of)*
 *     all-of     := AND* one (AND* one)* AND*      -- as in MLflow, AND may be left out or repeated
 *     one        := NOT one | "(" any-of ")" | comparison
 *     comparison := name operator value
 *                 | name [NOT] (LIKE | ILIKE | RLIKE) text          -- RLIKE and NOT RLIKE are also written ~ and !~
 *                 | name [NOT] IN ( text, text )
 *                 | name [NOT] BETWEEN number AND number
 *                 | name IS [NOT] NULL
 *
 * MLflow knows comparisons joined by AND, and IS NULL and IN for some fields; it refuses the rest, so a filter means the
 * same to both where both take it. An absent or empty filter is undefined: it takes everything. Refuses with
 * INVALID_PARAMETER_VALUE, naming the text, its position and what was expected.
 */
export function parseFilter(source: string | undefined, rules: SearchRules): Filter | undefined {
  if (source === undefined || source === "") return undefined;
  if (source.length > MAX_LENGTH) {
    throw invalid(`A filter may have at most ${MAX_LENGTH} characters, got ${source.length}.`);
  }
  const parser = new FilterParser(source, rules);
  const tree = parser.parse();
  if (tree === undefined) return undefined;
  return settle(tree, resolveClauses(rules, parser.clauses));
}

/** The shape of a filter before its comparisons are looked at: numbers stand for them, in the order of the text. */
type Shape =
  | number
  | { readonly kind: "not"; readonly operand: Shape }
  | { readonly kind: "and" | "or"; readonly operands: readonly Shape[] };

function settle(shape: Shape, comparisons: readonly Comparison[]): Filter {
  if (typeof shape === "number") return comparisons[shape]!;
  if (shape.kind === "not") return { kind: "not", operand: settle(shape.operand, comparisons) };
  return { kind: shape.kind, operands: shape.operands.map((operand) => settle(operand, comparisons)) };
}

const join = (kind: "and" | "or", operands: readonly Shape[]): Shape =>
  operands.length === 1 ? operands[0]! : { kind, operands };

class FilterParser {
  readonly clauses: Clause[] = [];
  readonly #source: string;
  readonly #rules: SearchRules;
  readonly #tokens: Iterator<Token, void>;
  readonly #ahead: Token[] = [];
  #depth = 0;

  constructor(source: string, rules: SearchRules) {
    this.#source = source;
    this.#rules = rules;
    this.#tokens = tokensOf(source);
  }

  /** Undefined when there is nothing but ANDs. */
  parse(): Shape | undefined {
    const first = this.#peek();
    if (first === undefined) throw emptyFilter(this.#rules, this.#source);
    const filter = this.#anyOf("a comparison such as metrics.loss < 0.1");
    const left = this.#peek();
    if (left === undefined) return filter;
    if (left.text === ";" && this.#peek(1) !== undefined) {
      throw emptyFilter(this.#rules, this.#source, left.position);
    }
    throw this.#unexpected(left, "AND or the end of the filter");
  }

  #anyOf(expected: string): Shape | undefined {
    const first = this.#allOf();
    if (!this.#word("OR")) return first;
    const operands = [first ?? this.#missing(expected)];
    while (this.#word("OR")) {
      this.#take();
      operands.push(this.#allOf() ?? this.#missing(expected));
    }
    return join("or", operands);
  }

  #allOf(): Shape | undefined {
    const operands: Shape[] = [];
    let ands = 0;
    for (;;) {
      if (this.#word("AND")) {
        this.#take();
        ands++;
      } else if (this.#startsOne()) operands.push(this.#one());
      else break;
    }
    if (operands.length > 0) return join("and", operands);
    return ands > 0 && this.#depth === 0 && !this.#word("OR") ? undefined : this.#missing("a comparison");
  }

  #startsOne(): boolean {
    const token = this.#peek();
    if (token === undefined || this.#word("OR")) return false;
    return token.kind !== "punctuation" || token.text === "(";
  }

  #one(): Shape {
    const token = this.#peek();
    if (token?.text === "(" && token.kind === "punctuation") {
      return this.#nested(() => {
        this.#take();
        const inner = this.#anyOf("a comparison") ?? this.#missing("a comparison");
        if (this.#peek()?.text !== ")") throw this.#unexpected(this.#peek(), "a closing parenthesis");
        this.#take();
        return inner;
      });
    }
    // A key may be called "not": the word is the operator only when no comparison follows it.
    if (this.#word("NOT") && this.#peek(1)?.kind !== "operator") {
      return this.#nested(() => {
        this.#take();
        if (!this.#startsOne()) return this.#missing("a comparison");
        return { kind: "not", operand: this.#one() };
      });
    }
    return this.#comparison();
  }

  #nested(read: () => Shape): Shape {
    if (++this.#depth > MAX_DEPTH) throw invalid(`A filter may be nested at most ${MAX_DEPTH} levels deep.`);
    const shape = read();
    this.#depth--;
    return shape;
  }

  #comparison(): number {
    if (this.clauses.length === MAX_COMPARISONS) {
      throw invalid(`A filter may have at most ${MAX_COMPARISONS} comparisons.`);
    }
    const first = this.#peek();
    const name = asName(first);
    if (first === undefined || name === undefined) {
      if (this.#rules.kind !== "logged model" && (first?.kind === "number" || first?.kind === "string")) {
        throw invalid(
          `Invalid comparison clause. Expected 'Identifier' found '${first.text}' (position ${first.position})`,
        );
      }
      throw this.#unexpected(first, "a comparison such as metrics.loss < 0.1");
    }
    this.#take();
    return this.clauses.push(this.#clause(name)) - 1;
  }

  #clause(name: NameToken): Clause {
    if (this.#word("IS")) {
      this.#take();
      const negated = this.#takeWord("NOT");
      if (!this.#takeWord("NULL")) throw this.#unexpected(this.#peek(), "NULL");
      return { form: "null", name, operator: negated ? "IS NOT NULL" : "IS NULL" };
    }
    const { operator, written } = this.#operator(name);
    if (operator !== "BETWEEN" && operator !== "NOT BETWEEN") {
      return { form: "value", name, operator, written, value: this.#value(written, operator.endsWith("IN")) };
    }
    const low = this.#value(written, false);
    if (!this.#takeWord("AND")) throw this.#unexpected(this.#peek(), "AND and a second number");
    return { form: "range", name, operator, written, low, high: this.#value(written, false) };
  }

  #operator(name: NameToken): { operator: string; written: Token } {
    const token = this.#peek();
    if (token?.kind === "operator") {
      this.#take();
      return { operator: { "~": "RLIKE", "!~": "NOT RLIKE" }[token.text] ?? token.text, written: token };
    }
    const negated = this.#word("NOT");
    const word = (negated ? this.#peek(1) : token)?.text.toUpperCase();
    if (token === undefined || word === undefined || !WORDS.has(word)) {
      throw this.#unexpected(name, `an operator after it (${OPERATORS})`);
    }
    this.#take();
    if (negated) this.#take();
    const operator = negated ? `NOT ${word}` : word;
    return { operator, written: { kind: "operator", text: operator, position: token.position } };
  }

  #value(operator: Token, wantsList: boolean): ValueToken {
    const token = this.#peek();
    if (token?.text === "(" && token.kind === "punctuation") return this.#list();
    if (token === undefined || token.kind === "operator" || token.kind === "punctuation") {
      throw this.#unexpected(token ?? operator, "a value");
    }
    if (wantsList) throw this.#unexpected(token, "a list such as ('a', 'b')");
    return this.#take();
  }

  /** A list as Python reads it: texts side by side join, more parentheses around it change nothing. */
  #list(): ListToken {
    const open = this.#take();
    let depth = 1;
    while (this.#peek()?.text === "(" && this.#peek()?.kind === "punctuation") {
      this.#take();
      if (++depth > MAX_DEPTH) throw unreadableList(open.position);
    }
    const items: (string | number)[] = [];
    for (;;) {
      const token = this.#peek();
      if (token?.kind === "string") {
        let text = "";
        while (this.#peek()?.kind === "string") text += readPythonString(this.#take().text);
        items.push(text);
      } else if (token?.kind === "number") items.push(this.#number(token));
      else break;
      if (items.length > MAX_LIST) throw invalid(`A list in a filter may have at most ${MAX_LIST} values.`);
      if (this.#peek()?.text !== ",") break;
      this.#take();
    }
    for (; depth > 0; depth--) {
      const token = this.#peek();
      if (token?.text !== ")" || token.kind !== "punctuation") throw unreadableList(open.position);
      this.#take();
      if (depth === 1) {
        const text = this.#source.slice(open.position - 1, token.position);
        return { kind: "list", text, position: open.position, items };
      }
    }
    throw unreadableList(open.position);
  }

  #number(token: Extract<Token, { kind: "number" }>): number {
    this.#take();
    return token.value;
  }

  #peek(ahead = 0): Token | undefined {
    while (this.#ahead.length <= ahead) {
      const next = this.#tokens.next();
      if (next.done) return undefined;
      this.#ahead.push(next.value);
    }
    return this.#ahead[ahead];
  }
  #take(): Token {
    this.#peek();
    return this.#ahead.shift()!;
  }
  #word(word: string): boolean {
    const token = this.#peek();
    return token?.kind === "name" && token.parts.length === 1 && token.text.toUpperCase() === word;
  }
  #takeWord(word: string): boolean {
    const found = this.#word(word);
    if (found) this.#take();
    return found;
  }
  #missing(expected: string): never {
    throw this.#unexpected(this.#peek(), expected);
  }
  #unexpected(token: Token | undefined, expected: string): EsteiraError {
    return unreadable(this.#rules, this.#source, token, expected);
  }
}

const WORDS = new Set(["LIKE", "ILIKE", "RLIKE", "IN", "BETWEEN"]);
const OPERATORS = "=, !=, >, >=, <, <=, [NOT] LIKE, ILIKE, RLIKE, IN, BETWEEN, IS [NOT] NULL";

/** A name may also stand in double quotes. */
function asName(token: Token | undefined): NameToken | undefined {
  if (token?.kind === "name") return token;
  if (token?.kind !== "string" || !token.text.startsWith('"')) return undefined;
  return { kind: "name", text: token.text, position: token.position, parts: [token.value] };
}
