import type { Page, ViewType } from "@esteira/core/entities/page";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { Run } from "@esteira/core/entities/run";
import type { RunKeys } from "@esteira/core/entities/run-columns";
import { experimentId, loggedModelId, type RunId, runId } from "@esteira/core/ids";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ArtifactSource, uriArtifacts } from "./artifact-source.ts";
import { client } from "./client.ts";
import { isFollowed } from "./live-runs.ts";

/** Runs by whose keys the table chooses its columns. */
const KEYS_OF = 50;
/** Nested runs that a run's page shows. */
const CHILDREN = 200;
const MODELS_PER_PAGE = 100;
const RUNNING_REFRESH_MS = 5_000;
const nextToken = (page: Page<unknown>) => page.nextPageToken;
const firstToken = undefined as string | undefined;

export const experimentsQuery = (view: ViewType) =>
  queryOptions({
    queryKey: ["experiments", view],
    queryFn: async () =>
      (await client.experiments.search({ viewType: view, orderBy: ["last_update_time DESC"], maxResults: 10_000 }))
        .items,
  });

export const experimentQuery = (id: string) =>
  queryOptions({ queryKey: ["experiment", id], queryFn: () => client.experiments.get(experimentId(id)) });

/** Keys of the newest runs that stand by themselves: the trials of one search would outvote them. */
export const newestKeysQuery = (id: string, view: ViewType) =>
  queryOptions({
    queryKey: ["run-keys", id, view, "newest"],
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<RunKeys> => {
      const query = { experimentIds: [experimentId(id)], viewType: view, newest: KEYS_OF };
      const alone = await client.runs.keys({ ...query, filter: "tags.`mlflow.parentRunId` IS NULL" }, signal);
      return alone.metrics.length + alone.params.length > 0 ? alone : client.runs.keys(query, signal);
    },
  });

/** Keys of all runs, which may take the server a second. */
export const allKeysQuery = (id: string, view: ViewType) =>
  queryOptions({
    queryKey: ["run-keys", id, view, "all"],
    staleTime: 60_000,
    queryFn: ({ signal }) => client.runs.keys({ experimentIds: [experimentId(id)], viewType: view }, signal),
  });

/** Runs by id, in no order: parents that a page of a search did not bring. */
export const runsByIdQuery = (experimentIds: readonly string[], ids: readonly string[]) =>
  queryOptions({
    queryKey: ["runs-by-id", experimentIds, ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }): Promise<readonly Run[]> =>
      (
        await client.runs.search(
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
        await client.runs.search(
          {
            experimentIds: [experimentId(experiment)],
            filter: `tags.\`mlflow.parentRunId\` = '${parent.replaceAll("'", "")}'`,
            maxResults: CHILDREN,
          },
          signal,
        )
      ).items,
  });

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: () => client.runs.get(runId(id)),
    refetchInterval: (query) =>
      query.state.data?.info.status === "RUNNING" && !isFollowed(id) ? RUNNING_REFRESH_MS : false,
  });

/** Runs that the pictures of an experiment are of: the newest. */
export const RUNS_OF_CHARTS = 1000;

export const chartedRunsQuery = (experiment: string, filter: string) =>
  queryOptions({
    queryKey: ["charted-runs", experiment, filter],
    queryFn: async ({ signal }) => {
      const page = await client.runs.search(
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
      client.runs.sampledHistories(
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

export const registeredModelsQuery = (filter: string) =>
  infiniteQueryOptions({
    queryKey: ["registered-models", filter],
    initialPageParam: firstToken,
    getNextPageParam: nextToken,
    queryFn: ({ pageParam }) =>
      client.registeredModels.search({
        maxResults: MODELS_PER_PAGE,
        ...(filter === "" ? {} : { filter }),
        ...(pageParam === undefined ? {} : { pageToken: pageParam }),
      }),
  });

export const registeredModelQuery = (name: string) =>
  queryOptions({ queryKey: ["registered-model", name], queryFn: () => client.registeredModels.get(name) });

const quoted = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);

/** Newest version first. */
export const versionsQuery = (name: string) =>
  queryOptions({
    queryKey: ["versions", name],
    queryFn: async (): Promise<readonly ModelVersion[]> =>
      (
        await client.modelVersions.search({
          filter: `name = ${quoted(name)}`,
          orderBy: ["version_number DESC"],
          maxResults: 1000,
        })
      ).items,
  });

export const versionsOfRunQuery = (id: string) =>
  queryOptions({
    queryKey: ["versions-of-run", id],
    queryFn: async (): Promise<readonly ModelVersion[]> =>
      (await client.modelVersions.search({ filter: `run_id = ${quoted(id)}`, maxResults: 100 })).items,
  });

export const versionQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["version", name, version],
    queryFn: () => client.modelVersions.get(name, version),
  });

export const loggedModelQuery = (id: string) =>
  queryOptions({ queryKey: ["logged-model", id], queryFn: () => client.loggedModels.get(loggedModelId(id)) });

/** The version's MLmodel file; null when the server does not serve the version's files. */
export const versionModelFileQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["version-mlmodel", name, version],
    queryFn: async (): Promise<string | null> => {
      const source = uriArtifacts(await client.modelVersions.downloadUri(name, version));
      return source === undefined ? null : source.readText("MLmodel");
    },
  });

export const artifactListQuery = (source: ArtifactSource, path: string) =>
  queryOptions({ queryKey: ["artifacts", source.key, path], queryFn: () => source.list(path) });

export const artifactTextQuery = (source: ArtifactSource, path: string) =>
  queryOptions({
    queryKey: ["artifact-text", source.key, path],
    staleTime: 60_000,
    queryFn: () => source.readText(path),
  });
