import { createHash } from "node:crypto";
import type { RunPoint } from "@esteira/core/entities/run-watch";
import { invalid } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import { type RawBuilder, sql } from "kysely";
import { dialectOf } from "../database/dialect.ts";
import { inList } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";
import { toMetric } from "./metrics.ts";

/**
 * Which points were logged since a position is asked of the database itself: it knows whoever wrote them, in whatever
 * order of steps and times. SQLite numbers rows as they are committed. PostgreSQL keeps with each row the transaction
 * that made it, and a snapshot says which transactions it saw; so a position there is a snapshot. (A writer that uses
 * savepoints while a snapshot is taken can hide rows from it; MLflow and this store log points without.)
 */
export interface PointPositions {
  now(db: Database): Promise<string>;
  /**
   * The points of these runs (and of one metric, if named) since then; undefined when there are more than `most`, or when
   * the position is one that this database has forgotten. Refuses with INVALID_PARAMETER_VALUE what is no position.
   */
  since(db: Database, position: string, wanted: WantedPoints): Promise<readonly RunPoint[] | undefined>;
}

export interface WantedPoints {
  readonly runIds: readonly RunId[];
  readonly metricKey?: string;
  readonly most: number;
}

export const positionsOf = (db: Database): PointPositions => (dialectOf(db) === "sqlite" ? BY_ROW : BY_SNAPSHOT);

type Row = Tables["metrics"];
const toPoint = (row: Row): RunPoint => ({ ...toMetric(row), runId: runId(row.run_uuid) });
const ofKey = (metricKey: string | undefined): RawBuilder<unknown> =>
  metricKey === undefined ? sql`` : sql`and m."key" = ${metricKey}`;
const noPosition = (position: string) =>
  invalid(`'${position.slice(0, 40)}' is no position of this server's database: begin again without one.`);

/** Rows of all runs that are looked through for news, in some tens of milliseconds. */
const MOST_ROWS = 200_000;

const BY_ROW: PointPositions = {
  async now(db) {
    const last = await lastRow(db);
    return `r.${last}.${await rowMark(db, last)}`;
  },
  async since(db, position, { runIds, metricKey, most }) {
    const [, row = "", mark] = /^r\.(\d{1,15})\.([\w-]*)$/.exec(position) ?? [];
    if (mark === undefined) throw noPosition(position);
    // Numbers of rows that are deleted with their run may be given again: then the row there is another one.
    if ((await rowMark(db, Number(row))) !== mark) return undefined;
    if ((await lastRow(db)) - Number(row) > MOST_ROWS) return undefined;
    const { rows } = await sql<Row>`
      select m."key", m.value, m.timestamp, m.step, m.is_nan, m.run_uuid from metrics as m not indexed
      where m.rowid > ${Number(row)} and ${inList("m.run_uuid", runIds)} ${ofKey(metricKey)}
      order by m.rowid limit ${most + 1}`.execute(db);
    return rows.length > most ? undefined : rows.map(toPoint);
  },
};

async function lastRow(db: Database): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`select max(rowid) as last from metrics`.execute(db);
  return rows[0]?.last ?? 0;
}

/** Tells a row from one that has its number later; "" for none. */
async function rowMark(db: Database, row: number): Promise<string> {
  const { rows } = await sql<{ mark: string }>`
    select run_uuid || ':' || "key" || ':' || step || ':' || timestamp as mark from metrics where rowid = ${row}`.execute(
    db,
  );
  const mark = rows[0]?.mark;
  return mark === undefined ? "" : createHash("sha256").update(mark).digest("base64url").slice(0, 8);
}

/** Transactions ago after which PostgreSQL's 32-bit numbers no longer tell older from newer. */
const MOST_TRANSACTIONS = 1_000_000_000n;

const BY_SNAPSHOT: PointPositions = {
  async now(db) {
    const { rows } = await sql<{ snapshot: string }>`select pg_current_snapshot()::text as snapshot`.execute(db);
    return `s.${rows[0]?.snapshot ?? ""}`;
  },
  async since(db, position, { runIds, metricKey, most }) {
    const [, snapshot, oldest = "", next = ""] = /^s\.((\d{1,19}):(\d{1,19}):[\d,]*)$/.exec(position) ?? [];
    if (snapshot === undefined) throw noPosition(position);
    const { rows: now } = await sql<{ oldest: string; next: string }>`
      select pg_snapshot_xmin(s)::text as oldest, pg_snapshot_xmax(s)::text as next from pg_current_snapshot() as s`.execute(
      db,
    );
    const [from, to] = [BigInt(oldest), BigInt(now[0]?.next ?? 0)];
    // From the future: the database was restored from an older copy.
    if (BigInt(next) > to || to - from > MOST_TRANSACTIONS || BigInt(next) < from) return undefined;
    const age = sql`age((${String(from % 4_294_967_296n)}::text)::xid)`;
    // `logMetrics` makes a new row of the latest value with every batch, so histories without news are not looked through.
    const { rows } = await sql<Row>`
      with since as materialized (select ${age} as age),
        keys as materialized (select l.run_uuid, l."key" from latest_metrics as l, since
          where ${inList("l.run_uuid", runIds)} and age(l.xmin) <= since.age)
      select m."key", m.value, m.timestamp, m.step, m.is_nan, m.run_uuid
      from keys join metrics as m on m.run_uuid = keys.run_uuid and m."key" = keys."key", since
      where age(m.xmin) <= since.age ${ofKey(metricKey)}
        and not pg_visible_in_snapshot(((${from}::bigint + since.age - age(m.xmin))::text)::xid8, (${snapshot}::text)::pg_snapshot)
      limit ${most + 1}`.execute(db);
    return rows.length > most ? undefined : rows.map(toPoint).sort(byTime);
  },
};

/** As good an order as any of rows that were committed together. */
const byTime = (a: RunPoint, b: RunPoint): number =>
  a.timestamp === b.timestamp ? (a.step < b.step ? -1 : Number(a.step > b.step)) : a.timestamp < b.timestamp ? -1 : 1;
