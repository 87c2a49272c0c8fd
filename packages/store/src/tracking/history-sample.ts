import type { Metric } from "@esteira/core/entities/metric";
import type { HistoryQuery, SampledHistory } from "@esteira/core/entities/sampled-history";
import { invalid } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database/tables.ts";
import { type Block, blockOf, inOrder, joined, thinned } from "./history-blocks.ts";
import { readBlocks } from "./history-scan.ts";
import { HISTORY, readPoints } from "./metrics.ts";
import { positionsOf } from "./new-points.ts";

export const LEAST_POINTS = 4;
export const MOST_POINTS = 5000;
/** Shorter histories are read whole each time: it takes no longer than to look whether there is news. */
const SHORT = 5000;
/** Up to here reading the points is faster than having the database cut them into blocks. */
const MEDIUM = 20_000;
/** As many as the parts of which a chart keeps two points each. */
const BLOCKS = MOST_POINTS / 2;
const MOST_KEPT = 32;
/** So many new points are worked into what is kept; beyond that it is made anew. */
const MOST_NEW = 20_000;

/** What is known of a long history up to a position of the database. */
interface Summary {
  readonly position: string;
  readonly blocks: readonly Block[];
}

/**
 * Thins histories for charts. What was found out about long ones is kept: points are only ever added to a history, and
 * the database tells which were added since. So a chart of a million points is read once, and its news afterwards.
 */
export class HistorySampler {
  readonly #kept = new Map<string, Summary>();

  async sample(db: Database, { runIds, ...query }: HistoryQuery): Promise<readonly SampledHistory[]> {
    if (!(query.maxPoints >= LEAST_POINTS && query.maxPoints <= MOST_POINTS)) {
      throw invalid(
        `Invalid value ${query.maxPoints} for parameter 'max_points' supplied: expected ${LEAST_POINTS} to ${MOST_POINTS} points.`,
      );
    }
    const samples = new Map<RunId, SampledHistory>();
    for (const id of new Set(runIds)) samples.set(id, await this.#sampleRun(db, id, query));
    return runIds.flatMap((id) => samples.get(id) ?? []);
  }

  async #sampleRun(db: Database, id: RunId, query: Omit<HistoryQuery, "runIds">): Promise<SampledHistory> {
    const { metricKey, startStep, endStep, maxPoints } = query;
    const from = startStep === undefined ? sql`` : sql`and m.step >= ${startStep}`;
    const to = endStep === undefined ? sql`` : sql`and m.step <= ${endStep}`;
    const points = sql`${historyOf(id, metricKey)} ${from} ${to}`;
    const isAll = startStep === undefined && endStep === undefined;
    if (!(await hasMore(db, points, isAll ? SHORT : MEDIUM)))
      return thin(id, await readWhole(db, metricKey, points), maxPoints);
    const ends = await readEnds(db, metricKey, points);
    const blocks = isAll
      ? await this.#summarise(db, id, metricKey, ends)
      : await scan(db, metricKey, historyOf(id, metricKey), ends);
    return { runId: id, ...countsOf(blocks), points: thinned(blocks, ends, maxPoints) };
  }

  async #summarise(db: Database, id: RunId, metricKey: string, ends: Ends): Promise<readonly Block[]> {
    const name = `${id} ${metricKey}`;
    const known = this.#kept.get(name);
    const positions = positionsOf(db);
    const position = await positions.now(db);
    const added = known && (await positions.since(db, known.position, { runIds: [id], metricKey, most: MOST_NEW }));
    const updated = known && added && withPoints(known.blocks, added);
    const blocks = isWhole(updated, ends) ? updated : await scan(db, metricKey, historyOf(id, metricKey), ends);
    // Last used goes last: the first one of the map is the one to forget.
    this.#kept.delete(name);
    this.#kept.set(name, { position, blocks });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return blocks;
  }
}

const historyOf = (id: RunId, key: string): RawBuilder<unknown> =>
  sql`${HISTORY("m")} where m.run_uuid = ${id} and m."key" = ${key}`;

interface Ends {
  readonly first: Metric;
  readonly last: Metric;
}

