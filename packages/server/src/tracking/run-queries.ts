import { experimentId } from "@esteira/core/ids";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import { queriedRunToWire, queriedRunWire } from "@esteira/core/wire/run";
import { z } from "zod";
import { reads } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { boolOrFalse, enumOf, given, int64AtMost, nonEmpty, searchFields, texts } from "../http/fields.ts";
import { pageOf, pageToWire } from "../http/paging.ts";
import { DEFAULT_RUNS, MAX_RUNS } from "./runs.ts";
import { VIEW_TYPES } from "./view-type.ts";

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
  ];
}
