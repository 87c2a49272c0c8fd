/** A SQL expression into a function of a row. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import type { Column, Layout, Row } from "../row.ts";
import { castTo } from "./cast.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Expression } from "./parse.ts";
import { type Compiled, commonType, compareValues, isNumber, type SqlType, type Value } from "./value.ts";

export interface Dialect {
  /** Spark 4 refuses a division by zero and an overflow; Spark 3 makes null of the one and wraps the other around. */
  readonly isAnsi: boolean;
}

export interface Scope {
  readonly layout: Layout;
  readonly dialect: Dialect;
  /** Columns that were used; filled by `compile`. */
  readonly used: Set<Column>;
}

/** Names count without case, as in Spark's SQL. */
export function findColumn(layout: Layout, name: string): Column {
  const lower = name.toLowerCase();
  const found = layout.columns().filter((column) => column.name.toLowerCase() === lower);
  if (found.length > 1) throw invalid(`The SQL statement names '${name}', and several columns are called so`);
  return found[0] ?? layout.column(name);
}

export function compile(expression: Expression, scope: Scope): Compiled {
  switch (expression.kind) {
    case "column":
      return readColumn(expression.name, scope);
    case "number":
      return literal(expression.text);
    case "string":
      return { type: "string", run: () => expression.value };
    case "boolean":
      return { type: "boolean", run: () => Number(expression.value) };
    case "null":
      return { type: "null", run: () => null };
    case "cast":
      return castTo(compile(expression.operand, scope), expression.type);
    case "case":
      return caseWhen(
        expression.branches.map(
          ({ when, value }) => [truth(compile(when, scope), "CASE"), compile(value, scope)] as const,
        ),
        compile(expression.otherwise, scope),
      );
    case "call":
      return call(
        expression.name,
        expression.operands.map((operand) => compile(operand, scope)),
        scope.dialect,
      );
  }
}

function readColumn(name: string, { layout, used }: Scope): Compiled {
  const column = findColumn(layout, name);
  used.add(column);
  const { at } = column;
  if (column.kind === "text") return { type: "string", run: (row) => row.texts[at]! };
  if (column.kind === "vector") throw invalid(`Column '${name}' holds a vector, which SQL expressions do not take`);
  return { type: column.type, run: ({ numbers, nulls }) => (nulls[at] === 1 ? null : numbers[at]!) };
}

function literal(text: string): Compiled {
  const digits = text.replace(/(?:bd|[a-z])$/i, "");
  const suffix = text.slice(digits.length).toLowerCase();
  const value = Number(digits);
  const type = literalType(digits, suffix, value);
  if (type === "long" && !Number.isSafeInteger(value)) throw invalid(`The SQL number ${text} is too large to be exact`);
  const rounded = type === "float" ? Math.fround(value) : value;
  return { type, run: () => rounded };
}

function literalType(digits: string, suffix: string, value: number): SqlType {
  if (suffix === "d") return "double";
  if (suffix === "f") return "float";
  if (suffix === "l") return "long";
  if (suffix === "bd") return "decimal";
  if (suffix !== "")
    throw invalid(`The SQL number ${digits}${suffix} is of a type that cannot be scored without Spark`);
  if (/e/i.test(digits)) return "double";
  if (digits.includes(".")) return "decimal";
  return value >= -(2 ** 31) && value < 2 ** 31 ? "integer" : "long";
}

function truth(compiled: Compiled, what: string): (row: Row) => number | null {
  if (compiled.type !== "boolean" && compiled.type !== "null")
    throw invalid(`The SQL expression ${what} takes true or false, not ${compiled.type}`);
  return (row) => {
    const value = compiled.run(row);
    return value === null ? null : Number(value);
  };
}

function caseWhen(
  branches: readonly (readonly [(row: Row) => number | null, Compiled])[],
  otherwise: Compiled,
): Compiled {
  const type = branches.reduce((common, [, { type: one }]) => commonType(common, one, "CASE"), otherwise.type);
  return {
    type,
    run(row) {
      for (const [when, then] of branches) if (when(row) === 1) return then.run(row);
      return otherwise.run(row);
    },
  };
}

type Operator = (operands: readonly Compiled[], dialect: Dialect) => Compiled;

