import type { DatasetInput } from "@esteira/core/entities/dataset";
import type { Run } from "@esteira/core/entities/run";
import { notFound } from "@esteira/core/errors";
import { loggedModelId, type RunId } from "@esteira/core/ids";
import { type RawBuilder, sql } from "kysely";
import { partsStatement } from "../database/columns.ts";
import type { Database } from "../database/tables.ts";
import { toDataset, toRunInfo } from "./run-data.ts";
import { RUN_NAME_TAG } from "./tags.ts";

const keyed = (table: RawBuilder<unknown>, id: RawBuilder<unknown>) => ({
  columns: { key: ["text", sql`"key"`], value: ["text", sql`value`] } as const,
  from: sql`${table} where run_uuid = ${id}`,
});
const DATASETS_OF = (id: RawBuilder<unknown>) =>
  sql`i.destination_type = 'RUN' and i.source_type = 'DATASET' and i.destination_id = ${id}`;
const edges = (source: string, destination: string, id: RawBuilder<unknown>) => ({
  columns: { model: ["text", sql`destination_id`], step: ["integer", sql`step`] } as const,
  from: sql`inputs where source_type = ${sql.lit(source)} and source_id = ${id} and destination_type = ${sql.lit(destination)}`,
});

/** A run and all that belongs to it. No ORDER BY: the indexes give its rows in the order in which they were first logged. */
const RUN_PARTS = partsStatement((id) => ({
  run: {
    columns: {
      experiment: ["integer", sql`coalesce(experiment_id, 0)`],
      name: ["text", sql`name`],
      user: ["text", sql`user_id`],
      status: ["text", sql`status`],
      start: ["integer", sql`coalesce(start_time, 0)`],
      end: ["integer", sql`coalesce(end_time, 0)`],
      artifacts: ["text", sql`artifact_uri`],
      stage: ["text", sql`lifecycle_stage`],
    },
    from: sql`runs where run_uuid = ${id}`,
  },
  metrics: {
    columns: {
      key: ["text", sql`"key"`],
      value: ["real", sql`value`],
      timestamp: ["integer", sql`timestamp`],
      step: ["integer", sql`step`],
      isNan: ["flag", sql`is_nan`],
    },
    from: sql`latest_metrics where run_uuid = ${id}`,
  },
  params: keyed(sql`params`, id!),
  tags: keyed(sql`tags`, id!),
  datasets: {
    columns: {
      input: ["text", sql`i.input_uuid`],
      name: ["text", sql`d.name`],
      digest: ["text", sql`d.digest`],
      sourceType: ["text", sql`d.dataset_source_type`],
      source: ["text", sql`d.dataset_source`],
      schema: ["text", sql`d.dataset_schema`],
      profile: ["text", sql`d.dataset_profile`],
    },
    from: sql`inputs as i inner join datasets as d on d.dataset_uuid = i.source_id where ${DATASETS_OF(id!)}`,
  },
  datasetTags: {
    columns: { input: ["text", sql`t.input_uuid`], key: ["text", sql`t.name`], value: ["text", sql`t.value`] },
    from: sql`inputs as i inner join input_tags as t on t.input_uuid = i.input_uuid where ${DATASETS_OF(id!)}`,
  },
  outputs: edges("RUN_OUTPUT", "MODEL_OUTPUT", id!),
  inputs: edges("RUN_INPUT", "MODEL_INPUT", id!),
}));
type Parts = Awaited<ReturnType<typeof RUN_PARTS>>;

/** A whole run by one statement. Throws RESOURCE_DOES_NOT_EXIST where there is none. */
export async function readRun(db: Database, id: RunId): Promise<Run> {
  const { run, metrics, params, tags, datasets, datasetTags, outputs, inputs } = await RUN_PARTS(db, id);
  if (run.status.length === 0) throw notFound(`Run with id=${id} not found`);
  const tagged = pairs(tags);
  const info = toRunInfo({
    run_uuid: id,
    experiment_id: Number(run.experiment[0]),
    name: run.name[0] ?? null,
    user_id: run.user[0] ?? null,
    status: run.status[0] ?? null,
    start_time: run.start[0] ?? null,
    end_time: run.end[0] ?? null,
    artifact_uri: run.artifacts[0] ?? null,
    lifecycle_stage: run.stage[0] === "deleted" ? "deleted" : "active",
  });
  return {
    // Runs of old MLflow versions have their name in the tag alone.
    info:
      info.runName === "" ? { ...info, runName: tagged.find(({ key }) => key === RUN_NAME_TAG)?.value ?? "" } : info,
    data: {
      metrics: metrics.key.map((key, row) => ({
        key: key ?? "",
        value: metrics.isNan[row] ? Number.NaN : (metrics.value[row] ?? 0),
        timestamp: metrics.timestamp[row] ?? 0,
        step: metrics.step[row] ?? 0,
      })),
      params: pairs(params),
      tags: tagged,
    },
    inputs: {
      datasets: datasetInputs(datasets, datasetTags),
      models: inputs.model.map((model) => ({ modelId: loggedModelId(model ?? "") })),
    },
    outputs: {
      models: outputs.model.map((model, row) => ({
        modelId: loggedModelId(model ?? ""),
        step: outputs.step[row] ?? 0,
      })),
    },
  };
}

const pairs = ({ key, value }: Parts["params"]) =>
  key.map((name, row) => ({ key: name ?? "", value: value[row] ?? "" }));

function datasetInputs(datasets: Parts["datasets"], tags: Parts["datasetTags"]): readonly DatasetInput[] {
  return datasets.input.map((input, row) => ({
    tags: tags.key.flatMap((key, tag) =>
      tags.input[tag] === input ? [{ key: key ?? "", value: tags.value[tag] ?? "" }] : [],
    ),
    dataset: toDataset({
      name: datasets.name[row] ?? "",
      digest: datasets.digest[row] ?? "",
      dataset_source_type: datasets.sourceType[row] ?? "",
      dataset_source: datasets.source[row] ?? "",
      dataset_schema: datasets.schema[row] ?? null,
      dataset_profile: datasets.profile[row] ?? null,
    }),
  }));
}
