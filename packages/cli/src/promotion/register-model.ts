import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tag } from "@esteira/core/entities/tag";
import { invalid } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { fetchResolved, parseModelUri, resolveModel } from "@esteira/sdk/node/model-uri";
import { everyPage } from "@esteira/sdk/search";

const DIGEST = "esteira.model.sha256";

export interface Registered {
  readonly version: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** False: the run had registered the very same before. */
  readonly isNew: boolean;
}

/**
 * Makes a version of a model that a run or a logged model holds, and says its digest in its tag. The same model of the same run is
 * registered once, however often this is called.
 */
export async function registerModel(
  client: Client,
  uri: string,
  name: string,
  said: { readonly description?: string; readonly tags?: readonly Tag[] } = {},
): Promise<Registered> {
  const parsed = parseModelUri(uri);
  if (parsed.kind !== "run" && parsed.kind !== "logged") {
    throw invalid(`'${uri}' is not what a version is made of: give runs:/RUN_ID/PATH or models:/m-ID.`);
  }
  const resolved = await resolveModel(uri, () => client);
  if (resolved.location.kind !== "artifacts") throw invalid(`'${uri}' is a folder here, and not on the server.`);
  const { modelDigest } = await import("@esteira/models/format/digest");
  const scratch = await mkdtemp(join(tmpdir(), "esteira-register-"));
  try {
    const digest = `sha256:${(await modelDigest(await fetchResolved(resolved, scratch, () => client))).replace(/^sha256:/, "")}`;
    const source = resolved.location.uri;
    const known = await versionOf(client, { name, source, digest });
    if (known !== undefined) return { version: known, digest, isNew: false };
    const isLogged = /^m-[0-9a-f]{32}$/.test(resolved.version);
    const { version } = await client.modelVersions.create({
      name,
      source,
      ...(isLogged ? { modelId: loggedModelId(resolved.version) } : {}),
      ...(parsed.kind === "run" ? { runId: runId(parsed.runId) } : {}),
      ...(said.description === undefined ? {} : { description: said.description }),
      tags: [{ key: DIGEST, value: digest }, ...(said.tags ?? [])],
    });
    return { version, digest, isNew: true };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function versionOf(
  client: Client,
  wanted: { readonly name: string; readonly source: string; readonly digest: string },
): Promise<string | undefined> {
  const quote = wanted.name.includes("'") ? '"' : "'";
  const filter = `name = ${quote}${wanted.name}${quote}`;
  for await (const { version, source, tags } of everyPage((page) => client.modelVersions.search({ filter, ...page }))) {
    if (source === wanted.source && tags.some(({ key, value }) => key === DIGEST && value === wanted.digest))
      return version;
  }
  return undefined;
}
