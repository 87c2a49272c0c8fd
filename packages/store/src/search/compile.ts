import type { Comparison, Filter, PatternOperator } from "@esteira/core/search/ast";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import { isIn } from "../database/sql.ts";

export type Condition = RawBuilder<SqlBool>;

/** What a comparison says about a value, without the field. */
export type Test = Comparison;

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
    case "LIKE":
    case "ILIKE":
      return like(column, operator, comparison.value);
    default:
      return sql<SqlBool>`${column} ${sql.raw(operator)} ${comparison.value}`;
  }
}

/** LIKE minds case (in SQLite by a pragma of the connection), ILIKE does not. */
const like = (column: RawBuilder<unknown>, operator: PatternOperator, pattern: string): Condition =>
  operator === "LIKE"
    ? sql<SqlBool>`${column} like ${pattern}`
    : byDialect<SqlBool>({
        sqlite: () => sql`lower(${column}) like lower(${pattern})`,
        postgres: () => sql`${column} ilike ${pattern}`,
      });

export interface KeyedTable {
  readonly table: string;
  readonly key: string;
  readonly value: string;
  /** Join of the table `t` with the searched row. */
  readonly join: RawBuilder<unknown>;
}

/** A comparison on something kept as key and value in a table of its own. */
export function testKeyed(source: KeyedTable, comparison: Comparison): Condition {
  const rows = sql`select 1 from ${sql.table(source.table)} as t where ${source.join} and t.${sql.ref(source.key)} = ${comparison.field.key}`;
  if (comparison.operator === "IS NULL") return sql<SqlBool>`not exists (${rows})`;
  if (comparison.operator === "IS NOT NULL") return sql<SqlBool>`exists (${rows})`;
  return sql<SqlBool>`exists (${rows} and ${test(sql`t.${sql.ref(source.value)}`, comparison)})`;
}
