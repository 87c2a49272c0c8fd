import { CompiledQuery, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database, Tables } from "./tables.ts";

/**
 * `column IN (values)` by one parameter, however many values there are: no limit on bound variables, and one text
 * of SQL (so one prepared statement) for every length.
 */
export const inList = (column: string, values: readonly (string | number)[]): RawBuilder<SqlBool> =>
  sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`;

const MAX_ROWS = 100;

/**
 * Inserts many rows by few statements. Kysely's builder would make a node for each value, which costs more than the
 * insert itself; here the text depends only on the number of rows, so its prepared statement is reused.
 */
export async function insertMany<T extends keyof Tables & string>(
  db: Database,
  table: T,
  columns: readonly (keyof Tables[T] & string)[],
  rows: readonly (readonly unknown[])[],
  suffix = "",
): Promise<void> {
  const names = columns.map((column) => `"${column}"`).join(", ");
  const group = `(${columns.map(() => "?").join(", ")})`;
  for (let start = 0; start < rows.length; start += MAX_ROWS) {
    const chunk = rows.slice(start, start + MAX_ROWS);
    const groups = new Array(chunk.length).fill(group).join(", ");
    await db.executeQuery(
      CompiledQuery.raw(`insert into "${table}" (${names}) values ${groups} ${suffix}`, chunk.flat()),
    );
  }
}

/** The rows of several owners, fetched at once, by owner. */
export function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): ReadonlyMap<Key, readonly Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
