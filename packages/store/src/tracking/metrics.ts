import type { Metric } from "@esteira/core/entities/metric";
import type { Page } from "@esteira/core/entities/page";
import { invalid } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import { checkKey, checkLength, fieldPath, LIMITS } from "@esteira/core/names";
import { type RawBuilder, sql } from "kysely";
import { readColumns } from "../database/columns.ts";
import { byDialect, type DialectName, dialectOf } from "../database/dialect.ts";
import { inList, inLockOrder, insertMany } from "../database/sql.ts";
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
  checkKey(metric.key, () => fieldPath("metrics", index, "name"));
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

const COLUMNS = ["key", "value", "timestamp", "step", "is_nan", "run_uuid"] as const;
const asValues = (row: MetricRow): readonly unknown[] => [
  row.key,
  row.value,
  row.timestamp,
  row.step,
  row.is_nan,
  row.run_uuid,
];

/** What is logged to one run. */
interface RunMetrics {
  readonly id: RunId;
  readonly metrics: readonly Metric[];
}

/** Appends to the histories, drops exact repeats, and moves the latest values forward. */
export async function logMetrics(db: Database, runs: readonly RunMetrics[]): Promise<void> {
  const rows = runs.flatMap(({ id, metrics }) =>
    metrics.map(
      (metric): MetricRow => ({
        key: metric.key,
        value: storedValue(metric.value),
        timestamp: metric.timestamp,
        step: metric.step,
        is_nan: Number.isNaN(metric.value) ? 1 : 0,
        run_uuid: id,
      }),
    ),
  );
  if (rows.length === 0) return;
  // Neighbours in the table's largest index beside each other: a quarter less work for the database.
  const byKey = rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  await insertMany(db, "metrics", COLUMNS, byKey.map(asValues), "on conflict do nothing");
  await insertMany(
    db,
    "latest_metrics",
    COLUMNS,
    inLockOrder(db, latestOf(rows), (row) => row.key).map(asValues),
    MOVE_FORWARD[dialectOf(db)],
  );
}

const IS_LATER = `(excluded.step, excluded.timestamp, excluded.value)
         > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)`;
const laterOf = (column: string): string =>
  `${column} = case when ${IS_LATER} then excluded.${column} else latest_metrics.${column} end`;

/**
 * The later value stays. PostgreSQL makes the row anew even where it stays as it is: so it tells that its history has got
 * points, wherever in time these are (see `new-points.ts`).
 */
const MOVE_FORWARD: Readonly<Record<DialectName, string>> = {
  sqlite: `on conflict ("key", run_uuid) do update set
       value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
     where ${IS_LATER}`,
  postgres: `on conflict ("key", run_uuid) do update set ${["value", "timestamp", "step", "is_nan"].map(laterOf).join(", ")}`,
};

/** Of each run's keys the row with the greatest (step, timestamp, value); the first one wins a tie. */
function latestOf(rows: readonly MetricRow[]): readonly MetricRow[] {
  const runs = new Map<string, Map<string, MetricRow>>();
  for (const row of rows) {
    let latest = runs.get(row.run_uuid);
    if (latest === undefined) {
      latest = new Map();
      runs.set(row.run_uuid, latest);
    }
    const known = latest.get(row.key);
    if (known === undefined || isLater(row, known)) latest.set(row.key, row);
  }
  return [...runs.values()].flatMap((latest) => [...latest.values()]);
}

const isLater = (a: MetricRow, b: MetricRow): boolean =>
  a.step !== b.step ? a.step > b.step : a.timestamp !== b.timestamp ? a.timestamp > b.timestamp : a.value > b.value;

