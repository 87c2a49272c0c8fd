import { LOGGED_MODEL_STATUSES, type LoggedModel } from "@esteira/core/entities/logged-model";
import type { Metric } from "@esteira/core/entities/metric";
import { experimentId, loggedModelId, runId } from "@esteira/core/ids";
import type { Selectable } from "kysely";
import { groupBy, inList } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";

export type LoggedModelRow = Selectable<Tables["logged_models"]>;

/** Models with tags and params by key, and metrics, by a constant number of queries. */
export async function toLoggedModels(db: Database, rows: readonly LoggedModelRow[]): Promise<readonly LoggedModel[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.model_id);
  const tags = groupBy(
    await db
      .selectFrom("logged_model_tags")
      .selectAll()
      .where(inList("model_id", ids))
      .orderBy("model_id")
      .orderBy("tag_key")
      .execute(),
    (tag) => tag.model_id,
  );
  const params = groupBy(
    await db
      .selectFrom("logged_model_params")
      .selectAll()
      .where(inList("model_id", ids))
      .orderBy("model_id")
      .orderBy("param_key")
      .execute(),
    (param) => param.model_id,
  );
  const metrics = groupBy(
    await db.selectFrom("logged_model_metrics").selectAll().where(inList("model_id", ids)).execute(),
    (metric) => metric.model_id,
  );
  return rows.map((row): LoggedModel => {
    const id = row.model_id;
    return {
      modelId: loggedModelId(id),
      experimentId: experimentId(String(row.experiment_id)),
      name: row.name,
      artifactUri: row.artifact_location,
      status: LOGGED_MODEL_STATUSES[row.status] ?? "LOGGED_MODEL_STATUS_UNSPECIFIED",
      ...(row.status_message === null ? {} : { statusMessage: row.status_message }),
      modelType: row.model_type ?? "",
      ...(row.source_run_id === null ? {} : { sourceRunId: runId(row.source_run_id) }),
      creationTimestamp: row.creation_timestamp_ms,
      lastUpdatedTimestamp: row.last_updated_timestamp_ms,
      tags: (tags.get(id) ?? []).map((tag) => ({ key: tag.tag_key, value: tag.tag_value })),
      params: (params.get(id) ?? []).map((param) => ({ key: param.param_key, value: param.param_value })),
      metrics: (metrics.get(id) ?? []).map(toModelMetric),
    };
  });
}

const toModelMetric = (row: Selectable<Tables["logged_model_metrics"]>): Metric => ({
  key: row.metric_name,
  value: row.metric_value ?? Number.NaN,
  timestamp: row.metric_timestamp_ms,
  step: row.metric_step,
  modelId: loggedModelId(row.model_id),
  ...(row.dataset_name === null ? {} : { datasetName: row.dataset_name }),
  ...(row.dataset_digest === null ? {} : { datasetDigest: row.dataset_digest }),
  runId: runId(row.run_id),
});
