import { isAbsolute, relative, sep } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { isLocalUri, localFolder } from "@esteira/store/artifacts/open";
import { isProxiedUri, joinPath, pathInside, proxiedPath } from "./artifact-uri.ts";

/** A location that clients reach by themselves, and the store through which this server reads it too. */
export interface ArtifactRoot {
  readonly uri: string;
  readonly store: ArtifactStore;
}

export interface FoundArtifacts {
  readonly store: ArtifactStore;
  /** Where in the store the location lies; "" is its root. */
  readonly folder: string;
  /** True when clients go through this server. */
  readonly isProxied: boolean;
}

/** Finds what holds an artifact URI of a run, a logged model or a version. Only what the operator has named is read. */
export interface ArtifactLocations {
  /** What the artifact proxy reads and writes; refuses when the server passes no artifacts through. */
  served(): ArtifactStore;
  find(uri: string): FoundArtifacts;
}

export function artifactLocations(
  proxied: ArtifactStore | undefined,
  roots: readonly ArtifactRoot[] = [],
): ArtifactLocations {
  const served = (): ArtifactStore => {
    if (proxied !== undefined) return proxied;
    throw new EsteiraError(
      "TEMPORARILY_UNAVAILABLE",
      "This server passes no artifacts through: it was started with --no-serve-artifacts. Use a client with access to the artifact root, or start the server with --serve-artifacts.",
    );
  };
  return {
    served,
    find: (uri) => {
      if (isProxiedUri(uri)) return { store: served(), folder: proxiedPath(uri), isProxied: true };
      for (const { uri: root, store } of roots) {
        const folder = isLocalUri(root) ? localPathInside(uri, root) : pathInside(uri, root);
        if (folder !== undefined) return { store, folder, isProxied: false };
      }
      throw invalid(
        `The artifacts are at '${uri}', which this server does not read: it reads what passes through it and its artifact roots. Use a client with access to that location, or name it among the server's --artifact-roots.`,
      );
    },
  };
}

function localPathInside(uri: string, root: string): string | undefined {
  if (!isLocalUri(uri)) return undefined;
  const way = relative(localFolder(root), folderOf(uri));
  return isAbsolute(way) || way.split(sep)[0] === ".." ? undefined : joinPath("", way.split(sep).join("/"));
}

function folderOf(uri: string): string {
  try {
    return localFolder(uri);
  } catch {
    throw invalid(`The artifact location '${uri}' is no folder of this machine.`);
  }
}
