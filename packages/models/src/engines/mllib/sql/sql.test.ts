import { describe, expect, it } from "vitest";
import { createLayout, type Row } from "../row.ts";
import { compile } from "./compile.ts";
import { parseStatement } from "./parse.ts";
import type { Value } from "./value.ts";

const layout = createLayout();
const d = layout.number("d", "double");
const i = layout.number("i", "integer");
const l = layout.number("Long Name", "long");
const b = layout.number("b", "boolean");
const t = layout.text("t");
layout.vector("v", 2);

interface Given {
  readonly d?: number;
  readonly i?: number;
  readonly l?: number;
  readonly b?: boolean;
  readonly t?: string;
}

function rowOf(given: Given): Row {
  const row = layout.createRow();
  const put = (at: number, value: number | boolean | undefined) => {
    row.nulls[at] = value === undefined ? 1 : 0;
    row.numbers[at] = Number(value);
  };
  put(d.at, given.d);
  put(i.at, given.i);
  put(l.at, given.l);
  put(b.at, given.b);
  row.texts[t.at] = given.t ?? null;
  return row;
}

function ask(expression: string, given: Given = {}, isAnsi = true): Value {
  const [selection] = parseStatement(`SELECT ${expression} AS x FROM __THIS__`).selections;
  return compile(selection!.expression!, { layout, dialect: { isAnsi }, used: new Set() }).run(rowOf(given));
}

describe("SQL expressions", () => {
  it("bind as SQL does", () => {
    expect(ask("1 + 2 * 3")).toBe(7);
    expect(ask("-(2 - 5) * 2")).toBe(6);
    expect(ask("NOT 1 = 2 AND 2 BETWEEN 1 AND 3 OR false")).toBe(1);
    expect(ask("7 % 4 + 9 div 2")).toBe(7);
    expect(ask("1 / 2")).toBe(0.5);
  });

  it("know true, false and null", () => {
    expect(ask("b AND false")).toBe(0);
    expect(ask("b OR true")).toBe(1);
    expect(ask("b AND true")).toBe(null);
    expect(ask("NOT b")).toBe(null);
    expect(ask("d = 1")).toBe(null);
    expect(ask("d <=> NULL")).toBe(1);
    expect(ask("d IS NOT NULL", { d: 1 })).toBe(1);
    expect(ask("t IN ('a', NULL)", { t: "b" })).toBe(null);
    expect(ask("t NOT IN ('a', 'c')", { t: "b" })).toBe(1);
  });

  it("order NaN above all, and take -0 for 0", () => {
    expect(ask("d > 1e308", { d: Number.NaN })).toBe(1);
    expect(ask("d = d", { d: Number.NaN })).toBe(1);
    expect(ask("greatest(d, 1e0)", { d: Number.NaN })).toBe(Number.NaN);
    expect(ask("least(d, NULL, 5e0)", { d: Number.NaN })).toBe(5);
    expect(ask("d = 0", { d: -0 })).toBe(1);
    expect(ask("isnan(d)", {})).toBe(0);
  });

  it("choose", () => {
    expect(ask("CASE WHEN i < 6 THEN 'early' WHEN i < 20 THEN 'day' END", { i: 7 })).toBe("day");
    expect(ask("CASE WHEN i < 6 THEN 'early' END", { i: 7 })).toBe(null);
    expect(ask("CASE t WHEN 'a' THEN 1 ELSE 2 END", { t: "a" })).toBe(1);
    expect(ask("if(b, 1, 2)")).toBe(2);
    expect(ask("coalesce(d, i, 3)", { i: 4 })).toBe(4);
    expect(ask("nullif(i, 4)", { i: 4 })).toBe(null);
    expect(ask("nanvl(d, 1D)", { d: Number.NaN })).toBe(1);
  });

  it("compute", () => {
    expect(ask("ln(0D)")).toBe(null);
    expect(ask("log1p(-1D)")).toBe(null);
    expect(ask("sqrt(d)", { d: 16 })).toBe(4);
    expect(ask("pow(2, 10)")).toBe(1024);
    expect(ask("floor(d)", { d: -0.5 })).toBe(-1);
    expect(ask("cast(d AS int)", { d: -1.9 })).toBe(-1);
    expect(ask("cast(i AS string)", { i: 7 })).toBe("7");
    expect(ask("cast(d AS string)", { d: 7 })).toBe("7.0");
    expect(ask("`long name` + 1", { l: 2 })).toBe(3);
  });

  it("read text", () => {
    expect(ask("upper(t)", { t: "pix" })).toBe("PIX");
    expect(ask("length('\\'é')")).toBe(2);
    expect(ask("t LIKE 'p_x%'", { t: "pix in" })).toBe(1);
    expect(ask("t LIKE 'p.x'", { t: "pix" })).toBe(0);
    expect(ask("t LIKE '50\\%'", { t: "50%" })).toBe(1);
    expect(ask("t < 'ç'", { t: "z" })).toBe(1);
  });

  it("divide by zero and overflow as the version of Spark does", () => {
    expect(() => ask("1 / 0")).toThrow("divides by zero");
    expect(ask("1 / 0", {}, false)).toBe(null);
    expect(() => ask("i + 1", { i: 2 ** 31 - 1 })).toThrow("overflows an integer");
    expect(ask("i + 1", { i: 2 ** 31 - 1 }, false)).toBe(-(2 ** 31));
    expect(() => ask("`Long Name` * 2", { l: 2 ** 53 - 1 })).toThrow("not exact without Spark");
  });

  it("are refused where they say more than can be scored, by name and place", () => {
    const refused = (expression: string) => () => ask(expression);
    expect(refused("rand()")).toThrow("The SQL function RAND cannot be scored without Spark; known are abs");
    expect(refused("i * 1.5")).toThrow("decimals cannot be scored without Spark: write a double, as in 1.5D");
    expect(refused("t + 1")).toThrow("takes numbers, not string");
    expect(refused("t = 1")).toThrow("mixes string and integer");
    expect(refused("v")).toThrow("holds a vector");
    expect(refused("nothing")).toThrow("has no column 'nothing'");
    expect(refused("cast(t AS int)")).toThrow("CAST of string to INT cannot be scored");
    expect(refused("cast(d AS date)")).toThrow("CAST to DATE cannot be scored");
    const statement = (sql: string) => () => parseStatement(sql);
    expect(statement("SELECT count(*) FROM __THIS__")).toThrow("expected an expression at character 13, found '*'");
    expect(statement("SELECT a FROM __THIS__ GROUP BY a")).toThrow("expected WHERE or the end at character 23");
    expect(statement("SELECT a FROM other")).toThrow("expected __THIS__ at character 14, found 'other'");
    expect(statement("SELECT a + 1 FROM __THIS__")).toThrow("expected AS and a name");
    expect(statement("SELECT sum(a) OVER (w) AS x FROM __THIS__")).toThrow("cannot be scored without Spark");
    expect(statement("SELECT 'a' 'b' AS x FROM __THIS__")).toThrow("two strings side by side");
    expect(statement("SELECT a; DROP TABLE x FROM __THIS__")).toThrow("which is not understood");
    expect(statement(`SELECT ${"(".repeat(1000)}1${")".repeat(1000)} AS x FROM __THIS__`)).toThrow("levels of nesting");
    expect(statement(`SELECT ${"- ".repeat(10_000)}1 AS x FROM __THIS__`)).toThrow("more than 5000 words");
    expect(ask(`1${" + 1".repeat(2000)}`)).toBe(2001);
  });
});
