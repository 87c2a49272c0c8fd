import type { RunQuery, RunQueryPage } from "@esteira/core/entities/run-query";
import { queriedRunWire } from "@esteira/core/wire/run";
import { z } from "zod";
import { searchToWire } from "./search.ts";
import type { Transport } from "./transport.ts";

const runPage = z
  .object({
    runs: z.array(queriedRunWire).default([]),
    next_page_token: z.string().optional(),
    total_count: z.number().int().optional(),
  })
  .transform(
    (wire): RunQueryPage => ({
      items: wire.runs,
      ...(wire.next_page_token ? { nextPageToken: wire.next_page_token } : {}),
      ...(wire.total_count === undefined ? {} : { totalCount: wire.total_count }),
    }),
  );

/** What only Esteira's server answers; other servers' answer is NOT_IMPLEMENTED with the reason. */
export function runQueriesOf(transport: Transport) {
  return {
    /** A search with chosen columns, aggregates such as `min(metrics.loss)`, a count, and pages that stay in place. */
    query: (query: RunQuery, signal?: AbortSignal): Promise<RunQueryPage> =>
      transport.call("POST", "runs/search", runPage, {
        body: {
          experiment_ids: query.experimentIds,
          run_view_type: query.viewType,
          columns: query.columns,
          count: query.count,
          ...searchToWire(query),
        },
        service: "esteira",
        ...(signal ? { signal } : {}),
      }),
  };
}