/** A run that was deleted for good may have taken its history with it. */
const isWhole = (blocks: readonly Block[] | undefined, { first, last }: Ends): blocks is readonly Block[] =>
  blocks !== undefined &&
  blocks.length <= 2 * BLOCKS &&
  blocks[0]?.from === first.step &&
  blocks.at(-1)?.to === last.step;

async function hasMore(db: Database, points: RawBuilder<unknown>, than: number): Promise<boolean> {
  const { rows } = await sql<{ points: number | string }>`
    select count(*) as points from (select 1 from ${points} limit ${than + 1}) as counted`.execute(db);
  return Number(rows[0]?.points ?? 0) > than;
}

const readWhole = async (db: Database, key: string, points: RawBuilder<unknown>): Promise<readonly Metric[]> =>
  (await readPoints(db, key, points)).sort(inOrder);

async function readEnds(db: Database, key: string, points: RawBuilder<unknown>): Promise<Ends> {
  const end = async (direction: "asc" | "desc"): Promise<Metric> => {
    const by = sql.raw(direction);
    const [point] = await readPoints(
      db,
      key,
      sql`(select value, timestamp, step, is_nan from ${points}
        order by step ${by}, timestamp ${by}, value ${by}, is_nan ${by} limit 1) as t`,
    );
    return point!;
  };
  return { first: await end("asc"), last: await end("desc") };
}

/** Blocks of a long history by reading all of it. */
async function scan(db: Database, key: string, history: RawBuilder<unknown>, ends: Ends): Promise<readonly Block[]> {
  if (!(await hasMore(db, history, MEDIUM))) return blocksOf(await readWhole(db, key, history));
  const { first, last } = ends;
  const isExact = [first.step, last.step, first.timestamp, last.timestamp].every((value) => typeof value === "number");
  // Numbers that need more than 53 bits are too rare for a way of their own.
  if (!isExact) {
    const points = sql`${history} and m.step >= ${first.step} and m.step <= ${last.step}`;
    return (await readWhole(db, key, points)).map(blockOf);
  }
  return readBlocks(db, key, history, { from: Number(first.step), to: Number(last.step), blocks: BLOCKS });
}

/** Points in order as blocks of about equally many; those of one step stay together. */
function blocksOf(points: readonly Metric[]): readonly Block[] {
  const size = Math.ceil(points.length / BLOCKS);
  const blocks: Block[] = [];
  for (const point of points) {
    const last = blocks.at(-1);
    if (last === undefined || (last.count >= size && last.to !== point.step)) blocks.push(blockOf(point));
    else blocks[blocks.length - 1] = joined(last, blockOf(point));
  }
  return blocks;
}

function thin(id: RunId, points: readonly Metric[], maxPoints: number): SampledHistory {
  const blocks = points.map(blockOf);
  const [first, last] = [points[0], points.at(-1)];
  const isThin = points.length <= maxPoints || first === undefined || last === undefined;
  return { runId: id, ...countsOf(blocks), points: isThin ? points : thinned(blocks, { first, last }, maxPoints) };
}

function countsOf(blocks: readonly Block[]): Pick<SampledHistory, "totalCount" | "nanCount" | "infiniteCount"> {
  let [totalCount, nanCount, infiniteCount] = [0, 0, 0];
  for (const block of blocks) {
    totalCount += block.count;
    nanCount += block.nanCount;
    infiniteCount += block.infiniteCount;
  }
  return { totalCount, nanCount, infiniteCount };
}

/** The blocks with more points, each in the block that reaches its step, or in one of its own. */
function withPoints(blocks: readonly Block[], points: readonly Metric[]): readonly Block[] {
  const changed = [...blocks];
  for (const point of points) {
    const at = lastUpTo(changed, point.step);
    const block = changed[at];
    if (block !== undefined && point.step <= block.to) changed[at] = joined(block, blockOf(point));
    else changed.splice(at + 1, 0, blockOf(point));
  }
  return changed;
}

/** The last block that begins at the step or before; -1 if none does. */
function lastUpTo(blocks: readonly Block[], step: Int64): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[middle]?.from ?? 0) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
