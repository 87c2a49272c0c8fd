import { CompiledQuery, type RawBuilder, type SqlBool, sql } from "kysely";
import { byDialect, type DialectName, dialectOf } from "./dialect.ts";
import type { Database, Tables } from "./tables.ts";

/**
 * `column IN (values)` by one parameter, however many values there are: no limit on bound variables, and one text
 * of SQL (so one prepared statement) for every length.
 */
export const inList = (column: string, values: readonly (string | number)[]): RawBuilder<SqlBool> =>
  isIn(sql.ref(column), values);

export const isIn = (column: RawBuilder<unknown>, values: readonly (string | number)[]): RawBuilder<SqlBool> =>
  byDialect<SqlBool>({
    sqlite: () => sql`${column} in (select value from json_each(${JSON.stringify(values)}))`,
    postgres: () => sql`${column} = any(${values}${listType(values)})`,
  });

/** Numbers are bigints, so that one which is too large for the column is unequal and no error. */
const listType = (values: readonly (string | number)[]): RawBuilder<unknown> =>
  typeof values[0] === "number" ? sql`::bigint[]` : sql``;

/**
 * Begins a statement that is put together once with a list of texts as its table `listed`: `value`, and `place` counted from 0. The
 * list is read once, however often the statement asks for it.
 */
export const withListed = (list: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`with listed(place, value) as materialized (${byDialect({
    sqlite: () => sql`select key, value from json_each(${list})`,
    postgres: () => sql`select place - 1, value from unnest(${list}::text[]) with ordinality as one(value, place)`,
  })})`;
/** The list as the value of that statement. */
export const listValue = (db: Database, texts: readonly string[]): unknown =>
  dialectOf(db) === "sqlite" ? JSON.stringify(texts) : texts;

/**
 * Ends a SELECT whose rows this write is going to change, or whose state decides what it writes: other writers of the
 * row wait until this one is done. SQLite lets one writer in at a time as it is.
 */
export const forUpdate = byDialect({ sqlite: () => sql``, postgres: () => sql`for update` });

/** Ends a SELECT whose rows must stay as they are until this write is done; others may rely on them too. */
export const forShare = byDialect({ sqlite: () => sql``, postgres: () => sql`for share` });

/** Rows of one statement. Few lengths, so few texts: each one is prepared once a connection, and longer lists take several. */
const SHORTEST = 16;
const LENGTHS = [100, 64, 32, SHORTEST] as const;
const lengthFor = (rows: number): number => LENGTHS.find((length) => rows >= length) ?? rows;

/** The place of the value with this number, from 1. */
const PLACE: Readonly<Record<DialectName, string>> = { sqlite: "?", postgres: "$" };

/**
 * Inserts many rows by few statements, and counts those that were inserted. Kysely's builder would make a node for each
 * value, which costs more than the insert itself; here the text depends only on the number of rows, so it is made once, and its
 * prepared statement is reused. A value that all rows of a long statement share, such as their run, is given once: to hand a value to
 * SQLite takes about as long as to put it into an index.
 */
export async function insertMany<T extends keyof Tables & string>(
  db: Database,
  table: T,
  columns: readonly (keyof Tables[T] & string)[],
  rows: readonly (readonly unknown[])[],
  suffix = "",
): Promise<number> {
  const kind = `${dialectOf(db)} ${table} ${columns.join(" ")} ${suffix}`;
  let texts = INSERTS.get(kind);
  if (texts === undefined) {
    texts = new Map();
    INSERTS.set(kind, texts);
  }
  let inserted = 0;
  for (let start = 0, length = 0; start < rows.length; start += length) {
    length = lengthFor(rows.length - start);
    const chunk = rows.slice(start, start + length);
    const isShared = columns.map((_, column) => length >= SHORTEST && isSame(chunk, column));
    const shape = `${length} ${isShared}`;
    let text = texts.get(shape);
    if (text === undefined) {
      const names = columns.map((column) => `"${column}"`).join(", ");
      const values = placesOf(PLACE[dialectOf(db)], length, isShared);
      text = `insert into "${table}" (${names}) values ${values} ${suffix}`;
      texts.set(shape, text);
    }
    const { numAffectedRows = 0n } = await db.executeQuery(CompiledQuery.raw(text, valuesOf(chunk, isShared)));
    inserted += Number(numAffectedRows);
  }
  return inserted;
}
/** Texts by what is inserted where, and by the number of rows. A long text that is always the same one is found faster. */
const INSERTS = new Map<string, Map<string, string>>();

function isSame(rows: readonly (readonly unknown[])[], column: number): boolean {
  const value = rows[0]?.[column];
  return rows.every((row) => row[column] === value);
}

/** The values as `placesOf` numbers them: those that rows share, then the rest row by row. */
function valuesOf(rows: readonly (readonly unknown[])[], isShared: readonly boolean[]): unknown[] {
  const values = isShared.flatMap((is, column) => (is ? [rows[0]?.[column]] : []));
  const own = isShared.flatMap((is, column) => (is ? [] : [column]));
  for (const row of rows) for (const column of own) values.push(row[column]);
  return values;
}

function placesOf(place: string, length: number, isShared: readonly boolean[]): string {
  let shared = 0;
  const places = isShared.map((is) => (is ? `${place}${++shared}` : undefined));
  let number = shared;
  const row = () => `(${places.map((known) => known ?? `${place}${++number}`).join(", ")})`;
  return Array.from({ length }, row).join(", ");
}

/**
 * Rows in the order in which every writer takes them: two that update the same rows in opposite orders would wait for each
 * other. SQLite has one writer at a time, and there the order in which rows were logged stays visible.
 */
export const inLockOrder = <Row>(db: Database, rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] =>
  dialectOf(db) === "sqlite" ? rows : rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

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
