import type { Metric } from "@esteira/core/entities/metric";
import { EsteiraError } from "@esteira/core/errors";
import type { LoggedModelId, RunId } from "@esteira/core/ids";
import { inList, insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { storedValue } from "./metrics.ts";

/** Metrics that name a logged model are kept with it too. Of one step and time the first value stays. */
export async function logModelMetrics(
  db: Database,
  id: RunId,
  experiment: number,
  metrics: readonly Metric[],
): Promise<void> {
  const models = new Set(metrics.flatMap(({ modelId }) => (modelId === undefined ? [] : [modelId])));
  if (models.size === 0) return;
  await checkModelsExist(db, [...models]);
  await insertMany(
    db,
    "logged_model_metrics",
    [
      "model_id",
      "metric_name",
      "metric_timestamp_ms",
      "metric_step",
      "metric_value",
      "experiment_id",
      "run_id",
      "dataset_name",
      "dataset_digest",
    ],
    metrics
      .filter((metric) => metric.modelId !== undefined)
      .map((metric) => [
        metric.modelId,
        metric.key,
        metric.timestamp,
        metric.step,
        storedValue(metric.value),
        experiment,
        id,
        metric.datasetName ?? null,
        metric.datasetDigest ?? null,
      ]),
    "on conflict do nothing",
  );
}

async function checkModelsExist(db: Database, ids: readonly LoggedModelId[]): Promise<void> {
  const rows = await db.selectFrom("logged_models").select("model_id").where(inList("model_id", ids)).execute();
  const known = new Set<string>(rows.map((row) => row.model_id));
  const missing = ids.find((id) => !known.has(id));
  if (missing === undefined) return;
  // MLflow's code and status for a metric of a model that does not exist.
  throw new EsteiraError("BAD_REQUEST", `Logged model with ID '${missing}' not found: create it before its metrics.`);
}
