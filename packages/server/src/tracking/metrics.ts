import type { Metric } from "@esteira/core/entities/metric";
import { invalid } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { metricToWire, metricWire } from "@esteira/core/wire/metric";
import { z } from "zod";
import { read, reads, update, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  exactInt64,
  exactInt64OrZero,
  given,
  int64,
  keyedValues,
  list,
  nonEmpty,
  requiredDouble,
  requiredExactInt64,
  requiredList,
  requiredText,
  text,
  texts,
} from "../http/fields.ts";
import { JsonText } from "../http/json-text.ts";
import { listToWire, nothing, pageOf, pageToWire } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";
import { SEE } from "../http/validation.ts";

export const MAX_BULK_RUNS = 100;
const MAX_BULK_RESULTS = 25_000;
const MAX_POINTS_PER_RUN = 2500;

const METRICS_BEFORE = Buffer.from('{"metrics":[');
const METRICS_AFTER = Buffer.from("]}");

const metricFields = {
  key: requiredText,
  value: requiredDouble,
  timestamp: requiredExactInt64,
  step: exactInt64OrZero,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
};
const metricSchema = z.object(metricFields);

function toMetric(wire: z.output<typeof metricSchema>): Metric {
  const { key, value, timestamp, step, model_id, dataset_name, dataset_digest } = wire;
  const metric = { key, value, timestamp, step };
  if (!model_id && !dataset_name && !dataset_digest) return metric;
  return {
    ...metric,
    ...(model_id ? { modelId: loggedModelId(model_id) } : {}),
    ...(dataset_name ? { datasetName: dataset_name } : {}),
    ...(dataset_digest ? { datasetDigest: dataset_digest } : {}),
  };
}

/** Metrics and params: writing them one by one or in batches, and reading a metric's history. */
export function metricEndpoints(store: TrackingStore & RunQueryStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/log-metric",
      policy: writes(update("run", "run_id"), update("logged model", "model_id")),
      summary: "Log one value of a metric",
      input: withRunId(metricFields),
      output: nothing,
      run: async (input) => {
        await store.logBatch(
          runId(input.run_id),
          { metrics: [toMetric(input)], params: [], tags: [] },
          { alone: true },
        );
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/runs/log-batch",
      policy: writes(update("run", "run_id"), update("logged model", "metrics[].model_id")),
      summary: "Log metrics, params and tags of a run, all or none",
      input: z.object({ run_id: requiredText, metrics: list(metricSchema), params: keyedValues, tags: keyedValues }),
      output: nothing,
      run: async (input) => {
        await store.logBatch(runId(input.run_id), {
          metrics: input.metrics.map(toMetric),
          params: input.params,
          tags: input.tags,
        });
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/metrics/get-history",
      policy: reads(read("run", "run_id")),
      summary: "Get all values of a metric of one run, page by page",
      input: withRunId({ metric_key: requiredText, page_token: text, max_results: int64 }),
      output: pageOf("metrics", metricWire),
      run: async (input) => {
        const maxResults = input.max_results;
        if (maxResults !== undefined && maxResults <= 0) {
          throw invalid(
            `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer.`,
          );
        }
        if (maxResults === undefined && nonEmpty(input.page_token) === undefined) {
          const points = await store.longHistoryJson(runId(input.run_id), input.metric_key);
          if (points !== undefined) return new JsonText(Buffer.concat([METRICS_BEFORE, points, METRICS_AFTER]));
        }
        const page = await store.getMetricHistory({
          runId: runId(input.run_id),
          metricKey: input.metric_key,
          ...given({ maxResults, pageToken: nonEmpty(input.page_token) }),
        });
        return pageToWire("metrics", page, metricToWire);
      },
    }),
    endpoint({
      method: "GET",
      path: "/metrics/get-history-bulk-interval",
      policy: reads(read("run", "run_ids[]")),
      summary: "Get a metric of several runs, thinned out for a chart",
      input: z.object({
        run_ids: requiredList(requiredText),
        metric_key: requiredText,
        start_step: exactInt64,
        end_step: exactInt64,
        max_results: int64,
      }),
      output: z.object({ metrics: z.array(metricWire).optional() }),
      run: async (input) => {
        if (input.run_ids.length > MAX_BULK_RUNS) {
          throw invalid(
            `GetMetricHistoryBulkInterval request must specify at most ${MAX_BULK_RUNS} run_ids. Received ${input.run_ids.length} run_ids. ${SEE}`,
          );
        }
        const maxResults = input.max_results ?? MAX_POINTS_PER_RUN;
        if (maxResults < 1 || maxResults > MAX_POINTS_PER_RUN) {
          throw invalid(`max_results must be between 1 and ${MAX_POINTS_PER_RUN}. ${SEE}`);
        }
        const metrics = await store.getMetricHistoryBulk({
          runIds: input.run_ids.map(runId),
          metricKey: input.metric_key,
          maxResults,
          ...stepRange(input.start_step, input.end_step),
        });
        return listToWire("metrics", metrics, metricToWire);
      },
    }),
  ];
}

function stepRange(startStep: Int64 | undefined, endStep: Int64 | undefined): { startStep?: Int64; endStep?: Int64 } {
  if (startStep === undefined && endStep === undefined) return {};
  if (startStep === undefined || endStep === undefined) {
    throw invalid("If either start step or end step are specified, both must be specified.");
  }
  if (startStep > endStep) {
    throw invalid(`end_step must be greater than start_step. Found start_step=${startStep} and end_step=${endStep}.`);
  }
  return { startStep, endStep };
}

/** What only the web UI asks for, under /ajax-api. */
export function metricUiEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/metrics/get-history-bulk",
      policy: reads(read("run", "run_id[]")),
      summary: "Get all values of a metric of several runs",
      input: z.object({ run_id: texts, metric_key: text, max_results: int64 }),
      output: z.object({ metrics: z.array(metricWire) }),
      run: async (input) => {
        const ids = input.run_id;
        if (ids.length === 0) throw invalid("GetMetricHistoryBulk request must specify at least one run_id.");
        if (ids.length > MAX_BULK_RUNS) {
          throw invalid(
            `GetMetricHistoryBulk request cannot specify more than ${MAX_BULK_RUNS} run_ids. Received ${ids.length} run_ids.`,
          );
        }
        const metricKey = input.metric_key;
        if (metricKey === undefined) throw invalid("GetMetricHistoryBulk request must specify a metric_key.");
        const maxResults = Math.min(Math.max(input.max_results ?? MAX_BULK_RESULTS, 0), MAX_BULK_RESULTS);
        const metrics: Metric[] = [];
        for (const id of [...new Set(ids)].sort()) {
          if (metrics.length >= maxResults) break;
          const history = await store.getMetricHistory({
            runId: runId(id),
            metricKey,
            maxResults: maxResults - metrics.length,
          });
          for (const metric of history.items) metrics.push({ ...metric, runId: runId(id) });
        }
        return { metrics: metrics.map(metricToWire) };
      },
    }),
  ];
}
