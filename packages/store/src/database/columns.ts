import { type Int64, parseInt64 } from "@esteira/core/int64";
import { type RawBuilder, sql } from "kysely";
import { byDialect } from "./dialect.ts";
import { statement } from "./statement.ts";
import type { Database } from "./tables.ts";

/** What a column holds. Only a text may be null. */
interface Kinds {
  readonly text: string | null;
  readonly real: number;
  readonly integer: Int64;
  readonly flag: boolean;
}
type Kind = keyof Kinds;
type Spec = Readonly<Record<string, readonly [Kind, RawBuilder<unknown>]>>;
type Columns<S extends Spec> = { readonly [Name in keyof S]: readonly Kinds[S[Name][0]][] };

/**
 * Reads many rows as columns, each of which comes as one text: the drivers' work for a row costs more than the
 * database's. `from` is what follows FROM; an order of rows is that of a subquery in it.
 */
export async function readColumns<S extends Spec>(
  db: Database,
  spec: S,
  from: RawBuilder<unknown>,
): Promise<Columns<S>> {
  const entries = Object.entries(spec);
  const packed = entries.map(([name, [kind, column]]) => sql`${PACKED[kind](column)} as ${sql.ref(name)}`);
  const { rows } = await sql<Record<string, string | null>>`select ${sql.join(packed)} from ${from}`.execute(db);
  const columns: Record<string, unknown> = {};
  for (const [name, [kind]] of entries) columns[name] = UNPACKED[kind](rows[0]?.[name] ?? "");
  return columns as Columns<S>;
}

/** One list of rows of several that one statement reads. */
interface Part {
  readonly columns: Spec;
  /** What follows FROM. */
  readonly from: RawBuilder<unknown>;
}
type Parts = Readonly<Record<string, Part>>;
type PartsRead<P extends Parts> = { readonly [Name in keyof P]: Columns<P[Name]["columns"]> };

/** Several lists of rows, as `readColumns` reads one, by one statement: so they are of one state of the database. */
export function partsStatement<P extends Parts>(
  build: (...places: readonly RawBuilder<unknown>[]) => P,
): (db: Database, ...values: readonly unknown[]) => Promise<PartsRead<P>> {
  const shapes = Object.entries(build(...Array.from({ length: build.length }, () => sql``)));
  const read = statement<Record<string, string | null>>((...places) => {
    const parts = Object.entries(build(...places)).map(([part, { columns, from }]) => {
      const packed = Object.entries(columns).map(
        ([name, [kind, column]]) => sql`${PACKED[kind](column)} as ${sql.ref(`${part}_${name}`)}`,
      );
      return sql`(select ${sql.join(packed)} from ${from}) as ${sql.ref(`part_${part}`)}`;
    });
    return sql`select * from ${sql.join(parts)}`;
  }, build.length);
  return async (db, ...values) => {
    const { rows } = await read(db, ...values);
    const found: Record<string, Record<string, unknown>> = {};
    for (const [part, { columns }] of shapes) {
      const list: Record<string, unknown> = {};
      for (const [name, [kind]] of Object.entries(columns))
        list[name] = UNPACKED[kind](rows[0]?.[`${part}_${name}`] ?? "");
      found[part] = list;
    }
    return found as PartsRead<P>;
  };
}

const PACKED: Readonly<Record<Kind, (column: RawBuilder<unknown>) => RawBuilder<unknown>>> = {
  text: (column) =>
    byDialect({
      sqlite: () => sql`json_group_array(${column})`,
      postgres: () => sql`json_agg(${column})::text`,
    }),
  real: (column) =>
    byDialect({
      // Seventeen digits tell every double from its neighbours; without the format SQLite writes fifteen.
      sqlite: () => sql`group_concat(printf('%!.17g', ${column}))`,
      postgres: () => sql`string_agg(${column}::text, ',')`,
    }),
  integer: (column) =>
    byDialect({
      sqlite: () => sql`group_concat(${column})`,
      postgres: () => sql`string_agg(${column}::text, ',')`,
    }),
  flag: (column) =>
    byDialect({
      sqlite: () => sql`group_concat(${column})`,
      postgres: () => sql`string_agg(${column}::int::text, ',')`,
    }),
};

/** SQLite's word for an infinity, and PostgreSQL's, are no JSON. */
const numbers = (text: string): readonly number[] =>
  JSON.parse(`[${text.includes("I") ? text.replaceAll(/Inf(inity)?/g, "1e999") : text}]`);

const UNPACKED: { readonly [K in Kind]: (text: string) => readonly Kinds[K][] } = {
  text: (text) => JSON.parse(text || "[]"),
  real: numbers,
  integer: (text) => {
    const rounded = numbers(text);
    if (rounded.every(Number.isSafeInteger)) return rounded;
    return text.split(",").map((digits) => parseInt64(digits) ?? 0);
  },
  flag: (text) => numbers(text).map((value) => value !== 0),
};
