import { invalid } from "@esteira/core/errors";
import { experimentId, runId } from "@esteira/core/ids";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import { sampledHistoryToWire, sampledHistoryWire } from "@esteira/core/wire/metric";
import { queriedRunToWire, queriedRunWire } from "@esteira/core/wire/run";
import { runColumnsToWire, runColumnsWire, runKeysWire } from "@esteira/core/wire/run-columns";
import { z } from "zod";
import { read, reads } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  boolOrFalse,
  enumOf,
  exactInt64,
  given,
  int64,
  int64AtMost,
  nonEmpty,
  requiredList,
  requiredText,
  searchFields,
  text,
  texts,
} from "../http/fields.ts";
import { pageOf, pageToWire } from "../http/paging.ts";
import { MAX_BULK_RUNS } from "./metrics.ts";
import { DEFAULT_RUNS, MAX_RUNS } from "./runs.ts";
import { VIEW_TYPES } from "./view-type.ts";

const DEFAULT_POINTS = 1000;
const DEFAULT_COLUMN_RUNS = 100_000;

/** Esteira's own calls about runs. */
export function runQueryEndpoints(store: RunQueryStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/search",
      policy: reads(),
      summary: "Search runs, with a count, chosen columns, aggregates of metrics and pages that stay in place",
      input: z.object({
        ...searchFields,
        experiment_ids: texts,
        run_view_type: enumOf(VIEW_TYPES),
        max_results: int64AtMost(MAX_RUNS),
        columns: texts,
        count: boolOrFalse,
      }),
      output: pageOf("runs", queriedRunWire).extend({ total_count: z.number().int().optional() }),
      run: async (input, _, caller) => {
        const { columns } = input;
        const page = await store.queryRuns({
          experimentIds: caller.searchable("run", input.experiment_ids).map(experimentId),
          maxResults: input.max_results ?? DEFAULT_RUNS,
          orderBy: input.order_by,
          count: input.count,
          ...given({
            filter: nonEmpty(input.filter),
            pageToken: nonEmpty(input.page_token),
            viewType: input.run_view_type,
            columns: columns.length === 0 ? undefined : columns,
          }),
        });
        return { ...pageToWire("runs", page, queriedRunToWire), ...given({ total_count: page.totalCount }) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/runs/columns",
      policy: reads(),
      summary: "Get chosen columns of very many runs at once, for a table that sorts, filters and groups by itself",
      input: z.object({
        experiment_ids: requiredList(requiredText),
        run_view_type: enumOf(VIEW_TYPES),
        filter: text,
        columns: texts,
        max_runs: int64,
        max_text: int64,
        frame: text,
      }),
      output: runColumnsWire,
      run: async (input, _, caller) => {
        const page = await store.readRunColumns({
          experimentIds: caller.searchable("run", input.experiment_ids).map(experimentId),
          columns: input.columns,
          maxRuns: input.max_runs ?? DEFAULT_COLUMN_RUNS,
          ...given({ filter: nonEmpty(input.filter), viewType: input.run_view_type, maxText: input.max_text }),
        });
        return runColumnsToWire(page, input.frame);
      },
    }),
    endpoint({
      method: "GET",
      path: "/runs/keys",
      policy: reads(),
      summary: "Get the keys of metrics, params and tags that runs have, with counts",
      input: z.object({
        experiment_ids: texts,
        run_view_type: enumOf(VIEW_TYPES),
        filter: text,
        newest: int64AtMost(MAX_RUNS),
      }),
      output: runKeysWire,
      run: (input, _, caller) =>
        store.readRunKeys({
          experimentIds: caller.searchable("run", input.experiment_ids).map(experimentId),
          ...given({ filter: nonEmpty(input.filter), viewType: input.run_view_type, newest: input.newest }),
        }),
    }),
    endpoint({
      method: "GET",
      path: "/metrics/history",
      policy: reads(read("run", "run_ids[]")),
      summary: "Get a metric of several runs for a chart: thinned without losing a peak, with exact counts",
      input: z.object({
        run_ids: requiredList(requiredText),
        metric_key: requiredText,
        max_points: int64,
        start_step: exactInt64,
        end_step: exactInt64,
        columns: text,
      }),
      output: z.object({ histories: z.array(sampledHistoryWire) }),
      run: async (input) => {
        if (input.run_ids.length > MAX_BULK_RUNS) {
          throw invalid(`At most ${MAX_BULK_RUNS} run_ids may be given. Received ${input.run_ids.length}.`);
        }
        const histories = await store.sampleHistories({
          runIds: input.run_ids.map(runId),
          metricKey: input.metric_key,
          maxPoints: input.max_points ?? DEFAULT_POINTS,
          ...given({ startStep: input.start_step, endStep: input.end_step }),
        });
        return { histories: histories.map((history) => sampledHistoryToWire(history, input.columns === "true")) };
      },
    }),
  ];
}
