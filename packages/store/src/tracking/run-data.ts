import type { DatasetInput } from "@esteira/core/entities/dataset";
import type { Metric } from "@esteira/core/entities/metric";
import { RUN_STATUSES, type Run, type RunInfo, type RunStatus } from "@esteira/core/entities/run";
import { invalid, notFound } from "@esteira/core/errors";
import { experimentId, loggedModelId, type RunId, runId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import type { Selectable } from "kysely";
import { type forUpdate, groupBy, inList } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";
import { toMetric } from "./metrics.ts";

export type RunRow = Selectable<Tables["runs"]>;

/** Active or deleted. */
export async function findRun(db: Database, id: RunId, lock?: typeof forUpdate): Promise<RunRow> {
  const query = db.selectFrom("runs").selectAll().where("run_uuid", "=", id);
  const row = await (lock === undefined ? query : query.modifyEnd(lock)).executeTakeFirst();
  if (row === undefined) throw notFound(`Run with id=${id} not found`);
  return row;
}

export async function findActiveRun(db: Database, id: RunId, lock?: typeof forUpdate): Promise<RunRow> {
  const row = await findRun(db, id, lock);
  if (row.lifecycle_stage !== "active") {
    throw invalid(`The run ${id} must be in the 'active' state. Current state is ${row.lifecycle_stage}.`);
  }
  return row;
}

const toStatus = (text: string | null): RunStatus => RUN_STATUSES.find((status) => status === text) ?? "RUNNING";

export const toRunInfo = (row: RunRow): RunInfo => ({
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

/**
 * Runs with everything that belongs to them, by a constant number of queries. Model inputs are left out of searches,
 * as MLflow does.
 */
export async function toRuns(
  db: Database,
  rows: readonly RunRow[],
  options: { modelInputs: boolean },
): Promise<readonly Run[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.run_uuid);
  // No ORDER BY: the index on run_uuid gives each run's rows in the order in which they were first logged.
  const metrics = groupBy(
    await db.selectFrom("latest_metrics").selectAll().where(inList("run_uuid", ids)).execute(),
    (metric) => metric.run_uuid,
  );
  const params = groupBy(
    await db.selectFrom("params").selectAll().where(inList("run_uuid", ids)).execute(),
    (param) => param.run_uuid,
  );
  const tags = groupBy(
    await db.selectFrom("tags").selectAll().where(inList("run_uuid", ids)).execute(),
    (tag) => tag.run_uuid,
  );
  const datasets = await datasetInputs(db, ids);
  const outputs = await modelEdges(db, ids, "RUN_OUTPUT", "MODEL_OUTPUT");
  const inputs = options.modelInputs
    ? await modelEdges(db, ids, "RUN_INPUT", "MODEL_INPUT")
    : new Map<string, readonly Edge[]>();
  return rows.map((row): Run => {
    const id = row.run_uuid;
    const info = toRunInfo(row);
    return {
      // Runs of old MLflow versions have their name in the tag alone.
      info: info.runName === "" ? { ...info, runName: tags.get(id)?.find(isName)?.value ?? "" } : info,
      data: {
        metrics: (metrics.get(id) ?? []).map((metric): Metric => toMetric(metric)),
        params: (params.get(id) ?? []).map(({ key, value }) => ({ key, value })),
        tags: (tags.get(id) ?? []).map(({ key, value }) => ({ key, value: value ?? "" })),
      },
      inputs: { datasets: datasets.get(id) ?? [], models: (inputs.get(id) ?? []).map(({ modelId }) => ({ modelId })) },
      outputs: { models: (outputs.get(id) ?? []).map(({ modelId, step }) => ({ modelId, step })) },
    };
  });
}

const isName = (tag: { key: string }): boolean => tag.key === "mlflow.runName";

interface Edge {
  readonly modelId: ReturnType<typeof loggedModelId>;
  readonly step: Int64;
}

async function modelEdges(
  db: Database,
  runIds: readonly string[],
  source: "RUN_INPUT" | "RUN_OUTPUT",
  destination: "MODEL_INPUT" | "MODEL_OUTPUT",
): Promise<ReadonlyMap<string, readonly Edge[]>> {
  const rows = await db
    .selectFrom("inputs")
    .select(["source_id", "destination_id", "step"])
    .where("source_type", "=", source)
    .where(inList("source_id", runIds))
    .where("destination_type", "=", destination)
    .execute();
  const groups = groupBy(rows, (row) => row.source_id);
  return new Map(
    [...groups].map(([id, edges]) => [
      id,
      edges.map((edge) => ({ modelId: loggedModelId(edge.destination_id), step: edge.step })),
    ]),
  );
}

async function datasetInputs(
  db: Database,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly DatasetInput[]>> {
  const rows = await db
    .selectFrom("inputs")
    .innerJoin("datasets", "datasets.dataset_uuid", "inputs.source_id")
    .select(["inputs.input_uuid", "inputs.destination_id as run_uuid"])
    .selectAll("datasets")
    .where("inputs.destination_type", "=", "RUN")
    .where("inputs.source_type", "=", "DATASET")
    .where(inList("inputs.destination_id", runIds))
    .execute();
  if (rows.length === 0) return new Map();
  const tags = groupBy(
    await db
      .selectFrom("input_tags")
      .selectAll()
      .where(
        inList(
          "input_uuid",
          rows.map((row) => row.input_uuid),
        ),
      )
      .execute(),
    (tag) => tag.input_uuid,
  );
  const inputs = groupBy(rows, (row) => row.run_uuid);
  return new Map(
    [...inputs].map(([id, group]) => [
      id,
      group.map((row) => ({
        tags: (tags.get(row.input_uuid) ?? []).map(({ name, value }) => ({ key: name, value })),
        dataset: toDataset(row),
      })),
    ]),
  );
}

export const toDataset = (row: Selectable<Tables["datasets"]>): DatasetInput["dataset"] => ({
  name: row.name,
  digest: row.digest,
  sourceType: row.dataset_source_type,
  source: row.dataset_source,
  ...(row.dataset_schema === null ? {} : { schema: row.dataset_schema }),
  ...(row.dataset_profile === null ? {} : { profile: row.dataset_profile }),
});
