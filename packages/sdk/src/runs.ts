import type { DatasetInput, ModelOutput } from "@esteira/core/entities/dataset";
import type { Metric } from "@esteira/core/entities/metric";
import type { Page, SearchQuery, ViewType } from "@esteira/core/entities/page";
import type { Run, RunInfo, RunStatus } from "@esteira/core/entities/run";
import type { Param, Tag } from "@esteira/core/entities/tag";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import { datasetInputToWire } from "@esteira/core/wire/dataset";
import { metricToWire, metricWire } from "@esteira/core/wire/metric";
import { runInfoWire, runWire } from "@esteira/core/wire/run";
import { z } from "zod";
import { pageOf, searchToWire } from "./search.ts";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ run: runWire }).transform((wire) => wire.run);

export function runsOf(transport: Transport) {
  return {
    create: (input: {
      experimentId: ExperimentId;
      runName?: string;
      userId?: string;
      startTime: number;
      tags?: readonly Tag[];
    }): Promise<Run> =>
      transport.call("POST", "runs/create", one, {
        body: {
          experiment_id: input.experimentId,
          run_name: input.runName,
          user_id: input.userId,
          start_time: input.startTime,
          tags: input.tags,
        },
      }),
    get: (id: RunId): Promise<Run> => transport.call("GET", "runs/get", one, { query: { run_id: id } }),
    update: (id: RunId, change: { status?: RunStatus; endTime?: number; runName?: string }): Promise<RunInfo> =>
      transport.call(
        "POST",
        "runs/update",
        z.object({ run_info: runInfoWire }).transform((wire) => wire.run_info),
        { body: { run_id: id, status: change.status, end_time: change.endTime, run_name: change.runName } },
      ),
    delete: (id: RunId) => transport.call("POST", "runs/delete", nothing, { body: { run_id: id } }),
    restore: (id: RunId) => transport.call("POST", "runs/restore", nothing, { body: { run_id: id } }),
    search: (
      query: SearchQuery & { experimentIds: readonly ExperimentId[]; viewType?: ViewType },
      signal?: AbortSignal,
    ): Promise<Page<Run>> =>
      transport.call("POST", "runs/search", pageOf("runs", runWire), {
        body: { experiment_ids: query.experimentIds, run_view_type: query.viewType, ...searchToWire(query) },
        ...(signal ? { signal } : {}),
      }),
    /** At most 1000 items in all, of which 100 params and 100 tags: `startRun` splits larger ones. */
    logBatch: (
      id: RunId,
      batch: { metrics?: readonly Metric[]; params?: readonly Param[]; tags?: readonly Tag[] },
    ): Promise<void> =>
      transport.call("POST", "runs/log-batch", nothing, {
        body: { run_id: id, metrics: batch.metrics?.map(metricToWire), params: batch.params, tags: batch.tags },
      }),
    setTag: (id: RunId, tag: Tag) => transport.call("POST", "runs/set-tag", nothing, { body: { run_id: id, ...tag } }),
    deleteTag: (id: RunId, key: string) =>
      transport.call("POST", "runs/delete-tag", nothing, { body: { run_id: id, key } }),
    logInputs: (id: RunId, datasets: readonly DatasetInput[]) =>
      transport.call("POST", "runs/log-inputs", nothing, {
        body: { run_id: id, datasets: datasets.map(datasetInputToWire) },
      }),
    logOutputs: (id: RunId, models: readonly ModelOutput[]) =>
      transport.call("POST", "runs/outputs", nothing, {
        body: { run_id: id, models: models.map((model) => ({ model_id: model.modelId, step: model.step })) },
      }),
    metricHistory: (
      query: { runId: RunId; metricKey: string; maxResults?: number; pageToken?: string },
      signal?: AbortSignal,
    ): Promise<Page<Metric>> =>
      transport.call("GET", "metrics/get-history", pageOf("metrics", metricWire), {
        query: {
          run_id: query.runId,
          metric_key: query.metricKey,
          max_results: query.maxResults,
          page_token: query.pageToken,
        },
        ...(signal ? { signal } : {}),
      }),
    /** Each run's history thinned to at most `maxResults` points: what a chart needs. */
    metricHistoryBulk: (
      query: { runIds: readonly RunId[]; metricKey: string; maxResults?: number },
      signal?: AbortSignal,
    ): Promise<readonly Metric[]> =>
      transport.call(
        "GET",
        "metrics/get-history-bulk-interval",
        z.object({ metrics: z.array(metricWire).default([]) }).transform((wire) => wire.metrics),
        {
          query: { run_ids: query.runIds, metric_key: query.metricKey, max_results: query.maxResults ?? 320 },
          ...(signal ? { signal } : {}),
        },
      ),
  };
}
