import { z } from "zod";
import type { Metric } from "../entities/metric.ts";
import type { SampledHistory } from "../entities/sampled-history.ts";
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

const count = z.number().int();

/** One run's thinned history in Esteira's own call. */
export const sampledHistoryWire = z
  .object({
    run_id: z.string(),
    total_count: count,
    nan_count: count.default(0),
    infinite_count: count.default(0),
    points: z.array(metricWire).default([]),
  })
  .transform(
    (wire): SampledHistory => ({
      runId: runId(wire.run_id),
      totalCount: wire.total_count,
      nanCount: wire.nan_count,
      infiniteCount: wire.infinite_count,
      points: wire.points,
    }),
  )
  .meta({ id: "SampledHistory" });

export const sampledHistoryToWire = (history: SampledHistory) => ({
  run_id: history.runId,
  total_count: history.totalCount,
  nan_count: history.nanCount,
  infinite_count: history.infiniteCount,
  points: history.points.map(metricToWire),
});
