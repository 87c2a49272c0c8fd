import type { Metric } from "@esteira/core/entities/metric";
import { type RawBuilder, sql } from "kysely";
import { dialectOf } from "../database/dialect.ts";
import type { Database } from "../database/tables.ts";
import type { Block } from "./history-blocks.ts";

/** A range of steps, both ends included, and into how many blocks it is to be cut. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly blocks: number;
}

/** A block with so many times its share of the points is cut again. */
const MOST_SHARES = 4;

/**
 * The part of a history (`m`, as FROM and WHERE) between two steps as blocks in order, cut where steps are, without reading its
 * points one by one. Where many points have few of the steps, their blocks are cut again, down to single steps.
 */
export async function readBlocks(
  db: Database,
  key: string,
  history: RawBuilder<unknown>,
  { from, to, blocks }: Range,
): Promise<readonly Block[]> {
  const width = Math.max(1, Math.ceil((to - from + 1) / blocks));
  const read = dialectOf(db) === "sqlite" ? readInSqlite : readInPostgres;
  const rows = await read(db, history, { from, to, width });
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const share = Math.max(1, total / blocks);
  const found: Block[] = [];
  for (const row of rows) {
    const start = from + row.index * width;
    const end = Math.min(to, start + width - 1);
    if (width > 1 && row.count > MOST_SHARES * share) {
      found.push(
        ...(await readBlocks(db, key, history, { from: start, to: end, blocks: Math.ceil(row.count / share) })),
      );
    } else {
      const { count, nanCount, infiniteCount, least, greatest } = row;
      found.push({
        from: start,
        to: end,
        count,
        nanCount,
        infiniteCount,
        least: { key, ...least },
        greatest: { key, ...greatest },
      });
    }
  }
  return found;
}

interface BlockRow {
  readonly index: number;
  readonly count: number;
  readonly nanCount: number;
  readonly infiniteCount: number;
  readonly least: Omit<Metric, "key">;
  readonly greatest: Omit<Metric, "key">;
}
interface Cut {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

const INFINITE = sql`m.value in (${sql.lit(Number.MAX_VALUE)}, ${sql.lit(-Number.MAX_VALUE)})`;

interface ExtremeRow {
  readonly i: number;
  readonly count: number;
  readonly nans: number;
  readonly infinite: number;
  readonly extreme: number | null;
  readonly step: number;
  readonly timestamp: number;
}

/**
 * SQLite gives the other columns of the row that has the minimum, if there is one aggregate of that kind alone; and by
 * walking the blocks in order it need not sort the points. So two passes over the index of the history are all; a second
 * condition on the step would tempt it to go through all of them for each block.
 */
async function readInSqlite(db: Database, history: RawBuilder<unknown>, cut: Cut): Promise<readonly BlockRow[]> {
  const least = await extremes(db, history, cut, "min");
  const greatest = await extremes(db, history, cut, "max");
  return least.map(
    (row, at): BlockRow => ({
      index: row.i,
      count: row.count,
      nanCount: row.nans,
      infiniteCount: row.infinite,
      least: toPoint(row),
      greatest: toPoint(greatest[at] ?? row),
    }),
  );
}

async function extremes(db: Database, history: RawBuilder<unknown>, { from, to, width }: Cut, which: "min" | "max") {
  const { rows } = await sql<ExtremeRow>`
    select b.value as i, count(*) as count, sum(m.is_nan) as nans, sum(not m.is_nan and ${INFINITE}) as infinite,
      ${sql.raw(which)}(case when m.is_nan then null else m.value end) as extreme, m.step, m.timestamp
    from generate_series(0, ${Math.ceil((to - from + 1) / width) - 1}) as b cross join ${history}
      and m.step between ${from} + b.value * ${width} and min(${to}, ${from} + (b.value + 1) * ${width} - 1)
    group by b.value order by b.value`.execute(db);
  return rows;
}

const toPoint = ({ extreme, step, timestamp }: ExtremeRow): Omit<Metric, "key"> => ({
  value: extreme ?? Number.NaN,
  timestamp,
  step,
});

interface GroupRow {
  readonly i: number;
  readonly count: number;
  readonly nans: number;
  readonly infinite: number;
  /** Value, step, timestamp. */
  readonly least: readonly number[] | null;
  readonly greatest: readonly number[] | null;
  /** Step, timestamp. */
  readonly nan: readonly number[] | null;
}

async function readInPostgres(db: Database, history: RawBuilder<unknown>, cut: Cut): Promise<readonly BlockRow[]> {
  const point = sql`array[m.value, m.step::float8, m.timestamp::float8]`;
  const { rows } = await sql<GroupRow>`
    select ((m.step - ${cut.from}::bigint) / ${cut.width}::bigint)::int as i, count(*)::int as count,
      (count(*) filter (where m.is_nan))::int as nans,
      (count(*) filter (where not m.is_nan and ${INFINITE}))::int as infinite,
      min(${point}) filter (where not m.is_nan) as least, max(${point}) filter (where not m.is_nan) as greatest,
      min(array[m.step::float8, m.timestamp::float8]) filter (where m.is_nan) as nan
    from ${history} and m.step between ${cut.from} and ${cut.to} group by 1 order by 1`.execute(db);
  return rows.map(({ i, count, nans, infinite, least, greatest, nan }): BlockRow => {
    const [step = 0, timestamp = 0] = nan ?? [];
    const fallback = [Number.NaN, step, timestamp];
    return {
      index: i,
      count,
      nanCount: nans,
      infiniteCount: infinite,
      least: ofList(least ?? fallback),
      greatest: ofList(greatest ?? fallback),
    };
  });
}

const ofList = ([value = Number.NaN, step = 0, timestamp = 0]: readonly number[]): Omit<Metric, "key"> => ({
  value,
  timestamp,
  step,
});
