import type { Comparison, Filter, PatternOperator } from "@esteira/core/search/ast";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import { isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { MOST_VALUES } from "./regex.ts";

export type Condition = RawBuilder<SqlBool>;

/** How one kind of thing turns a comparison on one of its fields into SQL. */
export type CompareField = (comparison: Comparison) => Condition;

const all = (conditions: readonly Condition[], word: "and" | "or"): Condition =>
  sql<SqlBool>`(${sql.join(conditions, word === "and" ? sql` and ` : sql` or `)})`;

/** The filter as one SQL condition; user text only ever becomes a bound parameter. */
export function compileFilter(filter: Filter, compareField: CompareField): Condition {
  switch (filter.kind) {
    case "comparison":
      return compareField(filter);
    case "not":
      // A comparison with a missing value is neither true nor false; NOT takes those rows too.
      return sql<SqlBool>`(not coalesce(${compileFilter(filter.operand, compareField)}, false))`;
    default:
      return all(
        filter.operands.map((operand) => compileFilter(operand, compareField)),
        filter.kind,
      );
  }
}

/** `column operator value`. Column is an expression of ours, never text of the user. */
export function test(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator } = comparison;
  switch (operator) {
    case "IS NULL":
    case "IS NOT NULL":
      return sql<SqlBool>`${column} ${sql.raw(operator)}`;
    case "IN":
      return isIn(column, comparison.values);
    case "NOT IN":
      return sql<SqlBool>`not ${isIn(column, comparison.values)}`;
    case "BETWEEN":
    case "NOT BETWEEN":
      return sql<SqlBool>`${column} ${sql.raw(operator)} ${comparison.low} and ${comparison.high}`;
    case "LIKE":
    case "ILIKE":
    case "NOT LIKE":
    case "NOT ILIKE":
      return like(column, operator, comparison.value);
    case "RLIKE":
    case "NOT RLIKE":
      throw new Error("a regular expression is settled before SQL is made");
    default:
      return sql<SqlBool>`${column} ${sql.raw(operator)} ${comparison.value}`;
  }
}

/** LIKE minds case (in SQLite by a pragma of the connection), ILIKE does not. */
function like(column: RawBuilder<unknown>, operator: PatternOperator, pattern: string): Condition {
  const negated = operator.startsWith("NOT") ? sql`not ` : sql``;
  if (!operator.endsWith("ILIKE")) return sql<SqlBool>`${column} ${negated}like ${pattern}`;
  return byDialect<SqlBool>({
    sqlite: () => sql`lower(${column}) ${negated}like lower(${pattern})`,
    postgres: () => sql`${column} ${negated}ilike ${pattern}`,
  });
}

/** A text of a row itself: one that is empty counts as missing, as it does on the wire. */
export function testText(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  if (comparison.operator === "IS NULL") return sql<SqlBool>`coalesce(${column}, '') = ''`;
  if (comparison.operator === "IS NOT NULL") return sql<SqlBool>`${column} <> ''`;
  return test(column, comparison);
}

export interface KeyedTable {
  readonly table: string;
  readonly key: string;
  readonly value: string;
  /** Join of the table `t` with the searched row. */
  readonly join: RawBuilder<unknown>;
  /** An index on key, value and owner: of a value that is asked for, SQLite would rather look at the owner's row. */
  readonly byValue?: string;
}

/** A comparison on something kept as key and value in a table of its own. */
export function testKeyed(source: KeyedTable, comparison: Comparison): Condition {
  const by = comparison.operator === "=" ? source.byValue : undefined;
  const table = sql`${sql.table(source.table)} as t${by === undefined ? sql`` : indexedBy(by)}`;
  return testRows(
    sql`select 1 from ${table} where ${source.join} and t.${sql.ref(source.key)} = ${comparison.field.key}`,
    comparison,
    () => test(sql`t.${sql.ref(source.value)}`, comparison),
  );
}

/** SQLite's hint; PostgreSQL knows by its statistics. */
const indexedBy = (index: string): RawBuilder<unknown> =>
  byDialect({ sqlite: () => sql` indexed by ${sql.ref(index)}`, postgres: () => sql`` });

/** A comparison on the rows of a subquery: one must pass; for IS NULL, none may be there. */
export function testRows(rows: RawBuilder<unknown>, comparison: Comparison, passes: () => Condition): Condition {
  if (comparison.operator === "IS NULL") return sql<SqlBool>`not exists (${rows})`;
  if (comparison.operator === "IS NOT NULL") return sql<SqlBool>`exists (${rows})`;
  return sql<SqlBool>`exists (${rows} and ${passes()})`;
}

/** The different values under a key. */
export async function keyedValues(db: Database, source: KeyedTable, key: string): Promise<readonly string[]> {
  const value = sql`t.${sql.ref(source.value)}`;
  return distinctValues(
    db,
    value,
    sql`${sql.table(source.table)} as t where t.${sql.ref(source.key)} = ${key} and ${value} is not null`,
  );
}

/** The different values of an expression; `from` is what follows FROM, with its conditions. */
export async function distinctValues(
  db: Database,
  value: RawBuilder<unknown>,
  from: RawBuilder<unknown>,
): Promise<readonly string[]> {
  const { rows } = await sql<{ value: string | null }>`
    select distinct ${value} as value from ${from} limit ${MOST_VALUES + 1}`.execute(db);
  return rows.map((row) => row.value ?? "");
}
