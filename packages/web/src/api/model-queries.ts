import type { Page } from "@esteira/core/entities/page";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { loggedModelId } from "@esteira/core/ids";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { uriArtifacts } from "./artifact-source.ts";
import { loggedModelClient } from "./logged-model-client.ts";
import { modelVersionClient } from "./model-version-client.ts";
import { registeredModelClient } from "./registered-model-client.ts";

const MODELS_PER_PAGE = 100;
const nextToken = (page: Page<unknown>) => page.nextPageToken;
const firstToken = undefined as string | undefined;

export const registeredModelsQuery = (filter: string) =>
  infiniteQueryOptions({
    queryKey: ["registered-models", filter],
    initialPageParam: firstToken,
    getNextPageParam: nextToken,
    queryFn: ({ pageParam }) =>
      registeredModelClient.search({
        maxResults: MODELS_PER_PAGE,
        ...(filter === "" ? {} : { filter }),
        ...(pageParam === undefined ? {} : { pageToken: pageParam }),
      }),
  });

export const registeredModelQuery = (name: string) =>
  queryOptions({ queryKey: ["registered-model", name], queryFn: () => registeredModelClient.get(name) });

const quoted = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);

/** Newest version first. */
export const versionsQuery = (name: string) =>
  queryOptions({
    queryKey: ["versions", name],
    queryFn: async (): Promise<readonly ModelVersion[]> =>
      (
        await modelVersionClient.search({
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
      (await modelVersionClient.search({ filter: `run_id = ${quoted(id)}`, maxResults: 100 })).items,
  });

export const versionQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["version", name, version],
    queryFn: () => modelVersionClient.get(name, version),
  });

export const loggedModelQuery = (id: string) =>
  queryOptions({ queryKey: ["logged-model", id], queryFn: () => loggedModelClient.get(loggedModelId(id)) });

/** The version's MLmodel file; null when the server does not serve the version's files. */
export const versionModelFileQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["version-mlmodel", name, version],
    queryFn: async (): Promise<string | null> => {
      const source = uriArtifacts(await modelVersionClient.downloadUri(name, version));
      return source === undefined ? null : source.readText("MLmodel");
    },
  });
