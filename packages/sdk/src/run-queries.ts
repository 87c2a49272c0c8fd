import type { RunColumnsQuery, RunKeys, RunKeysQuery } from "@esteira/core/entities/run-columns";
import type { RunQuery, RunQueryPage } from "@esteira/core/entities/run-query";
import type { RunEvent, WatchedRuns } from "@esteira/core/entities/run-watch";
import type { HistoryQuery, SampledHistory } from "@esteira/core/entities/sampled-history";
import { parseJson } from "@esteira/core/wire/json";
import { sampledHistoryWire } from "@esteira/core/wire/metric";
import { queriedRunWire } from "@esteira/core/wire/run";
import { type RunColumnsAnswer, runColumnsWire, runKeysWire } from "@esteira/core/wire/run-columns";
import { runEventFromWire } from "@esteira/core/wire/run-event";
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
    /**
     * Chosen columns of very many runs at once, newest first. With the name of a list of runs that the caller has, the answer
     * has no ids if the list is still the same.
     */
    columns: (query: RunColumnsQuery, frame?: string, signal?: AbortSignal): Promise<RunColumnsAnswer> =>
      transport.call("POST", "runs/columns", runColumnsWire, {
        body: {
          experiment_ids: query.experimentIds,
          run_view_type: query.viewType,
          filter: query.filter,
          columns: query.columns,
          max_runs: query.maxRuns,
          max_text: query.maxText,
          frame,
        },
        service: "esteira",
        ...(signal ? { signal } : {}),
      }),
    /** The keys that runs have, with counts: those of the newest so many runs take a moment, those of all may take a second. */
    keys: (query: RunKeysQuery, signal?: AbortSignal): Promise<RunKeys> =>
      transport.call("GET", "runs/keys", runKeysWire, {
        query: {
          experiment_ids: query.experimentIds,
          run_view_type: query.viewType,
          filter: query.filter,
          newest: query.newest,
        },
        service: "esteira",
        ...(signal ? { signal } : {}),
      }),
    /** Histories for a chart, thinned without losing a peak; one for each of at most 100 runs. */
    sampledHistories: (query: HistoryQuery, signal?: AbortSignal): Promise<readonly SampledHistory[]> =>
      transport.call(
        "GET",
        "metrics/history",
        z.object({ histories: z.array(sampledHistoryWire).default([]) }).transform((wire) => wire.histories),
        {
          query: {
            run_ids: query.runIds,
            metric_key: query.metricKey,
            max_points: query.maxPoints,
            start_step: textOf(query.startStep),
            end_step: textOf(query.endStep),
            columns: true,
          },
          service: "esteira",
          ...(signal ? { signal } : {}),
        },
      ),
    /**
     * What happens to these runs, and to the live runs of these experiments: first what they are, then each change, until
     * all runs have ended (if no experiment is watched) or the signal is given. A lost connection is made again, and goes on
     * where it was: nothing is left out, and a point may come twice. Throws when the server stays away.
     */
    watch: (watched: Partial<WatchedRuns>, signal?: AbortSignal) => watch(transport, watched, signal),
  };
}

const textOf = (step: HistoryQuery["startStep"]): string | undefined => (step === undefined ? undefined : String(step));

/** Before a stream that was lost, or that the server has ended, is opened again. */
const PAUSE_MS = 1000;

async function* watch(
  transport: Transport,
  { runIds = [], experimentIds = [] }: Partial<WatchedRuns>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, void, undefined> {
  let lastEventId: string | undefined;
  for (;;) {
    const events = await transport.events("runs/events", {
      query: { run_ids: runIds, experiment_ids: experimentIds },
      ...(lastEventId === undefined ? {} : { lastEventId }),
      ...(signal ? { signal } : {}),
    });
    for await (const { name, data, id } of events) {
      const event = runEventFromWire(name, parseJson(data));
      if (event !== undefined) yield event;
      if (event?.kind === "end") return;
      lastEventId = id ?? lastEventId;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal?.throwIfAborted();
  }
}
