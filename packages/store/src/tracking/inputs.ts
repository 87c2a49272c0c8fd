import type { DatasetInput, ModelInput, ModelOutput } from "@esteira/core/entities/dataset";
import { type ExperimentId, experimentId, type RunId } from "@esteira/core/ids";
import { checkLength, LIMITS, parseExperimentId } from "@esteira/core/names";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { forUpdate, inList, insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { findActiveRun, toDataset } from "./run-data.ts";
import { checkDistinctTags } from "./tags.ts";

const CONTEXT_TAG = "mlflow.data.context";
const MAX_SUMMARIES = 1000;
const EDGE_COLUMNS = ["input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step"] as const;

export function checkDatasetInput({ dataset, tags }: DatasetInput): void {
  checkLength("name", LIMITS.datasetName, dataset.name);
  checkLength("digest", LIMITS.datasetDigest, dataset.digest);
  checkLength("source_type", LIMITS.datasetSourceType, dataset.sourceType);
  checkLength("source", LIMITS.datasetSource, dataset.source);
  if (dataset.schema !== undefined) checkLength("schema", LIMITS.datasetSchema, dataset.schema);
  if (dataset.profile !== undefined) checkLength("profile", LIMITS.datasetProfile, dataset.profile);
  for (const tag of tags) {
    checkLength("key", LIMITS.inputTagKey, tag.key);
    checkLength("value", LIMITS.inputTagValue, tag.value);
  }
  checkDistinctTags(tags);
}

const keyOf = (dataset: { name: string; digest: string }): string => JSON.stringify([dataset.name, dataset.digest]);

/** A dataset is known in its experiment by name and digest; linking it to the run again changes nothing. */
export async function logInputs(
  db: Database,
  newId: () => string,
  id: RunId,
  inputs: { datasets: readonly DatasetInput[]; models: readonly ModelInput[] },
): Promise<void> {
  // Two writers that link the same dataset would each find it missing.
  const run = await findActiveRun(db, id, forUpdate);
  const distinct = new Map<string, DatasetInput>();
  for (const input of inputs.datasets) {
    if (!distinct.has(keyOf(input.dataset))) distinct.set(keyOf(input.dataset), input);
  }
  if (distinct.size > 0) await logDatasets(db, newId, id, run.experiment_id ?? 0, distinct);
  await insertMany(
    db,
    "inputs",
    EDGE_COLUMNS,
    inputs.models.map(({ modelId }) => [newId(), "RUN_INPUT", id, "MODEL_INPUT", modelId, 0]),
    "on conflict do nothing",
  );
}

async function logDatasets(
  db: Database,
  newId: () => string,
  id: RunId,
  experiment: number,
  inputs: ReadonlyMap<string, DatasetInput>,
): Promise<void> {
  const ids = await idsOfDatasets(
    db,
    newId,
    experiment,
    [...inputs.values()].map((input) => input.dataset),
  );
  const linked = await db
    .selectFrom("inputs")
    .select("source_id")
    .where("source_type", "=", "DATASET")
    .where("destination_type", "=", "RUN")
    .where("destination_id", "=", id)
    .execute();
  const linkedIds = new Set(linked.map((row) => row.source_id));
  const edges: unknown[][] = [];
  const tags: unknown[][] = [];
  for (const [key, input] of inputs) {
    const dataset = ids.get(key) ?? "";
    if (linkedIds.has(dataset)) continue;
    const edge = newId();
    edges.push([edge, "DATASET", dataset, "RUN", id, 0]);
    for (const tag of new Map(input.tags.map((one) => [one.key, one.value]))) tags.push([edge, ...tag]);
  }
  await insertMany(db, "inputs", EDGE_COLUMNS, edges);
  await insertMany(db, "input_tags", ["input_uuid", "name", "value"], tags);
}

/** The ids of the experiment's datasets with these names and digests; those that are not there yet are made. */
async function idsOfDatasets(
  db: Database,
  newId: () => string,
  experiment: number,
  datasets: readonly DatasetInput["dataset"][],
): Promise<ReadonlyMap<string, string>> {
  const find = async () => {
    const rows = await db
      .selectFrom("datasets")
      .select(["dataset_uuid", "name", "digest"])
      .where("experiment_id", "=", experiment)
      .where(
        inList(
          "name",
          datasets.map((dataset) => dataset.name),
        ),
      )
      .execute();
    return new Map(rows.map((row) => [keyOf(row), row.dataset_uuid]));
  };
  const known = await find();
  const fresh = datasets.filter((dataset) => !known.has(keyOf(dataset)));
  if (fresh.length === 0) return known;
  await insertMany(
    db,
    "datasets",
    [
      "dataset_uuid",
      "experiment_id",
      "name",
      "digest",
      "dataset_source_type",
      "dataset_source",
      "dataset_schema",
      "dataset_profile",
    ],
    fresh.map((dataset) => [
      newId(),
      experiment,
      dataset.name,
      dataset.digest,
      dataset.sourceType,
      dataset.source,
      dataset.schema ?? null,
      dataset.profile ?? null,
    ]),
    "on conflict do nothing",
  );
  return find();
}

export async function logOutputs(
  db: Database,
  newId: () => string,
  id: RunId,
  models: readonly ModelOutput[],
): Promise<void> {
  await findActiveRun(db, id);
  await insertMany(
    db,
    "inputs",
    EDGE_COLUMNS,
    // Of a model that comes twice the last step stays.
    [...new Map(models.map(({ modelId, step }) => [modelId, step]))].map(([modelId, step]) => [
      newId(),
      "RUN_OUTPUT",
      id,
      "MODEL_OUTPUT",
      modelId,
      step,
    ]),
    "on conflict (source_type, source_id, destination_type, destination_id) do update set step = excluded.step",
  );
}

/** Datasets that runs of these experiments have read, once for each context; at most 1000. */
export async function searchDatasets(
  db: Database,
  experimentIds: readonly ExperimentId[],
): ReturnType<TrackingStore["searchDatasets"]> {
  const rows = await db
    .selectFrom("datasets")
    .innerJoin("inputs", "inputs.source_id", "datasets.dataset_uuid")
    .leftJoin("input_tags", (join) =>
      join.onRef("input_tags.input_uuid", "=", "inputs.input_uuid").on("input_tags.name", "=", CONTEXT_TAG),
    )
    .selectAll("datasets")
    .select("input_tags.value as context")
    .distinct()
    .where(inList("datasets.experiment_id", experimentIds.map(parseExperimentId)))
    .limit(MAX_SUMMARIES)
    .execute();
  return rows.map((row) => ({
    experimentId: experimentId(String(row.experiment_id)),
    dataset: toDataset(row),
    ...(row.context === null ? {} : { context: row.context }),
  }));
}
