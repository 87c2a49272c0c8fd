import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { Client } from "../client.ts";
import { downloadFile } from "./download.ts";
import { inParallel } from "./parallel.ts";
import { CONCURRENCY, type TransferOptions } from "./transfer-options.ts";
import { uploadFile } from "./upload.ts";

/** Every file below a folder, as paths with "/", sorted. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) files.push(path);
  }
  return files.sort();
}

/** Uploads every file of a local folder below an artifact URI; an `MLmodel` goes last, so that who finds it finds all of the model. */
export async function uploadFolder(
  client: Client,
  folder: string,
  uri: string,
  path = "",
  options: TransferOptions = {},
): Promise<void> {
  const files = await filesBelow(folder);
  const isLast = (file: string) => file === "MLmodel";
  for (const some of [files.filter((name) => !isLast(name)), files.filter(isLast)]) {
    await inParallel(some, options.concurrency ?? CONCURRENCY, (file, failed) =>
      uploadFile(client, join(folder, file), uri, path === "" ? file : `${path}/${file}`, within(options, failed)),
    );
  }
}

/** Downloads everything below an artifact URI, or below `path` in it, into a local folder; names that would leave the folder are refused. */
export async function downloadFolder(
  client: Client,
  uri: string,
  folder: string,
  path = "",
  options: TransferOptions = {},
): Promise<void> {
  const files = (await client.artifacts.listFiles(uri, path)).map((file) => file.path);
  const unsafe = files.find((file) => file.split("/").some((part) => /^\.{0,2}$/.test(part) || /[\\\0]/.test(part)));
  if (unsafe !== undefined) {
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `The server lists a file named '${unsafe}', which is no safe path.`,
    );
  }
  await inParallel(files, options.concurrency ?? CONCURRENCY, (file, failed) =>
    downloadFile(client, uri, path === "" ? file : `${path}/${file}`, join(folder, file), within(options, failed)),
  );
}

/** Parts of one file go one by one where several files do at once. */
const within = (options: TransferOptions, failed: AbortSignal): TransferOptions => ({
  ...options,
  signal: options.signal === undefined ? failed : AbortSignal.any([options.signal, failed]),
});
