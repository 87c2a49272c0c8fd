import type { ViewType } from "@esteira/core/entities/page";
import type { Run } from "@esteira/core/entities/run";
import type { RunKeys } from "@esteira/core/entities/run-columns";
import { experimentId, type RunId, runId } from "@esteira/core/ids";
import { queryOptions } from "@tanstack/react-query";
import { parentFilter } from "../runs/tree.ts";
import { isFollowed } from "./live-runs.ts";
import { runClient } from "./run-client.ts";

/** Runs by whose keys the table chooses its columns. */
const KEYS_OF = 50;
/** Nested runs that a run's page shows. */
const CHILDREN = 200;
const RUNNING_REFRESH_MS = 5_000;

/** Keys of the newest runs that stand by themselves: the trials of one search would outvote them. */
export const newestKeysQuery = (id: string, view: ViewType) =>
  queryOptions({
    queryKey: ["run-keys", id, view, "newest"],
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<RunKeys> => {
      const query = { experimentIds: [experimentId(id)], viewType: view, newest: KEYS_OF };
      const alone = await runClient.keys({ ...query, filter: "tags.`mlflow.parentRunId` IS NULL" }, signal);
      return alone.metrics.length + alone.params.length > 0 ? alone : runClient.keys(query, signal);
    },
  });

/** Keys of all runs, which may take the server a second. */
export const allKeysQuery = (id: string, view: ViewType) =>
  queryOptions({
    queryKey: ["run-keys", id, view, "all"],
    staleTime: 60_000,
    queryFn: ({ signal }) => runClient.keys({ experimentIds: [experimentId(id)], viewType: view }, signal),
  });

/** Runs by id, in no order: parents that a page of a search did not bring. */
export const runsByIdQuery = (experimentIds: readonly string[], ids: readonly string[]) =>
  queryOptions({
    queryKey: ["runs-by-id", experimentIds, ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }): Promise<readonly Run[]> =>
      (
        await runClient.search(
          {
            experimentIds: experimentIds.map(experimentId),
            filter: `attributes.run_id IN (${ids.map((id) => `'${id.replaceAll("'", "")}'`).join(", ")})`,
            viewType: "ALL",
            maxResults: ids.length,
          },
          signal,
        )
      ).items,
  });

export const childRunsQuery = (experiment: string, parent: string) =>
  queryOptions({
    queryKey: ["child-runs", experiment, parent],
    queryFn: async ({ signal }) =>
      (
        await runClient.search(
          {
            experimentIds: [experimentId(experiment)],
            filter: parentFilter(parent),
            maxResults: CHILDREN,
          },
          signal,
        )
      ).items,
  });

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: () => runClient.get(runId(id)),
    refetchInterval: (query) =>
      query.state.data?.info.status === "RUNNING" && !isFollowed(id) ? RUNNING_REFRESH_MS : false,
  });

/** Runs that the pictures of an experiment are of: the newest. */
export const RUNS_OF_CHARTS = 1000;

export const chartedRunsQuery = (experiment: string, filter: string) =>
  queryOptions({
    queryKey: ["charted-runs", experiment, filter],
    queryFn: async ({ signal }) => {
      const page = await runClient.search(
        {
          experimentIds: [experimentId(experiment)],
          filter,
          orderBy: ["attributes.start_time DESC"],
          maxResults: RUNS_OF_CHARTS,
        },
        signal,
      );
      return { runs: page.items, hasMore: page.nextPageToken !== undefined };
    },
    refetchInterval: (query) =>
      query.state.data?.runs.some((run) => run.info.status === "RUNNING") ? 4 * RUNNING_REFRESH_MS : false,
  });

/** Points of all runs of a chart together: more would not be seen, and drawing them would take longer than a frame. */
const POINTS_OF_ALL = 20_000;
const FEWEST_POINTS = 100;
const MOST_POINTS = 2000;

/** Points of one run when a chart shows so many. */
export const pointsOfRun = (runs: number): number =>
  Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, Math.floor(POINTS_OF_ALL / Math.max(1, runs))));

/** Runs of which one call asks the histories. */
export const RUNS_PER_CHART = 100;

/** Histories of one metric in several runs, thinned without losing a peak; of all steps, or of those from and to. */
export const metricHistoryQuery = (
  ids: readonly RunId[],
  metricKey: string,
  live: boolean,
  steps?: readonly [first: number, last: number],
) =>
  queryOptions({
    queryKey: ["metric-history", ids, metricKey, steps],
    staleTime: live ? 0 : 60_000,
    queryFn: ({ signal }) =>
      runClient.sampledHistories(
        {
          runIds: ids,
          metricKey,
          maxPoints: pointsOfRun(ids.length),
          ...(steps === undefined ? {} : { startStep: steps[0], endStep: steps[1] }),
        },
        signal,
      ),
    // A server that was away is asked again by itself.
    refetchInterval: (query) =>
      query.state.status === "error" || (live && !ids.every(isFollowed)) ? RUNNING_REFRESH_MS : false,
  });
