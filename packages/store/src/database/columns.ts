import type { Int64 } from "@esteira/core/int64";
import { parseJson } from "@esteira/core/wire/json";
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
 * Reads many rows as columns, all of which come as one text: the drivers' work for a row, and for a column of it, costs more
 * than the database's. `from` is what follows FROM; an order of rows is that of a subquery in it.
 */
export async function readColumns<S extends Spec>(
  db: Database,
  spec: S,
  from: RawBuilder<unknown>,
): Promise<Columns<S>> {
  const { rows } = await sql<Packed>`select ${packed(spec)} as packed from ${from}`.execute(db);
  return unpack([shapeOf(spec)], rows, (lists) => [lists])[0] as Columns<S>;
}

/** One list of rows of several that one statement reads. */
interface Part {
  readonly columns: Spec;
  /** What follows FROM. */
  readonly from: RawBuilder<unknown>;
}
type Parts = Readonly<Record<string, Part>>;
type PartsRead<P extends Parts> = { readonly [Name in keyof P]: Columns<P[Name]["columns"]> };

/**
 * Several lists of rows, as `readColumns` reads one, by one statement: so they are of one state of the database. `before` is what
 * comes before its SELECT.
 */
export function partsStatement<P extends Parts>(
  build: (...places: readonly RawBuilder<unknown>[]) => P,
  before: (...places: readonly RawBuilder<unknown>[]) => RawBuilder<unknown> = () => sql``,
): (db: Database, ...values: readonly unknown[]) => Promise<PartsRead<P>> {
  const parts = Object.entries(build(...Array.from({ length: build.length }, () => sql``)));
  const shapes = parts.map(([, { columns }]) => shapeOf(columns));
  const read = statement<Packed>(
    (...places) => {
      const lists = Object.values(build(...places)).map(
        ({ columns, from }) => sql`(select ${packed(columns)} from ${from})`,
      );
      return sql`${before(...places)} select ${listOf(lists)} as packed`;
    },
    Math.max(build.length, before.length),
  );
  return async (db, ...values) => {
    const { rows } = await read(db, ...values);
    const found = unpack(shapes, rows, (lists) => lists);
    return Object.fromEntries(parts.map(([part], index) => [part, found[index]])) as PartsRead<P>;
  };
}

interface Packed {
  readonly packed: string;
}

/** A JSON list of texts that are JSON. */
const listOf = (items: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  sql`'[' || ${sql.join(items, sql` || ',' || `)} || ']'`;

const packed = (spec: Spec): RawBuilder<unknown> =>
  listOf(Object.values(spec).map(([kind, column]) => PACKED[kind](column)));

/** Numbers separated by commas, as a JSON list; there is none for no rows. An infinity is written as a number that is read as one. */
const numbers = (joined: RawBuilder<unknown>): RawBuilder<unknown> => sql`'[' || coalesce(${joined}, '') || ']'`;

const PACKED: Readonly<Record<Kind, (column: RawBuilder<unknown>) => RawBuilder<unknown>>> = {
  text: (column) =>
    byDialect({
      sqlite: () => sql`json_group_array(${column})`,
      postgres: () => sql`coalesce(json_agg(${column})::text, '[]')`,
    }),
  real: (column) =>
    byDialect({
      // Seventeen digits tell every double from its neighbours; without the format SQLite writes fifteen.
      sqlite: () => numbers(sql`replace(group_concat(printf('%!.17g', ${column})), 'Inf', '1e999')`),
      postgres: () => numbers(sql`replace(string_agg(${column}::text, ','), 'Infinity', '1e999')`),
    }),
  integer: (column) =>
    byDialect({
      sqlite: () => numbers(sql`group_concat(${column})`),
      postgres: () => numbers(sql`string_agg(${column}::text, ',')`),
    }),
  flag: (column) =>
    byDialect({
      sqlite: () => numbers(sql`group_concat(${column})`),
      postgres: () => numbers(sql`string_agg(${column}::int::text, ',')`),
    }),
};

type Lists = readonly (readonly unknown[])[];
/** Names and kinds of a spec's columns. */
type Shape = readonly (readonly [string, Kind])[];
const shapeOf = (spec: Spec): Shape => Object.entries(spec).map(([name, [kind]]) => [name, kind]);

/** The columns of each shape, whose lists `partsOf` finds in the text. */
function unpack(
  shapes: readonly Shape[],
  rows: readonly Packed[],
  // biome-ignore lint/suspicious/noExplicitAny: what JSON holds is what was packed.
  partsOf: (read: any) => readonly Lists[],
): readonly Record<string, readonly unknown[]>[] {
  const text = rows[0]?.packed ?? "[]";
  const parts = partsOf(JSON.parse(text));
  let exact: readonly Lists[] | undefined;
  return shapes.map((shape, part) => {
    const columns: Record<string, readonly unknown[]> = {};
    for (const [column, [name, kind]] of shape.entries()) {
      const list = parts[part]?.[column] ?? [];
      if (kind === "flag") columns[name] = list.map((value) => value !== 0);
      else if (kind !== "integer" || list.every(Number.isSafeInteger)) columns[name] = list;
      else {
        exact ??= partsOf(parseJson(text));
        columns[name] = exact[part]?.[column] ?? [];
      }
    }
    return columns;
  });
}
