import { rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { isProxiedUri, proxiedPath } from "@esteira/server/artifacts/artifact-uri";
import { UPLOADS } from "@esteira/store/artifacts/artifact-path";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { isLocalUri, localFolder, openArtifactStore } from "@esteira/store/artifacts/open";
import type { ArtifactRemoval, Size } from "@esteira/store/maintenance/gc/collect";

type Env = Readonly<Record<string, string | undefined>>;

interface Place {
  readonly store: ArtifactStore;
  readonly path: string;
  /** A folder of this machine in which a removal leaves an empty folder of its own. */
  readonly workIn?: string;
}

/**
 * Removes artifacts where they lie: what passes through servers is below `destination`, local folders and S3 are as their URIs
 * say. Only a folder that bears the id of its run or logged model is removed, whatever the database says.
 */
export function artifactRemoval(destination: string, env: Env): ArtifactRemoval {
  const stores = new Map<string, ArtifactStore>();
  const open = (root: string): ArtifactStore => {
    const store = stores.get(root) ?? openArtifactStore(root, env);
    stores.set(root, store);
    return store;
  };
  const placeOf = (location: string): Place => {
    if (isProxiedUri(location)) return { store: open(destination), path: proxiedPath(location) };
    const { parent, rest } = splitBehindExperiment(isLocalUri(location) ? localFolder(location) : location);
    return { store: open(parent), path: rest, ...(isLocalUri(location) ? { workIn: parent } : {}) };
  };
  // A collection that was killed may have moved a folder out of sight without removing it, in whichever store it was at work.
  const swept = new Set<ArtifactStore>();
  const sweepOnce = async (store: ArtifactStore): Promise<void> => {
    if (swept.has(store)) return;
    swept.add(store);
    await store.sweep();
  };
  return {
    obstacle: ({ id, location }) => {
      if (location === "") return undefined;
      try {
        placeOf(location);
      } catch (error) {
        return `its files at ${location} cannot be removed from here: ${sentence(error)}`;
      }
      if (location.split(/[/?#]/).includes(id)) return undefined;
      return `its files are at ${location}, a folder that does not bear its id and may be shared: remove them by hand`;
    },
    size: (location) => {
      const { store, path } = placeOf(location);
      return sizeOf(store, path);
    },
    remove: async (location) => {
      const { store, path, workIn } = placeOf(location);
      await sweepOnce(store);
      await store.remove(path);
      if (workIn !== undefined) await rmdir(join(workIn, UPLOADS)).catch(() => undefined);
    },
  };
}

/** `.../RUN/artifacts` in its last two parts, so that a removal works in the folder of the experiment. */
function splitBehindExperiment(location: string): { readonly parent: string; readonly rest: string } {
  const trimmed = location.replace(/\/+$/, "");
  const owner = dirname(trimmed);
  return { parent: dirname(owner), rest: `${basename(owner)}/${basename(trimmed)}` };
}

async function sizeOf(store: ArtifactStore, path: string): Promise<Size> {
  let [files, bytes] = [0, 0];
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let pageToken: string | undefined;
    do {
      const page = await store.listPage(folder, { limit: 1000, ...(pageToken === undefined ? {} : { pageToken }) });
      for (const entry of page.items) {
        if (entry.isDir) folders.push(`${folder}/${entry.path}`);
        else {
          files += 1;
          bytes += Number(entry.fileSize ?? 0);
        }
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
  }
  return { files, bytes };
}

const sentence = (error: unknown): string =>
  error instanceof EsteiraError ? error.message : error instanceof Error ? error.message : String(error);
