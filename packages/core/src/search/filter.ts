import { type EsteiraError, invalid } from "../errors.ts";
import type { Comparison, Filter } from "./ast.ts";
import { compare, compareNull, type ValueToken } from "./fields.ts";
import { type Token, tokenize } from "./lexer.ts";
import type { SearchRules } from "./rules.ts";

/** `mlflow` is what MLflow takes: comparisons joined by AND. `extended` adds OR, NOT and parentheses. */
export type Grammar = "mlflow" | "extended";

const MAX_COMPARISONS = 100;
const MAX_DEPTH = 50;

/**
 * Reads a filter:
 *
 *     filter     := any-of                      -- `all-of` in the mlflow grammar
 *     any-of     := all-of (OR all-of)*
 *     all-of     := one (AND one)* [AND]
 *     one        := NOT one | "(" filter ")" | comparison
 *     comparison := name operator value | name [NOT] IN ( 'a', 'b' ) | name IS [NOT] NULL
 *
 * An absent or empty filter is undefined: it takes everything. Refuses with INVALID_PARAMETER_VALUE, naming the text,
 * its position and what was expected.
 */
export function parseFilter(
  source: string | undefined,
  rules: SearchRules,
  grammar: Grammar = "mlflow",
): Filter | undefined {
  if (source === undefined || source === "") return undefined;
  const tokens = tokenize(source);
  if (tokens.length === 0) throw invalid(`Invalid filter '${source}'. Could not be parsed.`);
  return new FilterParser(source, tokens, rules, grammar).parse();
}

