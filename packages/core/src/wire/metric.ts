import { z } from "zod";
import type { Metric } from "../entities/metric.ts";
import { loggedModelId, runId } from "../ids.ts";
import { compact, double, doubleToWire, exactInt64 } from "./scalars.ts";

export const metricWire = z
  .object({
    key: z.string(),
    value: double,
    timestamp: exactInt64,
    step: exactInt64.default(0),
    model_id: z.string().optional(),
    dataset_name: z.string().optional(),
    dataset_digest: z.string().optional(),
    run_id: z.string().optional(),
  })
  .transform(
    (wire): Metric => ({
      key: wire.key,
      value: wire.value,
      timestamp: wire.timestamp,
      step: wire.step,
      ...(wire.model_id ? { modelId: loggedModelId(wire.model_id) } : {}),
      ...(wire.dataset_name ? { datasetName: wire.dataset_name } : {}),
      ...(wire.dataset_digest ? { datasetDigest: wire.dataset_digest } : {}),
      ...(wire.run_id ? { runId: runId(wire.run_id) } : {}),
    }),
  )
  .meta({ id: "Metric" });

/** A history has a hundred thousand of these: no detour for what most of them do not have. */
export const metricToWire = (metric: Metric) => {
  const { key, value, timestamp, step, datasetName, datasetDigest, modelId, runId: run } = metric;
  const wire = { key, value: doubleToWire(value), timestamp, step };
  if (datasetName === undefined && datasetDigest === undefined && modelId === undefined && run === undefined)
    return wire;
  return {
    ...wire,
    ...compact({ dataset_name: datasetName, dataset_digest: datasetDigest, model_id: modelId, run_id: run }),
  };
};
