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

export const metricToWire = (metric: Metric) => ({
  key: metric.key,
  value: doubleToWire(metric.value),
  timestamp: metric.timestamp,
  step: metric.step,
  ...compact({
    dataset_name: metric.datasetName,
    dataset_digest: metric.datasetDigest,
    model_id: metric.modelId,
    run_id: metric.runId,
  }),
});
