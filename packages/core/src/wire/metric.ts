import { z } from "zod";
import type { Metric } from "../entities/metric.ts";
import type { SampledHistory } from "../entities/sampled-history.ts";
import { loggedModelId, runId } from "../ids.ts";
import { readInt64 } from "../int64.ts";
import { compact, double, doubleToWire, exactInt64, list } from "./scalars.ts";

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

/** The points of a history as lists of equal length: a chart has twenty thousand of them. */
const pointColumns = z
  .object({
    key: z.string(),
    steps: list<unknown>({ type: ["integer", "string"] }, "The step of each point."),
    timestamps: list<unknown>(
      { type: ["integer", "string"] },
      "When each point was logged, in milliseconds since the epoch.",
    ),
    values: list<number | string>({ type: ["number", "string"] }, 'The value of each point; NaN is the text "NaN".'),
  })
  .refine(
    ({ steps, timestamps, values }) => steps.length === values.length && timestamps.length === values.length,
    "Expected lists of equal length",
  )
  .transform(({ key, steps, timestamps, values }): readonly Metric[] =>
    values.map((value, at) => ({
      key,
      value: Number(value),
      timestamp: readInt64(timestamps[at]) ?? 0,
      step: readInt64(steps[at]) ?? 0,
    })),
  );

const columnsToWire = (points: readonly Metric[]) => ({
  key: points[0]?.key ?? "",
  steps: points.map(({ step }) => step),
  timestamps: points.map(({ timestamp }) => timestamp),
  values: points.map(({ value }) => doubleToWire(value)),
});

/** One run's thinned history in Esteira's own call: its points one by one, or as columns where these were asked for. */
export const sampledHistoryWire = z
  .object({
    run_id: z.string(),
    total_count: count,
    nan_count: count.default(0),
    infinite_count: count.default(0),
    points: z.array(metricWire).default([]),
    columns: pointColumns.optional(),
  })
  .transform(
    (wire): SampledHistory => ({
      runId: runId(wire.run_id),
      totalCount: wire.total_count,
      nanCount: wire.nan_count,
      infiniteCount: wire.infinite_count,
      points: wire.columns ?? wire.points,
    }),
  )
  .meta({ id: "SampledHistory" });

export const sampledHistoryToWire = (history: SampledHistory, asColumns = false) => ({
  run_id: history.runId,
  total_count: history.totalCount,
  nan_count: history.nanCount,
  infinite_count: history.infiniteCount,
  ...(asColumns ? { columns: columnsToWire(history.points) } : { points: history.points.map(metricToWire) }),
});
