import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import type { StoredEntry } from "./chain-verifier.ts";

/** Entries are read so many at a time. */
export const PAGE = 2000;

/** Others have a turn between so many. */
const TURN = 200;

/** A whole row of the chain. */
export type EntryRow = Required<StoredEntry>;

export const rowsAfter = (db: Database, after: number, most: number): Promise<EntryRow[]> =>
  db
    .selectFrom("esteira_timeline")
    .select(["sequence", "at", "model", "new_name", "entry", "hash"])
    .where("sequence", ">", after)
    .orderBy("sequence")
    .limit(most)
    .execute();

/** Gives the rows after one entry until another, in their order. The next page is on its way while one is taken. */
export async function eachRow(
  session: Session,
  after: number,
  until: number,
  take: (row: EntryRow) => void,
): Promise<void> {
  const pageAfter = (last: number): Promise<readonly EntryRow[]> =>
    last < until ? readPage(session, last, Math.min(PAGE, until - last)) : Promise.resolve([]);
  for (let page = await pageAfter(after); page.length > 0; ) {
    const next = pageAfter(page.at(-1)?.sequence ?? until);
    // A fault of the reading is this function's, whatever happens in between.
    next.catch(() => undefined);
    for (let row = 0; row < page.length; row += TURN) {
      // What asks for the next page goes its way in these turns.
      await nextTurn();
      for (const one of page.slice(row, row + TURN)) take(one);
    }
    page = await next;
  }
}

const ROW = "\x1e";
const FIELD = "\x1f";

/**
 * A page comes as one text, because a row of columns costs the database's driver more than all that is done with it here. No
 * canonical JSON and no name holds the characters that part it; where somebody's hand has put them there, rows are read one by one. So
 * they are where they come in another order: both databases join in the order of the inner query, and neither promises it.
 */
async function readPage(session: Session, after: number, most: number): Promise<readonly EntryRow[]> {
  const { rows } = await session.scan((db) => pageQuery(after, most).execute(db));
  const [{ count, page } = { count: 0, page: null }] = rows;
  return parted(page ?? "", Number(count), after) ?? session.scan((db) => rowsAfter(db, after, most));
}

interface PageRow {
  readonly count: number | string;
  readonly page: string | null;
}

const pageQuery = (after: number, most: number): RawBuilder<PageRow> => sql<PageRow>`
  select count(*) as count, ${byDialect({
    sqlite: () => sql`group_concat(line, char(30))`,
    postgres: () => sql`string_agg(line, chr(30))`,
  })} as page
  from (
    select ${joined(["sequence", "at", "hash", "model", "new_name", "entry"])} as line
    from esteira_timeline where sequence > ${after} order by sequence limit ${most}
  ) as entries`;

function joined(columns: readonly string[]): RawBuilder<unknown> {
  const parts = columns.map((name) =>
    // What is null and what is empty differ.
    name === "new_name"
      ? sql`case when new_name is null then 'n' else 'v' || new_name end`
      : sql`cast(${sql.ref(name)} as text)`,
  );
  return sql.join(parts, byDialect({ sqlite: () => sql` || char(31) || `, postgres: () => sql` || chr(31) || ` }));
}

/** The rows of a page; undefined when it is not so many rows of six fields, in their order. */
function parted(page: string, count: number, after: number): readonly EntryRow[] | undefined {
  const lines = count === 0 && page === "" ? [] : page.split(ROW);
  if (lines.length !== count) return undefined;
  const rows: EntryRow[] = [];
  let last = after;
  for (const line of lines) {
    const [sequence, at, hash, model, newName, entry, more] = line.split(FIELD);
    if (newName === undefined || entry === undefined || more !== undefined || !(Number(sequence) > last))
      return undefined;
    last = Number(sequence);
    rows.push({
      sequence: last,
      at: Number(at),
      hash: hash ?? "",
      model: model ?? "",
      new_name: newName === "n" ? null : newName.slice(1),
      entry,
    });
  }
  return rows;
}