/** MLflow's own index finds a history; left alone, SQLite walks that metric of every run. */
const BY_RUN = byDialect({
  sqlite: () => sql`metrics indexed by index_metrics_run_uuid_key_step`,
  postgres: () => sql`metrics`,
});
/** The same under another name. */
export const HISTORY = (alias: string): RawBuilder<unknown> =>
  byDialect({
    sqlite: () => sql`metrics as ${sql.ref(alias)} indexed by index_metrics_run_uuid_key_step`,
    postgres: () => sql`metrics as ${sql.ref(alias)}`,
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
  const key = query.metricKey;
  const ofRun = pointsOf(query.runId, key);
  if (maxResults === undefined && offset === 0) return { items: inOrder(await readPoints(db, key, ofRun)) };
  const limit = maxResults === undefined ? Number.MAX_SAFE_INTEGER : maxResults + 1;
  const page = sql`(select value, timestamp, step, is_nan from ${ofRun}
    order by timestamp, step, value, is_nan limit ${limit} offset ${offset}) as t`;
  const metrics = await readPoints(db, key, page);
  return maxResults === undefined ? { items: metrics } : toPage(metrics, offset, maxResults);
}

/** So many points are read in a moment. */
const SHORT_HISTORY = 5000;

const pointsOf = (run: RunId, key: string): RawBuilder<unknown> =>
  sql`${BY_RUN} where run_uuid = ${run} and "key" = ${key}`;

export async function isShortHistory(db: Database, run: RunId, key: string): Promise<boolean> {
  const { rows } = await sql<{ points: number | string }>`
    select count(*) as points from (select 1 from ${pointsOf(run, key)} limit ${SHORT_HISTORY + 1}) as counted`.execute(
    db,
  );
  return Number(rows[0]?.points ?? 0) <= SHORT_HISTORY;
}

/**
 * A whole history as the items of a JSON list, in the form of `metricToWire` and the order of `metricHistory`. The database
 * writes it: of a hundred thousand points, making objects and text of them again costs more than reading them. As bytes
 * (UTF-8) it goes from one thread to the other, and out, without a copy.
 */
export async function historyJson(db: Database, run: RunId, key: string): Promise<Uint8Array> {
  const points = sql`(select value, timestamp, step, is_nan from ${pointsOf(run, key)}
    order by timestamp, step, value, is_nan) as t`;
  const name = JSON.stringify(key);
  const { rows } = await sql<{ text: ArrayBuffer | string | null }>`${byDialect({
    sqlite: () => sql`
      select cast(group_concat(case when is_nan
        then printf('{"key":%s,"value":"NaN","timestamp":%lld,"step":%lld}', ${name}, timestamp, step)
        else printf('{"key":%s,"value":%!.17g,"timestamp":%lld,"step":%lld}', ${name}, value, timestamp, step) end) as blob) as text
      from ${points}`,
    postgres: () => sql`
      select string_agg('{"key":' || ${name}::text || ',"value":' || case when is_nan then '"NaN"' else value::text end
        || ',"timestamp":' || timestamp::text || ',"step":' || step::text || '}', ',') as text
      from ${points}`,
  })}`.execute(db);
  const text = rows[0]?.text ?? "";
  const bytes = typeof text === "string" ? Buffer.from(text) : Buffer.from(text);
  // Each database's word for an infinity that somebody else has stored.
  if (!bytes.includes(":Inf") && !bytes.includes(":-Inf")) return bytes;
  return Buffer.from(bytes.toString().replace(INFINITE_VALUE, `$1${LARGEST}`));
}
const INFINITE_VALUE = /(?<=","value":)(-?)Inf(?:inity)?(?=,"timestamp":)/g;

/** The points that `from` (what follows FROM) gives, in no order. */
export async function readPoints(db: Database, key: string, from: RawBuilder<unknown>): Promise<Metric[]> {
  const { value, timestamp, step, isNan } = await readColumns(
    db,
    {
      value: ["real", sql`value`],
      timestamp: ["integer", sql`timestamp`],
      step: ["integer", sql`step`],
      isNan: ["flag", sql`is_nan`],
    },
    from,
  );
  return value.map((stored, row) => ({
    key,
    value: isNan[row] ? Number.NaN : stored,
    timestamp: timestamp[row] ?? 0,
    step: step[row] ?? 0,
  }));
}

/** The order of `metricHistory`, for points that mostly have it already: sorting them here is cheaper than in SQL. */
const inOrder = (points: Metric[]): readonly Metric[] => points.sort(byTime);

/** By timestamp, step, value; NaN is stored as 0, and comes after it. */
export function byTime(a: Metric, b: Metric): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  const [first, second] = [storedValue(a.value), storedValue(b.value)];
  if (first !== second) return first < second ? -1 : 1;
  return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
}

/** The ranks that stay of `total`: all, or of that many equal parts each one's first, and of the last part the last. */
export function sampledRanks(total: number, parts: number): readonly number[] {
  if (total <= parts) return Array.from({ length: total }, (_, rank) => rank);
  const size = Math.floor(total / parts);
  const longer = total % parts;
  return Array.from({ length: parts }, (_, part) =>
    part === parts - 1 ? total - 1 : part * size + Math.min(part, longer),
  );
}

/**
 * Evenly sampled within each run, as MLflow samples: of `maxResults` buckets of equal size the first point of each, and
 * the last point of all in place of the last bucket's. The steps alone tell which points those are.
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
  const samples = new Map<RunId, readonly Metric[]>();
  for (const id of query.runIds) {
    if (samples.has(id)) continue;
    const points = sql`${BY_RUN} where run_uuid = ${id} and "key" = ${query.metricKey} ${from} ${to}`;
    const sample = await sampleRun(db, query.metricKey, points, most);
    samples.set(
      id,
      sample.map((metric) => ({ ...metric, runId: id })),
    );
  }
  return query.runIds.flatMap((id) => samples.get(id) ?? []);
}

async function sampleRun(
  db: Database,
  key: string,
  points: RawBuilder<unknown>,
  most: number,
): Promise<readonly Metric[]> {
  const { step: steps } = await readColumns(
    db,
    { step: ["integer", sql`t.step`] },
    sql`(select step from ${points} order by step) as t`,
  );
  if (steps.length <= most) return (await readPoints(db, key, points)).sort(byStep);
  const ranks = sampledRanks(steps.length, most);
  const chosen = [...new Set(ranks.map((rank) => steps[rank] ?? 0))];
  const narrow = chosen.filter((step) => typeof step === "number");
  // Steps beyond 2^53 are too rare to be looked up one by one.
  const some = narrow.length === chosen.length ? sql`${points} and ${inList("step", narrow)}` : points;
  const found = (await readPoints(db, key, some)).sort(byStep);
  const firstRank = firstOfEach(steps, new Set(chosen));
  const firstFound = firstOfEach(
    found.map(({ step }) => step),
    new Set(chosen),
  );
  return ranks.flatMap((rank) => {
    const step = steps[rank] ?? 0;
    return found[(firstFound.get(step) ?? 0) + rank - (firstRank.get(step) ?? rank)] ?? [];
  });
}

/** Where each of the wanted steps is first. */
function firstOfEach(steps: readonly Int64[], wanted: ReadonlySet<Int64>): ReadonlyMap<Int64, number> {
  const first = new Map<Int64, number>();
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index] ?? 0;
    if (step !== steps[index - 1] && wanted.has(step)) first.set(step, index);
  }
  return first;
}

function byStep(a: Metric, b: Metric): number {
  return a.step === b.step ? byTime(a, b) : a.step < b.step ? -1 : 1;
}
