import { isAscii } from "node:buffer";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import type { BlockOfEntries, StoredEntry } from "./chain-verifier.ts";
import { BLOCK, FIELD, HashThread, type PageHashes, ROW } from "./hash-thread.ts";
import { entryHash } from "./merkle.ts";

/** Entries are read so many at a time: whole blocks, so that those of a chain read from its start have subtrees of its tree. */
export const PAGE = 8 * BLOCK;

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

export interface Block extends BlockOfEntries {
  readonly rows: readonly EntryRow[];
}

/** Gives the rows after one entry until another, block by block; others have a turn between two. Reading and hashing go on meanwhile. */
export async function eachBlock(
  session: Session,
  after: number,
  until: number,
  take: (block: Block) => void,
): Promise<void> {
  for await (const blocks of ahead(hashed(ahead(pages(session, after, until))))) {
    for (const block of blocks) {
      await nextTurn();
      take(block);
    }
  }
}

interface PageOfRows {
  readonly rows: readonly EntryRow[];
  /** As it was read; undefined when the rows came one by one. */
  readonly text?: string;
}

async function* pages(session: Session, after: number, until: number): AsyncGenerator<PageOfRows> {
  for (let last = after; last < until; ) {
    const page = await readPage(session, last, Math.min(PAGE, until - last));
    const end = page.rows.at(-1)?.sequence;
    if (end === undefined) return;
    yield page;
    last = end;
  }
}

/** A short chain is hashed sooner than a thread has started. */
async function* hashed(source: AsyncIterable<PageOfRows>): AsyncGenerator<readonly Block[]> {
  let thread: HashThread | undefined;
  try {
    for await (const { rows, text } of source) {
      if (rows.length === PAGE) thread ??= new HashThread();
      yield text === undefined || thread === undefined ? blocksOf(rows) : blocksOf(rows, await thread.hash(text));
    }
  } finally {
    await thread?.close();
  }
}

function blocksOf(rows: readonly EntryRow[], hashes?: PageHashes): readonly Block[] {
  const blocks: Block[] = [];
  for (let start = 0; start < rows.length; start += BLOCK) {
    const some = rows.slice(start, start + BLOCK);
    const root = hashes?.roots[start / BLOCK];
    blocks.push({
      rows: some,
      leaves: some.map(({ entry }, row) =>
        hashes === undefined ? entryHash(entry) : hashes.leaves.slice((start + row) * 64, (start + row + 1) * 64),
      ),
      ...(root === undefined ? {} : { root }),
    });
  }
  return blocks;
}

/** The same, with the next one asked for before the last one is done with. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    for (let next = source.next(); ; ) {
      const { done, value } = await next;
      if (done) return;
      next = source.next();
      // A fault of it is thrown when its turn comes, or nobody wants it any more.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await source.return(undefined);
  }
}

/**
 * A page comes as one text, because a row of columns costs the database's driver more than all that is done with it here. No
 * canonical JSON and no name holds the characters that part it; where somebody's hand has put them there, rows are read one by one. So
 * they are where they come in another order: both databases join in the order of the inner query, and neither promises it.
 */
async function readPage(session: Session, after: number, most: number): Promise<PageOfRows> {
  const { rows: answer } = await session.scan((db) => pageQuery(after, most).execute(db));
  const [{ count, page } = { count: 0, page: null }] = answer;
  const text = textOf(page);
  const rows = parted(text, Number(count), after);
  return rows === undefined ? { rows: await session.scan((db) => rowsAfter(db, after, most)) } : { rows, text };
}

interface PageRow {
  readonly count: number | string;
  readonly page: ArrayBuffer | string | null;
}

function textOf(page: ArrayBuffer | string | null): string {
  if (!(page instanceof ArrayBuffer)) return page ?? "";
  const bytes = Buffer.from(page);
  // Nearly all pages are, and then no letter has to be decoded.
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8");
}

const pageQuery = (after: number, most: number): RawBuilder<PageRow> => sql<PageRow>`
  select count(*) as count, ${byDialect({
    // Bytes come from another thread without a copy.
    sqlite: () => sql`cast(group_concat(line, char(30)) as blob)`,
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
  const rows: EntryRow[] = [];
  let last = after;
  for (let start = 0; start < page.length; ) {
    const row = page.indexOf(ROW, start);
    const end = row < 0 ? page.length : row;
    const fields: string[] = [];
    let from = start;
    for (let to = page.indexOf(FIELD, from); to >= 0 && to < end; to = page.indexOf(FIELD, from)) {
      fields.push(page.slice(from, to));
      from = to + 1;
    }
    const [sequence, at, hash, model, newName] = fields;
    if (newName === undefined || fields.length > 5 || !(Number(sequence) > last)) return undefined;
    last = Number(sequence);
    rows.push({
      sequence: last,
      at: Number(at),
      hash: hash ?? "",
      model: model ?? "",
      new_name: newName === "n" ? null : newName.slice(1),
      entry: page.slice(from, end),
    });
    start = end + 1;
  }
  return rows.length === count ? rows : undefined;
}