class FilterParser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #rules: SearchRules;
  readonly #grammar: Grammar;
  #next = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(source: string, tokens: readonly Token[], rules: SearchRules, grammar: Grammar) {
    this.#source = source;
    this.#tokens = tokens;
    this.#rules = rules;
    this.#grammar = grammar;
  }

  parse(): Filter {
    const filter = this.#anyOf();
    const left = this.#peek();
    if (left?.text === ";") {
      // A semicolon at the very end closes one statement; more text after it would be a second one.
      if (this.#next === this.#tokens.length - 1) return filter;
      throw invalid(
        `Search filter contained multiple expression '${this.#source}'. Provide AND-ed expression list. (position ${left.position})`,
      );
    }
    if (left !== undefined) throw this.#unexpected(left, "AND or the end of the filter");
    return filter;
  }

  #anyOf(): Filter {
    const operands = [this.#allOf()];
    while (this.#word("OR")) {
      this.#extendedOnly(this.#take());
      operands.push(this.#allOf());
    }
    return operands.length === 1 ? operands[0]! : { kind: "or", operands };
  }

  #allOf(): Filter {
    const operands = [this.#one()];
    while (this.#word("AND")) {
      this.#take();
      if (this.#peek() === undefined) break;
      operands.push(this.#one());
    }
    return operands.length === 1 ? operands[0]! : { kind: "and", operands };
  }

  #one(): Filter {
    const token = this.#peek();
    if (token?.text === "(") {
      this.#extendedOnly(token);
      return this.#nested(() => {
        this.#take();
        const inner = this.#anyOf();
        if (this.#peek()?.text !== ")") throw this.#unexpected(this.#peek(), "a closing parenthesis");
        this.#take();
        return inner;
      });
    }
    // A key may be called "not": the word is the operator only when no comparison follows it.
    if (token !== undefined && this.#word("NOT") && this.#peek(1)?.kind !== "operator") {
      this.#extendedOnly(token);
      return this.#nested(() => {
        this.#take();
        return { kind: "not", operand: this.#one() };
      });
    }
    return this.#comparison();
  }

  #nested(read: () => Filter): Filter {
    if (++this.#depth > MAX_DEPTH) throw invalid(`A filter may be nested at most ${MAX_DEPTH} levels deep.`);
    const filter = read();
    this.#depth--;
    return filter;
  }

  #comparison(): Comparison {
    if (++this.#comparisons > MAX_COMPARISONS) {
      throw invalid(`A filter may have at most ${MAX_COMPARISONS} comparisons.`);
    }
    const first = this.#peek();
    const name = asName(first);
    if (first === undefined || name === undefined) {
      if (first?.kind === "number" || first?.kind === "string") {
        throw invalid(
          `Invalid comparison clause. Expected 'Identifier' found '${first.text}' (position ${first.position})`,
        );
      }
      throw this.#unexpected(first, "a comparison such as metrics.loss < 0.1");
    }
    this.#take();
    if (this.#word("IS")) {
      this.#take();
      const negated = this.#word("NOT");
      if (negated) this.#take();
      if (!this.#word("NULL")) throw this.#unexpected(this.#peek(), "NULL");
      this.#take();
      return compareNull(this.#rules, name, negated ? "IS NOT NULL" : "IS NULL");
    }
    const operator = this.#operator(name);
    const value = this.#value(operator);
    return compare(this.#rules, name, operator, value);
  }

  #operator(name: Token): Token {
    const token = this.#peek();
    if (token?.kind === "operator") return this.#take();
    if (this.#word("LIKE") || this.#word("ILIKE") || this.#word("IN")) return this.#take();
    if (this.#word("NOT") && this.#peek(1)?.text.toUpperCase() === "IN") {
      const not = this.#take();
      this.#take();
      return { kind: "operator", text: "NOT IN", position: not.position };
    }
    throw this.#unexpected(name, "an operator after it (=, !=, >, >=, <, <=, LIKE, ILIKE, IN, IS NULL)");
  }

  #value(operator: Token): ValueToken {
    const token = this.#peek();
    if (token?.text === "(" && token.kind === "punctuation") return this.#list();
    if (token === undefined || token.kind === "operator" || token.kind === "punctuation") {
      throw this.#unexpected(token ?? operator, "a value");
    }
    if (operator.text.toUpperCase().endsWith("IN")) throw this.#unexpected(token, "a list such as ('a', 'b')");
    return this.#take();
  }

  #list(): ValueToken {
    const open = this.#take();
    const values: string[] = [];
    for (;;) {
      const token = this.#peek();
      if (token?.text === ")" && token.kind === "punctuation") break;
      if (token?.kind !== "string") {
        throw invalid(
          `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${this.#source.slice(open.position - 1, open.position + 60)} (position ${token?.position ?? this.#source.length})`,
        );
      }
      values.push(token.value);
      this.#take();
      if (this.#peek()?.text === ",") this.#take();
    }
    const close = this.#take();
    if (values.length === 0) {
      throw invalid(
        `While parsing a list in the query, expected a non-empty list of string values, but got empty list (position ${open.position})`,
      );
    }
    return { kind: "list", text: this.#source.slice(open.position - 1, close.position), values };
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead];
  }
  #take(): Token {
    return this.#tokens[this.#next++]!;
  }
  #word(word: string): boolean {
    const token = this.#peek();
    return token?.kind === "name" && token.parts.length === 1 && token.text.toUpperCase() === word;
  }
  #extendedOnly(token: Token): void {
    if (this.#grammar === "mlflow") throw this.#unexpected(token, "comparisons joined by AND");
  }
  #unexpected(token: Token | undefined, expected: string): EsteiraError {
    if (this.#rules.bareValues) {
      return invalid(
        `Invalid filter string: ${JSON.stringify(this.#source)}. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01'); at position ${token?.position ?? this.#source.length + 1} expected ${expected}.`,
      );
    }
    return invalid(
      token === undefined
        ? `Invalid clause(s) in filter string: it ends where ${expected} was expected.`
        : `Invalid clause(s) in filter string: '${token.text}' (position ${token.position}). Expected ${expected}.`,
    );
  }
}

/** A name may also stand in double quotes. */
function asName(token: Token | undefined): Extract<Token, { kind: "name" }> | undefined {
  if (token?.kind === "name") return token;
  if (token?.kind !== "string" || !token.text.startsWith('"')) return undefined;
  return { kind: "name", text: token.text, position: token.position, parts: [token.value] };
}
