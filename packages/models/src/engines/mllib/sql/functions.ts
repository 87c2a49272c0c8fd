/** The SQL functions that can be scored, with Spark's nulls. */

import { invalid } from "@esteira/core/errors";
import { type Compiled, commonType, compareValues, isNumber, type SqlType, type Value } from "./value.ts";

type Make = (operands: readonly Compiled[]) => Compiled;

function takes(name: string, operands: readonly Compiled[], least: number, most = least): void {
  if (operands.length < least || operands.length > most)
    throw invalid(
      `The SQL function ${name.toUpperCase()} has ${operands.length} operands, expected ${least === most ? least : `${least} to ${most}`}`,
    );
}

function refuseText(name: string, operands: readonly Compiled[]): void {
  for (const { type } of operands)
    if (!isNumber(type) && type !== "null")
      throw invalid(`The SQL function ${name.toUpperCase()} takes numbers, not ${type}: write the CAST that is meant`);
}

/** A function of doubles: null in, null out; NaN stands for itself. */
function ofDouble(name: string, work: (value: number) => Value): Make {
  return (operands) => {
    takes(name, operands, 1);
    refuseText(name, operands);
    const { run } = operands[0]!;
    return {
      type: "double",
      run(row) {
        const value = run(row);
        return value === null ? null : work(Number(value));
      },
    };
  };
}

/** Logarithms are null at and below their pole. */
const logarithm = (name: string, work: (value: number) => number, pole = 0): Make =>
  ofDouble(name, (value) => (value <= pole ? null : work(value)));

/** Keeps the type of its operand. */
function ofNumber(name: string, work: (value: number) => number): Make {
  return (operands) => {
    const { run } = ofDouble(name, work)(operands);
    const { type } = operands[0]!;
    return { type: type === "null" ? "double" : type, run };
  };
}

function common(name: string, operands: readonly Compiled[]): SqlType {
  return operands.reduce<SqlType>((type, operand) => commonType(type, operand.type, name.toUpperCase()), "null");
}

const coalesce: Make = (operands) => {
  const type = common("coalesce", operands);
  return {
    type,
    run(row) {
      for (const { run } of operands) {
        const value = run(row);
        if (value !== null) return value;
      }
      return null;
    },
  };
};

/** The largest (1) or least (-1) of what is not null. */
function extreme(name: string, sign: number): Make {
  return (operands) => {
    takes(name, operands, 2, 1000);
    const type = common(name, operands);
    return {
      type,
      run(row) {
        let best: Value = null;
        for (const { run } of operands) {
          const value = run(row);
          if (value !== null && (best === null || compareValues(value, best) * sign > 0)) best = value;
        }
        return best;
      },
    };
  };
}

function ofText(name: string, type: SqlType, work: (text: string) => Value): Make {
  return (operands) => {
    takes(name, operands, 1);
    const [operand] = operands;
    if (operand!.type !== "string" && operand!.type !== "null")
      throw invalid(`The SQL function ${name.toUpperCase()} takes text, not ${operand!.type}`);
    return {
      type,
      run(row) {
        const value = operand!.run(row);
        return value === null ? null : work(String(value));
      },
    };
  };
}

const power: Make = (operands) => {
  takes("power", operands, 2);
  refuseText("power", operands);
  const [base, exponent] = operands;
  return {
    type: "double",
    run(row) {
      const [a, b] = [base!.run(row), exponent!.run(row)];
      if (a === null || b === null) return null;
      return Number(a) ** Number(b);
    },
  };
};

