import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid } from "@esteira/core/errors";
import type { ArtifactStore } from "./artifact-store.ts";
import { localArtifactStore } from "./local.ts";
import { lazyS3ArtifactStore } from "./s3/lazy.ts";
import type { Env } from "./s3/settings.ts";

/** A path, or a `file:` URI. One letter is a drive, not a scheme. */
export const isLocalUri = (uri: string): boolean => !/^[a-z][a-z0-9+.-]+:/i.test(uri) || /^file:/i.test(uri);

/** The folder of a local URI as an absolute path. */
export const localFolder = (uri: string): string =>
  /^file:\/\//i.test(uri) ? fileURLToPath(uri) : resolve(uri.replace(/^file:/i, ""));

/** The store that a location names: a folder of this machine, or `s3://bucket/prefix`. */
export function openArtifactStore(uri: string, env: Env): ArtifactStore {
  if (isLocalUri(uri)) return localArtifactStore(localFolder(uri));
  if (/^s3:\/\//i.test(uri)) return lazyS3ArtifactStore(uri, env);
  throw invalid(
    `Unsupported artifact location '${uri.replace(/\/\/[^@/]*@/, "//***@")}'; use a folder, for example ./mlartifacts, or s3://bucket/prefix.`,
  );
}
