import type { Metric } from "@esteira/core/entities/metric";
import type { Page } from "@esteira/core/entities/page";
import { invalid } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import { checkKey, checkLength, fieldPath, LIMITS } from "@esteira/core/names";
import { sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import { groupBy, inList, insertMany } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";
import { offsetOf, toPage } from "../search/page-token.ts";

type MetricRow = Tables["metrics"];

const LARGEST = Number.MAX_VALUE;
/** More than any history holds; the product of two such counts still is an int64. */
const MOST_SAMPLES = 1_000_000_000;

/** As Python writes a float in MLflow's messages. */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
}

/** `index` is the place in the batch, absent for a metric that was logged alone. */
export function checkMetric(metric: Metric, index: number | undefined): void {
  if ((metric.datasetName === undefined) !== (metric.datasetDigest === undefined)) {
    throw invalid("Both dataset_name and dataset_digest must be provided if one is provided");
  }
  checkKey(metric.key, fieldPath("metrics", index, "name"));
  if (!(metric.timestamp >= 0)) {
    throw invalid(
      `Invalid value ${metric.timestamp} for parameter '${fieldPath("metrics", index, "timestamp")}' supplied: metric '${metric.key}' (value=${pythonFloat(metric.value)}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
  }
  checkLength("Metric name", LIMITS.key, metric.key);
}

/** NaN is stored as 0 with a flag, infinities as the largest doubles: SQL has neither. */
export const storedValue = (value: number): number =>
  Number.isNaN(value) ? 0 : Math.min(LARGEST, Math.max(-LARGEST, value));

export const toMetric = (row: MetricRow): Metric => ({
  key: row.key,
  value: row.is_nan ? Number.NaN : row.value,
  timestamp: row.timestamp,
  step: row.step,
});

/** Appends to the history, drops exact repeats, and moves the latest values forward. */
export async function logMetrics(db: Database, id: RunId, metrics: readonly Metric[]): Promise<void> {
  if (metrics.length === 0) return;
  const rows = metrics.map(
    (metric): MetricRow => ({
      key: metric.key,
      value: storedValue(metric.value),
      timestamp: metric.timestamp,
      step: metric.step,
      is_nan: Number.isNaN(metric.value) ? 1 : 0,
      run_uuid: id,
    }),
  );
  const columns = ["key", "value", "timestamp", "step", "is_nan", "run_uuid"] as const;
  const asValues = (row: MetricRow): readonly unknown[] => columns.map((column) => row[column]);
  await insertMany(db, "metrics", columns, rows.map(asValues), "on conflict do nothing");
  await insertMany(
    db,
    "latest_metrics",
    columns,
    latestOf(rows).map(asValues),
    `on conflict ("key", run_uuid) do update set
       value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
     where (excluded.step, excluded.timestamp, excluded.value)
         > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)`,
  );
}

/** Of each key the row with the greatest (step, timestamp, value); the first one wins a tie. */
function latestOf(rows: readonly MetricRow[]): readonly MetricRow[] {
  const latest = new Map<string, MetricRow>();
  for (const row of rows) {
    const known = latest.get(row.key);
    if (known === undefined || isLater(row, known)) latest.set(row.key, row);
  }
  return [...latest.values()];
}

const isLater = (a: MetricRow, b: MetricRow): boolean =>
  a.step !== b.step ? a.step > b.step : a.timestamp !== b.timestamp ? a.timestamp > b.timestamp : a.value > b.value;

/** MLflow's own index finds a history; left alone, SQLite walks that metric of every run. */
const BY_RUN = byDialect({
  sqlite: () => sql`metrics indexed by index_metrics_run_uuid_key_step`,
  postgres: () => sql`metrics`,
});

/** Ordered by timestamp, step, value. */
export async function metricHistory(
  db: Database,
  query: { runId: RunId; metricKey: string; maxResults?: number; pageToken?: string },
): Promise<Page<Metric>> {
  const { maxResults } = query;
  if (maxResults !== undefined && (!Number.isInteger(maxResults) || maxResults < 1)) {
    throw invalid(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer.`);
  }
  const offset = offsetOf(query.pageToken);
  const limit = maxResults === undefined ? Number.MAX_SAFE_INTEGER : maxResults + 1;
  const { rows } = await sql<MetricRow>`
    select * from ${BY_RUN} where run_uuid = ${query.runId} and "key" = ${query.metricKey}
    order by timestamp, step, value, is_nan limit ${limit} offset ${offset}`.execute(db);
  const metrics = rows.map(toMetric);
  return maxResults === undefined ? { items: metrics } : toPage(metrics, offset, maxResults);
}

/**
 * Evenly sampled within each run, as MLflow samples: of `maxResults` buckets of equal size the first point of each, and
 * the last point of all in place of the last bucket's.
 */
export async function metricHistoryBulk(
  db: Database,
  query: {
    runIds: readonly RunId[];
    metricKey: string;
    startStep?: Int64;
    endStep?: Int64;
    maxResults: number;
  },
): Promise<readonly Metric[]> {
  const most = Math.min(MOST_SAMPLES, Math.max(1, Math.floor(query.maxResults)));
  const from = query.startStep === undefined ? sql`` : sql`and step >= ${query.startStep}`;
  const to = query.endStep === undefined ? sql`` : sql`and step <= ${query.endStep}`;
  const buckets = sql.raw(String(most));
  // Null where there are fewer points than buckets: PostgreSQL may look at this side of the "or" first.
  const size = sql`nullif(total / ${buckets}, 0)`;
  const wide = sql`(total % ${buckets})`;
  const opensBucket = sql`case when rank < ${wide} * (${size} + 1) then rank % (${size} + 1) = 0
      else (rank - ${wide} * (${size} + 1)) % ${size} = 0 end`;
  const kept = sql`total <= ${buckets} or rank = total - 1 or (rank < total - ${size} and ${opensBucket})`;
  const { rows } = await sql<MetricRow>`
    with ranked as (
      select "key", value, timestamp, step, is_nan, run_uuid,
        row_number() over (partition by run_uuid order by step, timestamp, value, is_nan) - 1 as rank,
        count(*) over (partition by run_uuid) as total
      from ${BY_RUN}
      where ${inList("run_uuid", query.runIds)} and "key" = ${query.metricKey} ${from} ${to}
    )
    select * from ranked where ${kept} order by run_uuid, rank`.execute(db);
  const byRun = groupBy(rows, (row) => row.run_uuid);
  return query.runIds.flatMap((id) =>
    (byRun.get(id) ?? []).map((row) => ({ ...toMetric(row), runId: runId(row.run_uuid) })),
  );
}
