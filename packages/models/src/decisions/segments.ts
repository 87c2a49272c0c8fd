/** The files of a folder of decisions: segments with their keys, and the folder's own key. */

import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";

const LINES = ".jsonl";
const KEYS = ".keys";
const SEGMENT = /^decisions-[\w.-]+$/;
const FOLDER_KEY = "subjects.key";
const KEY_BYTES = 32;
/** More than the longest line that is written. */
const EDGE_BYTES = 1024 * 1024;

export const linesFile = (folder: string, segment: string): string => join(folder, `${segment}${LINES}`);
export const keysFile = (folder: string, segment: string): string => join(folder, `${segment}${KEYS}`);

/** Names of the segments, the oldest first. */
export async function listSegments(folder: string): Promise<readonly string[]> {
  return (await readdir(folder))
    .filter((file) => file.endsWith(LINES))
    .map((file) => file.slice(0, -LINES.length))
    .filter((name) => SEGMENT.test(name))
    .sort();
}

/** Refuses a folder without records: asking must not make one. */
export async function existingSegments(folder: string): Promise<readonly string[]> {
  const found = await stat(folder).catch(() => undefined);
  const segments = found?.isDirectory() ? await listSegments(folder) : [];
  if (segments.length > 0) return segments;
  throw notFound(
    `There are no decision records in '${folder}': give the folder that the service writes them to with --decisions.`,
  );
}

/** The key under which subjects have their pseudonyms, made when it is absent. Several processes may ask at once. */
export async function folderKey(folder: string): Promise<Buffer> {
  const path = join(folder, FOLDER_KEY);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Whoever comes second waits until the first has written it.
  const handle = await open(path, "wx", 0o600).catch(() => undefined);
  if (handle !== undefined) {
    await handle.writeFile(randomBytes(KEY_BYTES));
    await handle.sync();
    await handle.close();
  }
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await readFile(path)).length === KEY_BYTES) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return existingFolderKey(folder);
}

/** As `folderKey`, where records are already: with a new key nobody's records would be found, and nobody would know. */
export async function existingFolderKey(folder: string): Promise<Buffer> {
  const path = join(folder, FOLDER_KEY);
  const key = await readFile(path).catch(() => undefined);
  if (key?.length === KEY_BYTES) return key;
  throw invalid(
    `'${path}' is ${key === undefined ? "gone" : "no key of 32 bytes"}: restore it, for without it no subject's records can be found.`,
  );
}

/** The whole lines of a segment; `isTorn` when it ends in the middle of one, as a killed process leaves it. */
export async function readLines(folder: string, segment: string): Promise<{ lines: string[]; isTorn: boolean }> {
  const text = await readFile(linesFile(folder, segment), "utf8");
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  return { lines, isTorn: last !== "" };
}

/** The first and the last whole line of a segment; undefined when it has none. */
export async function outerLines(
  folder: string,
  segment: string,
): Promise<{ first: string; last: string } | undefined> {
  const handle = await open(linesFile(folder, segment), "r");
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, EDGE_BYTES);
    const read = async (from: number) => (await handle.read(Buffer.alloc(length), 0, length, from)).buffer;
    const [head, tail] = [await read(0), await read(size - length)];
    const end = tail.lastIndexOf(10);
    if (end < 0) return undefined;
    return {
      first: head.subarray(0, head.indexOf(10)).toString("utf8"),
      // From -1 on it would count from the end.
      last: tail.subarray(end === 0 ? 0 : tail.lastIndexOf(10, end - 1) + 1, end).toString("utf8"),
    };
  } finally {
    await handle.close();
  }
}

/** Whether a text stands anywhere in a segment: much quicker than to read its entries. */
export const holdsText = async (folder: string, segment: string, text: string): Promise<boolean> =>
  (await readFile(linesFile(folder, segment))).includes(text);

/** The slots of a segment's keys; empty where the file is gone. */
export const readKeys = (folder: string, segment: string): Promise<Buffer> =>
  readFile(keysFile(folder, segment)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
