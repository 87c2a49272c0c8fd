import type { RunChanges, RunState, WatchedRuns } from "@esteira/core/entities/run-watch";
import { notFound } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import { parseExperimentId } from "@esteira/core/names";
import { sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import { isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { positionsOf } from "./new-points.ts";
import { readStates } from "./run-data.ts";

/** Of more live runs the newest are told. */
const MOST_LIVE = 100;
/** So many points are told one by one. */
const MOST_POINTS = 10_000;

/** What the watched runs are now, and what was logged since a position: from now on, without one. */
export async function readRunChanges(
  db: Database,
  { runIds, experimentIds }: WatchedRuns,
  since: string | undefined,
): Promise<RunChanges> {
  const positions = positionsOf(db);
  const position = await positions.now(db);
  const live = await liveRuns(db, experimentIds.map(parseExperimentId));
  const watched = [...new Set([...runIds, ...live])];
  const points = since === undefined ? [] : await positions.since(db, since, { runIds: watched, most: MOST_POINTS });
  return { position, live, points, runs: await states(db, runIds, watched) };
}

async function states(db: Database, named: readonly RunId[], all: readonly RunId[]): Promise<readonly RunState[]> {
  const runs = await readStates(db, all);
  const found = new Set(runs.map((run) => run.info.runId));
  const missing = named.find((id) => !found.has(id));
  if (missing !== undefined) throw notFound(`Run with id=${missing} not found`);
  return runs;
}

const BY_LIFE = byDialect({
  sqlite: () => sql`runs indexed by esteira_runs_live`,
  postgres: () => sql`runs`,
});

async function liveRuns(db: Database, experiments: readonly number[]): Promise<readonly RunId[]> {
  if (experiments.length === 0) return [];
  const { rows } = await sql<{ run_uuid: string }>`
    select run_uuid from ${BY_LIFE}
    where status in ('RUNNING', 'SCHEDULED') and lifecycle_stage = 'active'
      and ${isIn(sql.ref("experiment_id"), experiments)}
    order by start_time desc, run_uuid limit ${MOST_LIVE}`.execute(db);
  return rows.map((row) => runId(row.run_uuid));
}
