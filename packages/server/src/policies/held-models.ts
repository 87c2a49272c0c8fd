import { EsteiraError, invalid } from "@esteira/core/errors";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { isProxiedUri } from "../artifacts/artifact-uri.ts";
import type { ArtifactLocations, FoundArtifacts } from "../artifacts/locations.ts";

/** The digest of a model's files (64 hexadecimal digits), for a server that has none of the models' code itself. */
export type ModelDigest = (files: {
  readonly place: string;
  readonly names: readonly string[];
  read(name: string): Promise<AsyncIterable<Uint8Array>>;
}) => Promise<string>;

/** A model has some tens of files; a folder of more than these is somebody's mistake. */
const MOST_FILES = 10_000;

/**
 * Reads the model at a location again, where this server holds it. Undefined for a location that clients reach by themselves.
 *
 * @throws EsteiraError for a location of this server's at which there is no model.
 */
export function heldDigests(locations: ArtifactLocations, digest: ModelDigest) {
  return async (location: string): Promise<string | undefined> => {
    const found = findHere(locations, location);
    if (found === undefined) return undefined;
    const { store, folder } = found;
    const names: string[] = [];
    await listFiles(store, folder, "", names);
    if (names.length === 0) throw invalid(`There are no files at '${location}'.`);
    return digest({
      place: location,
      names,
      read: async (name) => (await store.open(joined(folder, name))).stream,
    });
  };
}

function findHere(locations: ArtifactLocations, location: string): FoundArtifacts | undefined {
  try {
    return locations.find(location);
  } catch (error) {
    // Somebody else's place, or a server through which no artifacts pass. What is ours and cannot be read is no excuse.
    const isOurs = isProxiedUri(location) && error instanceof EsteiraError && error.code !== "TEMPORARILY_UNAVAILABLE";
    if (error instanceof EsteiraError && !isOurs) return undefined;
    throw error;
  }
}

async function listFiles(store: ArtifactStore, root: string, folder: string, into: string[]): Promise<void> {
  for (const { path, isDir } of await store.list(joined(root, folder))) {
    const name = joined(folder, path);
    if (isDir) await listFiles(store, root, name, into);
    else into.push(name);
    if (into.length > MOST_FILES) throw invalid(`There are more than ${MOST_FILES} files, which is no model.`);
  }
}

const joined = (folder: string, name: string): string =>
  folder === "" ? name : name === "" ? folder : `${folder}/${name}`;
