import { join } from "node:path";
import type { Client } from "@esteira/sdk/client";
import { dataDigest } from "./data-digest.ts";
import { download } from "./download.ts";
import type { RunParameters } from "./parameters.ts";

export interface LocalValues {
  /** The values for the command: paths absolute. */
  readonly values: ReadonlyMap<string, string>;
  /** The digest of what each path names, and where it was, as the run's tags. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Brings here what the parameters name elsewhere.
 *
 * @param fetched what is here already, by its URI.
 */
export async function localValues(
  client: Client,
  { logged, localPaths, remotePaths }: RunParameters,
  scratch: string,
  signal: AbortSignal,
  fetched: ReadonlyMap<string, string> = new Map(),
): Promise<LocalValues> {
  const paths = new Map(localPaths);
  const names = [...logged.keys()];
  for (const [name, uri] of remotePaths) {
    const here =
      fetched.get(uri) ?? (await download(client, uri, join(scratch, `param_${names.indexOf(name)}`), signal));
    paths.set(name, here);
  }
  const tags: Record<string, string> = {};
  for (const [name, path] of paths) tags[`esteira.data.${name}.sha256`] = await dataDigest(path, signal);
  for (const [name, path] of localPaths) tags[`esteira.data.${name}.path`] = path;
  return { values: new Map([...logged, ...paths]), tags };
}
