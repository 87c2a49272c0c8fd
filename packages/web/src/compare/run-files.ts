import type { Run } from "@esteira/core/entities/run";
import { queryOptions } from "@tanstack/react-query";
import { artifactListQuery, artifactTextQuery } from "../api/artifact-queries.ts";
import { runArtifacts } from "../api/artifact-source.ts";
import { queries as cache } from "../api/query-client.ts";
import { CHANGES_FILE, ENVIRONMENT_FILES } from "./facts.ts";

/** Folders of one run that are looked into, and files that are listed. */
const MOST_FOLDERS = 25;
const MOST_FILES = 500;

export const sourceOfRun = (run: Run) => runArtifacts(run.info.runId, run.info.artifactUri);

/** Files of a run by path with their sizes in bytes, and whether there are more than were looked at. */
export const filesQuery = (run: Run) =>
  queryOptions({
    queryKey: ["compared-files", run.info.runId],
    staleTime: 60_000,
    queryFn: async () => {
      const source = sourceOfRun(run);
      const sizes = new Map<string, number>();
      const folders = [""];
      for (let at = 0; at < folders.length && at < MOST_FOLDERS && sizes.size < MOST_FILES; at++) {
        for (const { path, isDir, fileSize } of await cache.fetchQuery(artifactListQuery(source, folders[at]!))) {
          if (isDir) folders.push(path);
          else sizes.set(path, fileSize ?? 0);
        }
      }
      return { sizes, hasMore: folders.length > MOST_FOLDERS || sizes.size >= MOST_FILES };
    },
  });

/** The texts that a run has kept of its environment, by path. */
export const environmentQuery = (run: Run) =>
  queryOptions({
    queryKey: ["compared-environment", run.info.runId],
    staleTime: 60_000,
    queryFn: async (): Promise<ReadonlyMap<string, string>> => {
      const source = sourceOfRun(run);
      const { sizes } = await cache.fetchQuery(filesQuery(run));
      const found = ENVIRONMENT_FILES.filter((path) => sizes.has(path));
      const texts = await Promise.all(found.map((path) => cache.fetchQuery(artifactTextQuery(source, path))));
      return new Map(found.map((path, at) => [path, texts[at]!]));
    },
  });

/** A run's changes that were not committed; empty when it has kept none. */
export const changesQuery = (run: Run) =>
  queryOptions({
    queryKey: ["compared-changes", run.info.runId],
    staleTime: 60_000,
    queryFn: async (): Promise<string> => {
      const source = sourceOfRun(run);
      const files = await cache.fetchQuery(artifactListQuery(source, ""));
      if (!files.some(({ path }) => path === CHANGES_FILE)) return "";
      return cache.fetchQuery(artifactTextQuery(source, CHANGES_FILE));
    },
  });
