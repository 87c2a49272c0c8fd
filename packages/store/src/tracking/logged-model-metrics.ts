import type { Metric } from "@esteira/core/entities/metric";
import type { RunId } from "@esteira/core/ids";
import { insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { storedValue } from "./metrics.ts";

/** Metrics that name a logged model are kept with it too. Of one step and time the first value stays. */
export async function logModelMetrics(
  db: Database,
  id: RunId,
  experiment: number,
  metrics: readonly Metric[],
): Promise<void> {
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
