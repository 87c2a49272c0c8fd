import { createWriteStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { downloadFile } from "@esteira/sdk/node/download";
import { downloadFolder } from "@esteira/sdk/node/folder";
import { fetchModel } from "@esteira/sdk/node/model-uri";

/**
 * Brings what a `path` parameter names into the folder `into`: `runs:/ID/PATH`, `models:/...`, `mlflow-artifacts:/PATH`, or a file at
 * an http address.
 *
 * @returns the local path of the file or folder.
 */
export async function download(client: Client, uri: string, into: string, signal: AbortSignal): Promise<string> {
  await mkdir(into, { recursive: true });
  if (/^https?:/i.test(uri)) return overHttp(uri, into, signal);
  if (/^models:/i.test(uri)) return fetchModel(uri, into, () => client);
  const [, id, inRun = ""] = /^runs:\/+([^/]+)(?:\/(.*))?$/i.exec(uri) ?? [];
  if (id !== undefined)
    return artifact(client, (await client.runs.get(runId(id))).info.artifactUri, inRun, uri, into, signal);
  const [, root, path = ""] = /^(mlflow-artifacts:\/*(?:\/\/[^/]*)?)\/(.*)$/i.exec(uri) ?? [];
  if (root === undefined)
    throw invalid(`'${uri}' names no artifact: expected runs:/RUN_ID/PATH or mlflow-artifacts:/PATH.`);
  return artifact(client, `${root}/`, path, uri, into, signal);
}

async function artifact(
  client: Client,
  root: string,
  given: string,
  uri: string,
  into: string,
  signal: AbortSignal,
): Promise<string> {
  const path = given.replace(/\/+$/, "");
  if (path === "") {
    await downloadFolder(client, root, into, "", { signal });
    return into;
  }
  const parent = posix.dirname(path);
  const entries = await client.artifacts.list(root, parent === "." ? "" : parent);
  const entry = entries.find((one) => posix.basename(one.path) === posix.basename(path));
  // A run's models are kept apart from its artifacts.
  if (entry === undefined && /^runs:/i.test(uri)) {
    const folder = await fetchModel(uri, into, () => client);
    if ((await readdir(folder)).length > 0) return folder;
  }
  if (entry === undefined) throw notFound(`There is no artifact at '${uri}'.`);
  const target = join(into, posix.basename(path));
  if (entry.isDir) await downloadFolder(client, root, target, path, { signal });
  else await downloadFile(client, root, path, target, { signal });
  return target;
}

async function overHttp(uri: string, into: string, signal: AbortSignal): Promise<string> {
  const file = join(into, basename(decodeURIComponent(new URL(uri).pathname)) || "download");
  const fault = (why: string, cause?: unknown) =>
    new EsteiraError("TEMPORARILY_UNAVAILABLE", `${uri} could not be downloaded: ${why}.`, { cause });
  try {
    const response = await fetch(uri, { signal });
    if (!response.ok || response.body === null) throw fault(`the server answered ${response.status}`);
    await pipeline(chunksOf(response.body), createWriteStream(file), { signal });
    return file;
  } catch (error) {
    if (error instanceof EsteiraError || signal.aborted) throw error;
    throw fault(error instanceof Error ? error.message : String(error), error);
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield chunk;
}
