/** A SQLTransformer's statement into a tree: SELECT expressions FROM __THIS__ [WHERE condition], and nothing beyond. */

import { type EsteiraError, invalid } from "@esteira/core/errors";
import { type Token, tokenize } from "./tokens.ts";

export type Expression =
  | { readonly kind: "column"; readonly name: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" }
  /** A function or an operator, by its name in lower case. */
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] }
  | { readonly kind: "cast"; readonly operand: Expression; readonly type: string }
  /** The value of the first branch that holds. */
  | { readonly kind: "case"; readonly branches: readonly Branch[]; readonly otherwise: Expression };

export interface Branch {
  readonly when: Expression;
  readonly value: Expression;
}

export interface Selection {
  /** Undefined for `*`. */
  readonly expression: Expression | undefined;
  readonly name: string;
}

export interface Statement {
  readonly selections: readonly Selection[];
  readonly where: Expression | undefined;
}

const MAX_DEPTH = 200;
const COMPARISONS = ["=", "==", "<=>", "!=", "<>", "<", "<=", ">", ">="];
/** Words that end an expression, so that they are no names of columns or aliases. */
const RESERVED = new Set(
  "select from where and or not in between like is null case when then else end as cast true false distinct".split(" "),
);

/** Throws INVALID_PARAMETER_VALUE that quotes the place when the statement is more than can be scored. */
export function parseStatement(sql: string): Statement {
  const tokens = tokenize(sql);
  let next = 0;
  let depth = 0;

  const peek = (): Token => tokens[next]!;
  const isWord = (...words: readonly string[]): boolean =>
    peek().kind === "word" && words.includes(peek().text.toLowerCase());
  const isSymbol = (...symbols: readonly string[]): boolean =>
    peek().kind === "symbol" && symbols.includes(peek().text);
  const fail = (expected: string): EsteiraError =>
    invalid(
      `The statement '${sql.slice(0, 200)}' cannot be scored without Spark: expected ${expected} at character ${peek().at}, found '${peek().text}'`,
    );
  const take = (): Token => tokens[next++]!;
  /** Steps over the token when it is the one; tells whether it was. */
  const accept = (isThere: boolean): boolean => {
    if (isThere) next++;
    return isThere;
  };
  const acceptWord = (word: string): boolean => accept(isWord(word));
  const acceptSymbol = (symbol: string): boolean => accept(isSymbol(symbol));
  const expectWord = (word: string): void => {
    if (!acceptWord(word)) throw fail(word.toUpperCase());
  };
  const expectSymbol = (symbol: string): void => {
    if (!acceptSymbol(symbol)) throw fail(`'${symbol}'`);
  };
  const call = (name: string, ...operands: readonly Expression[]): Expression => ({ kind: "call", name, operands });
  const negated = (isNegated: boolean, expression: Expression): Expression =>
    isNegated ? call("not", expression) : expression;

  function expression(): Expression {
    if (++depth > MAX_DEPTH) throw fail(`at most ${MAX_DEPTH} levels of nesting`);
    let left = conjunction();
    while (acceptWord("or")) left = call("or", left, conjunction());
    depth--;
    return left;
  }

  function conjunction(): Expression {
    let left = negation();
    while (acceptWord("and")) left = call("and", left, negation());
    return left;
  }

  function negation(): Expression {
    let isNegated = false;
    while (acceptWord("not")) isNegated = !isNegated;
    return negated(isNegated, predicate());
  }

  function predicate(): Expression {
    const left = sum();
    if (peek().kind === "symbol" && COMPARISONS.includes(peek().text)) {
      const { text } = take();
      const right = sum();
      if (text === "!=" || text === "<>") return call("not", call("=", left, right));
      return call(text === "==" ? "=" : text, left, right);
    }
    if (acceptWord("is")) {
      const isNegated = acceptWord("not");
      expectWord("null");
      return negated(isNegated, call("isnull", left));
    }
    const isNegated = acceptWord("not");
    if (acceptWord("between")) {
      const low = sum();
      expectWord("and");
      return negated(isNegated, call("and", call(">=", left, low), call("<=", left, sum())));
    }
    if (acceptWord("in")) {
      expectSymbol("(");
      const items = list();
      const [first, ...rest] = items.map((item) => call("=", left, item));
      return negated(
        isNegated,
        rest.reduce((all, one) => call("or", all, one), first!),
      );
    }
    if (acceptWord("like")) return negated(isNegated, call("like", left, sum()));
    if (isNegated) throw fail("BETWEEN, IN or LIKE");
    return left;
  }

  function sum(): Expression {
    let left = product();
    while (isSymbol("+", "-")) left = call(take().text, left, product());
    return left;
  }

  function product(): Expression {
    let left = unary();
    while (isSymbol("*", "/", "%") || isWord("div")) left = call(take().text.toLowerCase(), left, unary());
    return left;
  }

  function unary(): Expression {
    if (acceptSymbol("+")) return unary();
    if (!acceptSymbol("-")) return primary();
    // A minus belongs to the number behind it, so that the least integer can be written.
    if (peek().kind === "number") return { kind: "number", text: `-${take().text}` };
    return call("negative", unary());
  }

  function primary(): Expression {
    const token = peek();
    if (acceptSymbol("(")) {
      const inner = expression();
      expectSymbol(")");
      return inner;
    }
    if (token.kind === "number") return { kind: "number", text: take().text };
    if (token.kind === "string") return { kind: "string", value: take().text };
    if (token.kind === "name") return column();
    if (token.kind !== "word") throw fail("an expression");
    if (acceptWord("null")) return { kind: "null" };
    if (isWord("true", "false")) return { kind: "boolean", value: take().text.toLowerCase() === "true" };
    if (acceptWord("case")) return caseWhen();
    if (isWord("cast", "try_cast")) return cast();
    if (tokens[next + 1]?.text === "(" && tokens[next + 1]?.kind === "symbol") {
      const name = take().text.toLowerCase();
      expectSymbol("(");
      return call(name, ...(acceptSymbol(")") ? [] : list()));
    }
    if (RESERVED.has(token.text.toLowerCase())) throw fail("an expression");
    return column();
  }

  function column(): Expression {
    let { text: name } = take();
    // The table's own name before the column's.
    if (name.toUpperCase() === "__THIS__" && acceptSymbol(".")) name = take().text;
    if (isSymbol(".")) throw fail("a plain name of a column");
    return { kind: "column", name };
  }

  /** Behind the opening bracket, up to and with the closing one. */
  function list(): readonly Expression[] {
    const items = [expression()];
    while (acceptSymbol(",")) items.push(expression());
    expectSymbol(")");
    return items;
  }

  function cast(): Expression {
    const isTry = take().text.toLowerCase() === "try_cast";
    if (isTry) throw fail("CAST");
    expectSymbol("(");
    const operand = expression();
    expectWord("as");
    if (peek().kind !== "word") throw fail("a type");
    const type = take().text.toLowerCase();
    expectSymbol(")");
    return { kind: "cast", operand, type };
  }

  function caseWhen(): Expression {
    const subject = isWord("when") ? undefined : expression();
    const branches: Branch[] = [];
    while (acceptWord("when")) {
      const condition = expression();
      expectWord("then");
      branches.push({ when: subject === undefined ? condition : call("=", subject, condition), value: expression() });
    }
    if (branches.length === 0) throw fail("WHEN");
    const otherwise: Expression = acceptWord("else") ? expression() : { kind: "null" };
    expectWord("end");
    return { kind: "case", branches, otherwise };
  }

  function selection(): Selection {
    if (acceptSymbol("*")) return { expression: undefined, name: "*" };
    const selected = expression();
    const isNamed = acceptWord("as") || peek().kind === "name" || (peek().kind === "word" && !isWord(...RESERVED));
    if (isNamed) return { expression: selected, name: take().text };
    if (selected.kind !== "column") throw fail("AS and a name for the expression");
    return { expression: selected, name: selected.name };
  }

  expectWord("select");
  const selections = [selection()];
  while (acceptSymbol(",")) selections.push(selection());
  expectWord("from");
  if (!isWord("__this__")) throw fail("__THIS__");
  take();
  const where = acceptWord("where") ? expression() : undefined;
  if (peek().kind !== "end") throw fail("WHERE or the end");
  return { selections, where };
}
