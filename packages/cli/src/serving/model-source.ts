import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type AskClient, fetchResolved, type ResolvedModel, resolveModel } from "@esteira/sdk/node/model-uri";

/** A model folder on this machine, and which model it is. */
export interface FetchedModel {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

/** Follows a model URI: an alias or a stage may lead elsewhere tomorrow. */
export interface ModelSource {
  readonly uri: string;
  /** The model that the URI leads to, when it is another than last time; undefined when it is the same. */
  next(): Promise<FetchedModel | undefined>;
  /** Frees the download of a model that nobody serves any more. */
  release(model: FetchedModel): Promise<void>;
}

/** `scratch` is a folder for downloads, one a model. A download that fails leaves nothing and is tried again next time. */
export function createModelSource(uri: string, scratch: string, client: AskClient): ModelSource {
  let current: ResolvedModel | undefined;
  let downloads = 0;
  return {
    uri,
    async next() {
      const found = await resolveModel(uri, client);
      if (current !== undefined && isSame(current, found)) return undefined;
      const into = join(scratch, String(downloads++));
      await mkdir(into, { recursive: true });
      try {
        const folder = await fetchResolved(found, into, client);
        current = found;
        return { folder, name: found.name, version: found.version };
      } catch (error) {
        await rm(into, { recursive: true, force: true });
        throw error;
      }
    },
    async release({ folder }) {
      if (folder.startsWith(join(scratch, "/"))) await rm(folder, { recursive: true, force: true });
    },
  };
}

const isSame = (one: ResolvedModel, other: ResolvedModel): boolean =>
  one.name === other.name &&
  one.version === other.version &&
  JSON.stringify(one.location) === JSON.stringify(other.location);
