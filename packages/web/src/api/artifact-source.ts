import type { FileInfo } from "@esteira/core/entities/file-info";
import type { RunId } from "@esteira/core/ids";
import { fileInfoWire } from "@esteira/core/wire/file-info";
import { z } from "zod";
import { artifactClient } from "./artifact-client.ts";
import { baseUrl, transport } from "./client.ts";
import { readStart } from "./read-start.ts";

/** A tree of files of one owner. Paths use "/" and are relative to the owner's root. */
export interface ArtifactSource {
  /** Identifies the source in caches. */
  readonly key: string;
  /** One folder's entries, folders first; an empty folder and an absent one are the same. */
  list(path: string): Promise<readonly FileInfo[]>;
  /** As much of a text as a page can show. */
  readText(path: string): Promise<string>;
  /** The address at which the browser downloads a file. */
  url(path: string): string;
}

/** Bytes of a file that are fetched to be shown. */
export const MOST_SHOWN = 5_000_000;

const byKindAndName = (a: FileInfo, b: FileInfo) =>
  Number(b.isDir) - Number(a.isDir) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

const inFolder = (folder: string, path: string) => (folder === "" ? path : `${folder}/${path}`);

/** The proxy lists names relative to the folder asked for; the server's own listing gives whole paths. */
export const entriesOf = (folder: string, files: readonly FileInfo[]): readonly FileInfo[] =>
  files
    .map((file) => (file.path.startsWith(`${folder}/`) ? file : { ...file, path: inFolder(folder, file.path) }))
    .sort(byKindAndName);

/** Files behind the server's artifact proxy (`mlflow-artifacts:` URIs). */
const proxied = (uri: string): ArtifactSource => ({
  key: uri,
  list: async (path) => entriesOf(path, await artifactClient.list(uri, path)),
  readText: async (path) => readStart(await artifactClient.open(uri, path), MOST_SHOWN),
  url: (path) => artifactClient.url(uri, path),
});

const listing = z.object({ files: z.array(fileInfoWire).default([]) }).transform((wire) => wire.files);

/** Files of a run whose artifacts the server reaches by itself (a folder or a bucket of its own). */
const ofRun = (runId: RunId): ArtifactSource => {
  const url = (path: string) => `${baseUrl}/get-artifact?${new URLSearchParams({ run_uuid: runId, path })}`;
  return {
    key: `run:${runId}`,
    list: async (path) =>
      entriesOf(
        path,
        await transport.call("GET", "artifacts/list", listing, { query: { run_id: runId, ...(path ? { path } : {}) } }),
      ),
    readText: async (path) => {
      const response = await fetch(url(path));
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return readStart(response, MOST_SHOWN);
    },
    url,
  };
};

const isProxied = (uri: string) => uri.startsWith("mlflow-artifacts:");

export const runArtifacts = (runId: RunId, artifactUri: string): ArtifactSource =>
  isProxied(artifactUri) ? proxied(artifactUri) : ofRun(runId);

/** Files of a logged model or of a version; undefined when the server does not proxy them. */
export const uriArtifacts = (uri: string): ArtifactSource | undefined => (isProxied(uri) ? proxied(uri) : undefined);

/** Of what has no files, or whose place is not known yet. */
export const NO_FILES: ArtifactSource = {
  key: "none",
  list: async () => [],
  readText: async () => "",
  url: () => "",
};
