import type { DatasetInput } from "@esteira/core/entities/dataset";
import type { Run } from "@esteira/core/entities/run";
import { notFound } from "@esteira/core/errors";
import { loggedModelId, type RunId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import { type RawBuilder, sql } from "kysely";
import { partsStatement } from "../database/columns.ts";
import { listValue, withListed } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { toDataset, toRunInfo } from "./run-data.ts";
import { RUN_NAME_TAG } from "./tags.ts";

/** Which runs a statement reads: one, or those of a list. */
interface Asked {
  /** Comes before the table that is read. */
  readonly among: RawBuilder<unknown>;
  /** The id of a run that is asked for. */
  readonly id: RawBuilder<unknown>;
  /** Its place among them. */
  readonly place: RawBuilder<unknown>;
}

/** Runs and all that belongs to them. No ORDER BY: the indexes give their rows in the order in which they were first logged. */
function runParts({ among, id, place }: Asked) {
  const run = ["integer", place] as const;
  const keyed = (table: RawBuilder<unknown>) => ({
    columns: { run, key: ["text", sql`t."key"`], value: ["text", sql`t.value`] } as const,
    from: sql`${among} ${table} as t where t.run_uuid = ${id}`,
  });
  const edges = (source: string, destination: string) => ({
    columns: { run, model: ["text", sql`i.destination_id`], step: ["integer", sql`i.step`] } as const,
    from: sql`${among} inputs as i where i.source_type = ${sql.lit(source)} and i.source_id = ${id}
      and i.destination_type = ${sql.lit(destination)}`,
  });
  const isUseOfDataset = sql`i.destination_type = 'RUN' and i.source_type = 'DATASET' and i.destination_id = ${id}`;
  return {
    runs: {
      columns: {
        run,
        id: ["text", sql`t.run_uuid`],
        experiment: ["integer", sql`coalesce(t.experiment_id, 0)`],
        name: ["text", sql`t.name`],
        user: ["text", sql`t.user_id`],
        status: ["text", sql`t.status`],
        start: ["integer", sql`coalesce(t.start_time, 0)`],
        end: ["integer", sql`coalesce(t.end_time, 0)`],
        artifacts: ["text", sql`t.artifact_uri`],
        stage: ["text", sql`t.lifecycle_stage`],
      },
      from: sql`${among} runs as t where t.run_uuid = ${id}`,
    },
    metrics: {
      columns: {
        run,
        key: ["text", sql`t."key"`],
        value: ["real", sql`t.value`],
        timestamp: ["integer", sql`t.timestamp`],
        step: ["integer", sql`t.step`],
        isNan: ["flag", sql`t.is_nan`],
      },
      from: sql`${among} latest_metrics as t where t.run_uuid = ${id}`,
    },
    params: keyed(sql`params`),
    tags: keyed(sql`tags`),
    datasets: {
      columns: {
        run,
        input: ["text", sql`i.input_uuid`],
        name: ["text", sql`d.name`],
        digest: ["text", sql`d.digest`],
        sourceType: ["text", sql`d.dataset_source_type`],
        source: ["text", sql`d.dataset_source`],
        schema: ["text", sql`d.dataset_schema`],
        profile: ["text", sql`d.dataset_profile`],
      },
      from: sql`${among} inputs as i inner join datasets as d on d.dataset_uuid = i.source_id where ${isUseOfDataset}`,
    },
    datasetTags: {
      columns: { input: ["text", sql`t.input_uuid`], key: ["text", sql`t.name`], value: ["text", sql`t.value`] },
      from: sql`${among} inputs as i inner join input_tags as t on t.input_uuid = i.input_uuid where ${isUseOfDataset}`,
    },
    outputs: edges("RUN_OUTPUT", "MODEL_OUTPUT"),
    inputs: edges("RUN_INPUT", "MODEL_INPUT"),
  } as const;
}

const ONE = partsStatement((id) => runParts({ among: sql``, id: id!, place: sql`0` }));
const LISTED = partsStatement(
  () => {
    // Searches give no model inputs, as MLflow's do not.
    const { inputs: _, ...parts } = runParts({
      among: sql`listed cross join`,
      id: sql`listed.value`,
      place: sql`listed.place`,
    });
    return parts;
  },
  (ids) => withListed(ids!),
);
type Found = Awaited<ReturnType<typeof LISTED>>;

/** A whole run by one statement. Throws RESOURCE_DOES_NOT_EXIST where there is none. */
export async function readRun(db: Database, id: RunId): Promise<Run> {
  const { inputs, ...found } = await ONE(db, id);
  const [run] = wholeRuns(found, 1);
  if (run === undefined) throw notFound(`Run with id=${id} not found`);
  const models = inputs.model.map((model) => ({ modelId: loggedModelId(model ?? "") }));
  return { ...run, inputs: { ...run.inputs, models } };
}

/** The runs of these ids by one statement, in their order, without model inputs; an id of no run is left out. */
export const readWholeRuns = async (db: Database, ids: readonly string[]): Promise<readonly Run[]> =>
  ids.length === 0 ? [] : wholeRuns(await LISTED(db, listValue(db, ids)), ids.length);

function wholeRuns({ runs, metrics, params, tags, datasets, datasetTags, outputs }: Found, asked: number): Run[] {
  const metricsOf = byRun(asked, metrics.run, (row) => ({
    key: metrics.key[row] ?? "",
    value: metrics.isNan[row] ? Number.NaN : (metrics.value[row] ?? 0),
    timestamp: metrics.timestamp[row] ?? 0,
    step: metrics.step[row] ?? 0,
  }));
  const paramsOf = byRun(asked, params.run, (row) => ({ key: params.key[row] ?? "", value: params.value[row] ?? "" }));
  const tagsOf = byRun(asked, tags.run, (row) => ({ key: tags.key[row] ?? "", value: tags.value[row] ?? "" }));
  const datasetsOf = byRun(asked, datasets.run, (row) => datasetInput(datasets, datasetTags, row));
  const outputsOf = byRun(asked, outputs.run, (row) => ({
    modelId: loggedModelId(outputs.model[row] ?? ""),
    step: outputs.step[row] ?? 0,
  }));
  const found = byRun(asked, runs.run, (row): Run => {
    const run = Number(runs.run[row]);
    const info = toRunInfo({
      run_uuid: runs.id[row] ?? "",
      experiment_id: Number(runs.experiment[row]),
      name: runs.name[row] ?? null,
      user_id: runs.user[row] ?? null,
      status: runs.status[row] ?? null,
      start_time: runs.start[row] ?? null,
      end_time: runs.end[row] ?? null,
      artifact_uri: runs.artifacts[row] ?? null,
      lifecycle_stage: runs.stage[row] === "deleted" ? "deleted" : "active",
    });
    const tagged = tagsOf[run] ?? [];
    return {
      // Runs of old MLflow versions have their name in the tag alone.
      info:
        info.runName === "" ? { ...info, runName: tagged.find(({ key }) => key === RUN_NAME_TAG)?.value ?? "" } : info,
      data: { metrics: metricsOf[run] ?? [], params: paramsOf[run] ?? [], tags: tagged },
      inputs: { datasets: datasetsOf[run] ?? [], models: [] },
      outputs: { models: outputsOf[run] ?? [] },
    };
  });
  return found.flat();
}

/** The items of each of `asked` runs. */
function byRun<Item>(asked: number, owners: readonly Int64[], itemOf: (row: number) => Item): Item[][] {
  const items = Array.from({ length: asked }, (): Item[] => []);
  for (const [row, owner] of owners.entries()) items[Number(owner)]?.push(itemOf(row));
  return items;
}

function datasetInput(datasets: Found["datasets"], tags: Found["datasetTags"], row: number): DatasetInput {
  const input = datasets.input[row];
  return {
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
  };
}