const OPERATORS: Readonly<Record<string, Operator>> = {
  and: logical("AND", 0),
  or: logical("OR", 1),
  not([operand]) {
    const run = truth(operand!, "NOT");
    return {
      type: "boolean",
      run(row) {
        const value = run(row);
        return value === null ? null : 1 - value;
      },
    };
  },
  isnull: ([operand]) => ({ type: "boolean", run: (row) => Number(operand!.run(row) === null) }),
  isnotnull: ([operand]) => ({ type: "boolean", run: (row) => Number(operand!.run(row) !== null) }),
  "=": comparison("=", (order) => order === 0),
  "<": comparison("<", (order) => order < 0),
  "<=": comparison("<=", (order) => order <= 0),
  ">": comparison(">", (order) => order > 0),
  ">=": comparison(">=", (order) => order >= 0),
  "<=>": ([a, b]) => {
    commonType(a!.type, b!.type, "<=>");
    return {
      type: "boolean",
      run(row) {
        const [left, right] = [a!.run(row), b!.run(row)];
        if (left === null || right === null) return Number(left === right);
        return Number(compareValues(left, right) === 0);
      },
    };
  },
  "+": arithmetic("+", (a, b) => a + b),
  "-": arithmetic("-", (a, b) => a - b),
  "*": arithmetic("*", (a, b) => a * b),
  "%": arithmetic("%", (a, b) => a % b, true),
  mod: arithmetic("%", (a, b) => a % b, true),
  "/": (operands, dialect) =>
    division(
      operands.map((operand) => wide(operand)),
      dialect,
    ),
  div: (operands, dialect) => {
    if (operands.some(({ type }) => type !== "integer" && type !== "long" && type !== "null"))
      throw invalid("The SQL operator DIV takes whole numbers");
    const divided = arithmetic("DIV", (a, b) => Math.trunc(a / b), true)(operands, dialect);
    return { ...divided, type: "long" };
  },
  negative: ([operand], dialect) =>
    arithmetic("-", (a, b) => a - b)([{ type: operand!.type, run: () => 0 }, operand!], dialect),
};

/** `decisive` is the value that decides alone: 0 for AND, 1 for OR. */
function logical(what: string, decisive: number): Operator {
  return ([a, b]) => {
    const [left, right] = [truth(a!, what), truth(b!, what)];
    return {
      type: "boolean",
      run(row) {
        const first = left(row);
        if (first === decisive) return decisive;
        const second = right(row);
        if (second === decisive) return decisive;
        return first === null || second === null ? null : 1 - decisive;
      },
    };
  };
}

function comparison(what: string, holds: (order: number) => boolean): Operator {
  return ([a, b]) => {
    commonType(a!.type, b!.type, what);
    return {
      type: "boolean",
      run(row) {
        const left = a!.run(row);
        if (left === null) return null;
        const right = b!.run(row);
        return right === null ? null : Number(holds(compareValues(left, right)));
      },
    };
  };
}

/** Whole numbers into doubles, where Spark divides. */
function wide(operand: Compiled): Compiled {
  if (operand.type === "decimal") return { ...operand, type: "decimal" };
  return operand.type === "null" ? operand : { ...operand, type: isNumber(operand.type) ? "double" : operand.type };
}

const division: Operator = arithmetic("/", (a, b) => a / b, true);

function arithmetic(what: string, work: (a: number, b: number) => number, divides = false): Operator {
  return ([a, b], dialect) => {
    if (a === undefined || b === undefined) throw invalid(`The SQL operator ${what} takes two operands`);
    for (const { type } of [a, b])
      if (!isNumber(type) && type !== "null")
        throw invalid(`The SQL operator ${what} takes numbers, not ${type}: write the CAST that is meant`);
    const type = commonType(a.type, b.type, what);
    if (type === "decimal")
      throw invalid(
        `The SQL operator ${what} on decimals cannot be scored without Spark: write a double, as in 1.5D or CAST(x AS DOUBLE)`,
      );
    const settle = settleTo(type, what, dialect);
    return {
      type,
      run(row) {
        const left = a.run(row);
        const right = b.run(row);
        if (left === null || right === null) return null;
        if (divides && right === 0) {
          if (dialect.isAnsi) throw badRequest(`A SQL expression divides by zero (${what}), which Spark 4 refuses`);
          return null;
        }
        return settle(work(Number(left), Number(right)));
      },
    };
  };
}

/** The result as the type holds it. */
function settleTo(type: SqlType, what: string, { isAnsi }: Dialect): (value: number) => Value {
  if (type === "float") return Math.fround;
  if (type === "integer")
    return (value) => {
      if (value >= -(2 ** 31) && value < 2 ** 31) return value;
      if (isAnsi) throw badRequest(`A SQL expression overflows an integer (${what}), which Spark 4 refuses`);
      return Number(BigInt.asIntN(32, BigInt(value)));
    };
  if (type === "long")
    return (value) => {
      if (Number.isSafeInteger(value)) return value;
      throw badRequest(`A SQL expression gives a whole number beyond 2^53 (${what}), which is not exact without Spark`);
    };
  return (value) => value;
}

function call(name: string, operands: readonly Compiled[], dialect: Dialect): Compiled {
  const operator = OPERATORS[name];
  if (operator !== undefined) return operator(operands, dialect);
  const make = FUNCTIONS[name];
  if (make === undefined)
    throw invalid(
      `The SQL function ${name.toUpperCase()} cannot be scored without Spark; known are ${Object.keys(FUNCTIONS).join(", ")}`,
    );
  return make(operands);
}