/** LIKE with % and _, and a backslash before one that is meant. */
const like: Make = (operands) => {
  takes("like", operands, 2);
  const [text, pattern] = operands;
  if (text!.type !== "string" || pattern!.type !== "string") throw invalid("The SQL operator LIKE takes texts");
  const patterns = new Map<string, RegExp>();
  const compiled = (source: string): RegExp => {
    let known = patterns.get(source);
    if (known === undefined) {
      const body = source.replace(/\\([%_\\])|[%_]|[.*+?^${}()|[\]\\]/gs, (match, escaped: string | undefined) => {
        if (escaped !== undefined) return escaped === "\\" ? "\\\\" : escaped;
        if (match === "%") return "[\\s\\S]*";
        return match === "_" ? "[\\s\\S]" : `\\${match}`;
      });
      known = new RegExp(`^${body}$`, "u");
      patterns.set(source, known);
    }
    return known;
  };
  return {
    type: "boolean",
    run(row) {
      const [value, source] = [text!.run(row), pattern!.run(row)];
      return value === null || source === null ? null : Number(compiled(String(source)).test(String(value)));
    },
  };
};

export const FUNCTIONS: Readonly<Record<string, Make>> = {
  abs: ofNumber("abs", Math.abs),
  ceil: (operands) => rounding("ceil", Math.ceil, operands),
  coalesce,
  cos: ofDouble("cos", Math.cos),
  exp: ofDouble("exp", Math.exp),
  expm1: ofDouble("expm1", Math.expm1),
  floor: (operands) => rounding("floor", Math.floor, operands),
  greatest: extreme("greatest", 1),
  if(operands) {
    takes("if", operands, 3);
    const [condition, then, otherwise] = operands;
    if (condition!.type !== "boolean" && condition!.type !== "null")
      throw invalid(`The SQL function IF takes true or false, not ${condition!.type}`);
    const type = common("if", [then!, otherwise!]);
    return { type, run: (row) => (condition!.run(row) === 1 ? then!.run(row) : otherwise!.run(row)) };
  },
  ifnull: coalesce,
  isnan(operands) {
    takes("isnan", operands, 1);
    refuseText("isnan", operands);
    return { type: "boolean", run: (row) => Number(Number.isNaN(operands[0]!.run(row))) };
  },
  least: extreme("least", -1),
  length: ofText("length", "integer", (text) => [...text].length),
  like,
  ln: logarithm("ln", Math.log),
  log: logarithm("log", Math.log),
  log10: logarithm("log10", Math.log10),
  log1p: logarithm("log1p", Math.log1p, -1),
  log2: logarithm("log2", (value) => Math.log(value) / Math.LN2),
  lower: ofText("lower", "string", (text) => text.toLowerCase()),
  nullif(operands) {
    takes("nullif", operands, 2);
    const [a, b] = operands;
    commonType(a!.type, b!.type, "NULLIF");
    return {
      type: a!.type,
      run(row) {
        const [left, right] = [a!.run(row), b!.run(row)];
        return left !== null && right !== null && compareValues(left, right) === 0 ? null : left;
      },
    };
  },
  nanvl(operands) {
    takes("nanvl", operands, 2);
    refuseText("nanvl", operands);
    const type = common("nanvl", operands);
    return {
      type: type === "float" ? type : "double",
      run(row) {
        const value = operands[0]!.run(row);
        return Number.isNaN(value) ? operands[1]!.run(row) : value;
      },
    };
  },
  nvl: coalesce,
  pow: power,
  power,
  sign: ofDouble("sign", Math.sign),
  signum: ofDouble("signum", Math.sign),
  sin: ofDouble("sin", Math.sin),
  sqrt: ofDouble("sqrt", Math.sqrt),
  tanh: ofDouble("tanh", Math.tanh),
  upper: ofText("upper", "string", (text) => text.toUpperCase()),
};

/** FLOOR and CEIL give whole numbers. */
function rounding(name: string, work: (value: number) => number, operands: readonly Compiled[]): Compiled {
  const { run } = ofDouble(name, (value) => {
    const whole = work(value) + 0;
    if (Number.isSafeInteger(whole)) return whole;
    throw invalid(
      `The SQL function ${name.toUpperCase()} of ${value} is beyond 2^53, which is not exact without Spark`,
    );
  })(operands);
  return { type: "long", run };
}
