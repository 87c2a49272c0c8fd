import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { invalid } from "@esteira/core/errors";
import { codeOf } from "./file-errors.ts";

export const isInside = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));

/** Undefined while the root does not exist. */
export async function realRoot(root: string): Promise<string | undefined> {
  try {
    return await realpath(root);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/**
 * Opens what a path leads to, for reading; undefined when there is nothing. A link may lead elsewhere inside of the
 * root, never outside. What was opened is compared with what was checked: a folder swapped for a link between the two
 * is refused.
 */
export async function openInside(root: string, segments: readonly string[]): Promise<FileHandle | undefined> {
  let file: FileHandle | undefined;
  try {
    const real = await realpath(join(root, ...segments));
    if (!isInside(root, real)) throw invalid("Invalid path");
    // Not blocking: opening a pipe must not wait for a writer.
    file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const [opened, again] = [await file.stat(), await realpath(join(root, ...segments))];
    const checked = await stat(again);
    if (!isInside(root, again) || opened.ino !== checked.ino || opened.dev !== checked.dev) {
      throw invalid("Invalid path");
    }
    return file;
  } catch (error) {
    await file?.close();
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
