import type { DatasetInput } from "@esteira/core/entities/dataset";
import type { Metric } from "@esteira/core/entities/metric";
import { RUN_STATUSES, type Run, type RunInfo, type RunStatus } from "@esteira/core/entities/run";
import type { RunState } from "@esteira/core/entities/run-watch";
import type { Tag } from "@esteira/core/entities/tag";
import { invalid, notFound } from "@esteira/core/errors";
import { experimentId, type RunId, runId } from "@esteira/core/ids";
import type { RunColumns } from "@esteira/core/search/run-terms";
import { type RawBuilder, type Selectable, sql } from "kysely";
import { readColumns } from "../database/columns.ts";
import { forUpdate, inList } from "../database/sql.ts";
import { statement } from "../database/statement.ts";
import type { Database, Tables } from "../database/tables.ts";
import { RUN_NAME_TAG } from "./tags.ts";

export type RunRow = Selectable<Tables["runs"]>;

const RUN = statement<RunRow>((id) => sql`select * from runs where run_uuid = ${id}`);
/** What a write on a run must know of it. */
const TARGET = statement<TargetRun>(
  (id) => sql`select experiment_id, lifecycle_stage from runs where run_uuid = ${id}`,
);
const LOCKED_TARGET = statement<TargetRun>(
  (id) => sql`select experiment_id, lifecycle_stage from runs where run_uuid = ${id} ${forUpdate}`,
);
type TargetRun = Pick<RunRow, "experiment_id" | "lifecycle_stage">;

const noRun = (id: RunId) => notFound(`Run with id=${id} not found`);

/** Active or deleted. */
export async function findRun(db: Database, id: RunId): Promise<RunRow> {
  const { rows } = await RUN(db, id);
  if (rows[0] === undefined) throw noRun(id);
  return rows[0];
}

/** A run that may be written. With `lock` other writers of it wait until this write is done. */
export async function findActiveRun(db: Database, id: RunId, lock?: typeof forUpdate): Promise<TargetRun> {
  const { rows } = await (lock === undefined ? TARGET : LOCKED_TARGET)(db, id);
  const run = rows[0];
  if (run === undefined) throw noRun(id);
  if (run.lifecycle_stage !== "active") {
    throw invalid(`The run ${id} must be in the 'active' state. Current state is ${run.lifecycle_stage}.`);
  }
  return run;
}

const toStatus = (text: string | null): RunStatus => RUN_STATUSES.find((status) => status === text) ?? "RUNNING";

type RunInfoRow = Pick<
  RunRow,
  | "run_uuid"
  | "experiment_id"
  | "name"
  | "user_id"
  | "status"
  | "start_time"
  | "end_time"
  | "artifact_uri"
  | "lifecycle_stage"
>;

export const toRunInfo = (row: RunInfoRow): RunInfo => ({
  runId: runId(row.run_uuid),
  experimentId: experimentId(String(row.experiment_id)),
  runName: row.name ?? "",
  userId: row.user_id ?? "",
  status: toStatus(row.status),
  startTime: Number(row.start_time ?? 0),
  // As in MLflow, an end at 0 is none.
  ...(row.end_time ? { endTime: Number(row.end_time) } : {}),
  artifactUri: row.artifact_uri ?? "",
  lifecycleStage: row.lifecycle_stage ?? "active",
});

/** Of metrics, params and tags those of these keys, or all where the list is undefined. */
type RunDataColumns = { readonly [Of in "metrics" | "params" | "tags"]: RunColumns[Of] | undefined };

/** What these runs are now: their tags by key, without what they have logged. An id of no run is left out. */
export async function readStates(db: Database, ids: readonly RunId[]): Promise<readonly RunState[]> {
  const runs = await readRunData(db, ids, { metrics: [], params: [], tags: undefined });
  return runs.map(({ info, data }) => ({ info, tags: data.tags.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }));
}

/** The runs of these ids, in their order, with these columns and without inputs and outputs; an id of no run is left out. */
export async function readRunData(
  db: Database,
  ids: readonly string[],
  wanted: RunDataColumns,
): Promise<readonly Run[]> {
  if (ids.length === 0) return [];
  const columns = await readColumns(
    db,
    {
      id: ["text", sql`run_uuid`],
      experiment: ["integer", sql`coalesce(experiment_id, 0)`],
      name: ["text", sql`name`],
      user: ["text", sql`user_id`],
      status: ["text", sql`status`],
      start: ["integer", sql`coalesce(start_time, 0)`],
      end: ["integer", sql`coalesce(end_time, 0)`],
      artifacts: ["text", sql`artifact_uri`],
      stage: ["text", sql`lifecycle_stage`],
    },
    sql`runs where ${inList("run_uuid", ids)}`,
  );
  const infos = new Map(
    columns.id.map((id, row): [string, RunInfo] => [
      id ?? "",
      toRunInfo({
        run_uuid: id ?? "",
        experiment_id: Number(columns.experiment[row]),
        name: columns.name[row] ?? null,
        user_id: columns.user[row] ?? null,
        status: columns.status[row] ?? null,
        start_time: columns.start[row] ?? null,
        end_time: columns.end[row] ?? null,
        artifact_uri: columns.artifacts[row] ?? null,
        lifecycle_stage: columns.stage[row] === "deleted" ? "deleted" : "active",
      }),
    ]),
  );
  return withData(
    db,
    ids.flatMap((id) => infos.get(id) ?? []),
    wanted,
  );
}

