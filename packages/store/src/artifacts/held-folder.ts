import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readlink, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { invalid } from "@esteira/core/errors";
import { codeOf, isAbsent } from "./file-errors.ts";
import { syncFolder } from "./folder-sync.ts";

export const isInside = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

/**
 * A folder inside of a root, held open. On Linux `path` leads through the open folder itself, so that nobody can put a
 * link in its place between a check and what follows; elsewhere it is the real path that was checked.
 */
export interface HeldFolder {
  readonly path: string;
  /** Puts the names in the folder on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const CAN_HOLD = process.platform === "linux";
const throughHandle = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;

/** Where an open file or folder really is. */
export const realPathOf = (handle: FileHandle, path: string): Promise<string> =>
  CAN_HOLD ? readlink(throughHandle(handle)) : realpath(path);

/**
 * Holds the folder at `segments` below `root`, which is a real path; undefined when there is none. A link may lead
 * elsewhere inside of the root, never outside.
 */
export async function holdFolder(root: string, segments: readonly string[]): Promise<HeldFolder | undefined> {
  try {
    return await hold(root, join(root, ...segments));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** As `holdFolder`, and makes what is missing on the way. */
export async function makeFolder(root: string, segments: readonly string[]): Promise<HeldFolder> {
  const found = await holdFolder(root, segments);
  if (found !== undefined) return found;
  let folder = await hold(root, root);
  for (const segment of segments) {
    const parent = folder;
    try {
      const path = join(parent.path, segment);
      if (await makeOne(path)) await parent.sync();
      folder = await hold(root, path);
    } finally {
      await parent.close();
    }
  }
  return folder;
}

async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function hold(root: string, path: string): Promise<HeldFolder> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    const real = await realPathOf(handle, path);
    if (!isInside(root, real)) throw invalid("Invalid path");
    return {
      path: CAN_HOLD ? throughHandle(handle) : real,
      sync: () => syncFolder(handle),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
