import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { Client } from "../client.ts";
import { ATTEMPTS, STALL_MS, type TransferOptions } from "./transfer-options.ts";

const FIRST_PAUSE_MS = 200;

/**
 * Downloads the artifact `path` below `uri` into a local file, which appears when it is whole. A download that breaks goes on
 * where it broke, if the server says that the file is still the same; else it begins again.
 */
export async function downloadFile(
  client: Client,
  uri: string,
  path: string,
  file: string,
  options: TransferOptions = {},
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = join(dirname(file), `.${basename(file)}.${randomUUID()}.part`);
  const handle = await open(partial, "wx");
  try {
    try {
      await fill(handle, client, uri, path, options);
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

interface State {
  have: number;
  etag: string | undefined;
  size: number | undefined;
}

async function fill(
  handle: FileHandle,
  client: Client,
  uri: string,
  path: string,
  options: TransferOptions,
): Promise<void> {
  const state: State = { have: 0, etag: undefined, size: undefined };
  for (let fruitless = 0; ; ) {
    const before = state.have;
    try {
      await attempt(handle, client, uri, path, options, state);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      // What the server has answered it will answer again; only a broken stream is worth another attempt.
      if (error instanceof EsteiraError) throw error;
      if (error instanceof DiskFault) throw error.cause;
      fruitless = state.have > before ? 0 : fruitless + 1;
      if (fruitless >= (options.attempts ?? ATTEMPTS)) throw broken(path, state, error);
      await sleep(FIRST_PAUSE_MS * 2 ** fruitless);
    }
  }
}

async function attempt(
  handle: FileHandle,
  client: Client,
  uri: string,
  path: string,
  options: TransferOptions,
  state: State,
): Promise<void> {
  const stall = stallOf(options.stallMs ?? STALL_MS);
  const signal = options.signal === undefined ? stall.signal : AbortSignal.any([options.signal, stall.signal]);
  try {
    // Only a strong tag tells that the rest belongs to what is there.
    const resumes = state.have > 0 && state.etag?.startsWith('"') === true;
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (resumes && state.etag !== undefined) {
      headers.range = `bytes=${state.have}-`;
      headers["if-range"] = state.etag;
    }
    const response = await client.artifacts.open(uri, path, { headers, signal });
    const isRest = response.status === 206 && startOf(response) === state.have;
    if (!isRest) {
      state.have = 0;
      await onDisk(handle.truncate(0));
    }
    const length = numberOf(response.headers.get("content-length"));
    state.size = length === undefined ? undefined : state.have + length;
    state.etag = response.headers.get("etag") ?? undefined;
    for await (const chunk of response.body ?? []) {
      stall.renew();
      await onDisk(handle.write(chunk, 0, chunk.length, state.have));
      state.have += chunk.length;
      options.onProgress?.({ path, bytes: state.have, size: state.size });
    }
    if (state.size !== undefined && state.have !== state.size) throw new Error("the answer ended early");
    await onDisk(handle.datasync());
  } finally {
    stall.end();
  }
}

/** What this machine's disk refused: no other attempt at the download would change it. */
class DiskFault extends Error {}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new DiskFault("the disk refused", { cause: error });
  }
}

function stallOf(ms: number) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no byte came for ${ms} ms`)), ms);
  return { signal: controller.signal, renew: () => void timer.refresh(), end: () => clearTimeout(timer) };
}

const startOf = (response: Response): number | undefined =>
  numberOf(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? null);

const numberOf = (text: string | null): number | undefined =>
  text !== null && /^\d+$/.test(text) ? Number(text) : undefined;

function broken(path: string, { have, size }: State, cause: unknown): EsteiraError {
  return new EsteiraError(
    "TEMPORARILY_UNAVAILABLE",
    `The download of '${path}' broke off after ${have}${size === undefined ? "" : ` of ${size}`} bytes, again and again: check the connection, and try again.`,
    { cause },
  );
}