async function withData(db: Database, infos: readonly RunInfo[], columns: RunDataColumns): Promise<readonly Run[]> {
  if (infos.length === 0) return [];
  const ids = infos.map((info) => info.runId);
  const isNameless = infos.some((info) => info.runName === "");
  // No ORDER BY: the index on run_uuid gives each run's rows in the order in which they were first logged.
  const rows = (keys: readonly string[] | undefined) =>
    keys === undefined ? inList("run_uuid", ids) : sql`${inList("run_uuid", ids)} and ${inList("key", keys)}`;
  const isRead = (keys: readonly string[] | undefined): boolean => keys === undefined || keys.length > 0;
  const tagKeys = columns.tags && (isNameless ? [...columns.tags, RUN_NAME_TAG] : columns.tags);
  const metrics = isRead(columns.metrics)
    ? await latestMetrics(db, sql`latest_metrics where ${rows(columns.metrics)}`)
    : new Map<string, readonly Metric[]>();
  const params = isRead(columns.params) ? await keyedTexts(db, sql`params where ${rows(columns.params)}`) : NO_TAGS;
  const tags = isRead(tagKeys) ? await keyedTexts(db, sql`tags where ${rows(tagKeys)}`) : NO_TAGS;
  const tagsOf = (id: string): readonly Tag[] => tags.get(id) ?? [];
  return infos.map((info): Run => {
    const id = info.runId;
    return {
      // Runs of old MLflow versions have their name in the tag alone.
      info: info.runName === "" ? { ...info, runName: tagsOf(id).find(isName)?.value ?? "" } : info,
      data: {
        metrics: metrics.get(id) ?? [],
        params: params.get(id) ?? [],
        tags: tagsOf(id).filter(({ key }) => columns.tags === undefined || columns.tags.includes(key)),
      },
      inputs: { datasets: [], models: [] },
      outputs: { models: [] },
    };
  });
}

/** The rows of `latest_metrics` that `from` gives, by run. */
async function latestMetrics(db: Database, from: RawBuilder<unknown>): Promise<ReadonlyMap<string, readonly Metric[]>> {
  const { run, key, value, timestamp, step, isNan } = await readColumns(
    db,
    {
      run: ["text", sql`run_uuid`],
      key: ["text", sql`"key"`],
      value: ["real", sql`value`],
      timestamp: ["integer", sql`timestamp`],
      step: ["integer", sql`step`],
      isNan: ["flag", sql`is_nan`],
    },
    from,
  );
  return collect(run, (row) => ({
    key: key[row] ?? "",
    value: isNan[row] ? Number.NaN : (value[row] ?? 0),
    timestamp: timestamp[row] ?? 0,
    step: step[row] ?? 0,
  }));
}

/** The rows of `params` or `tags` that `from` gives, by run. */
async function keyedTexts(db: Database, from: RawBuilder<unknown>): Promise<ReadonlyMap<string, readonly Tag[]>> {
  const { run, key, value } = await readColumns(
    db,
    { run: ["text", sql`run_uuid`], key: ["text", sql`"key"`], value: ["text", sql`value`] },
    from,
  );
  return collect(run, (row) => ({ key: key[row] ?? "", value: value[row] ?? "" }));
}

function collect<Item>(
  owners: readonly (string | null)[],
  itemOf: (row: number) => Item,
): ReadonlyMap<string, readonly Item[]> {
  const items = new Map<string, Item[]>();
  for (const [row, owner] of owners.entries()) {
    const own = items.get(owner ?? "");
    if (own === undefined) items.set(owner ?? "", [itemOf(row)]);
    else own.push(itemOf(row));
  }
  return items;
}

const isName = (tag: { key: string }): boolean => tag.key === RUN_NAME_TAG;
const NO_TAGS: ReadonlyMap<string, readonly Tag[]> = new Map();

type DatasetRow = Omit<Selectable<Tables["datasets"]>, "dataset_uuid" | "experiment_id">;

export const toDataset = (row: DatasetRow): DatasetInput["dataset"] => ({
  name: row.name,
  digest: row.digest,
  sourceType: row.dataset_source_type,
  source: row.dataset_source,
  ...(row.dataset_schema === null ? {} : { schema: row.dataset_schema }),
  ...(row.dataset_profile === null ? {} : { profile: row.dataset_profile }),
});
