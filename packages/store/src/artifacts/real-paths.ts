import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { isAbsent } from "./file-errors.ts";
import { isInside, realPathOf } from "./held-folder.ts";

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
 * root, never outside. What was opened is looked at once more: a folder swapped for a link after the check is refused.
 */
export async function openInside(root: string, segments: readonly string[]): Promise<FileHandle | undefined> {
  let file: FileHandle | undefined;
  try {
    const path = join(root, ...segments);
    const checked = await realpath(path);
    if (!isInside(root, checked)) throw invalid("Invalid path");
    // Not blocking: opening a pipe must not wait for a writer.
    file = await open(checked, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const opened = await realPathOf(file, path);
    if (!isInside(root, opened) || !(await isSame(file, opened))) throw invalid("Invalid path");
    return file;
  } catch (error) {
    await file?.close();
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** On Linux the path comes from the open file itself; elsewhere it was looked up by name and could be another's. */
async function isSame(file: FileHandle, path: string): Promise<boolean> {
  if (process.platform === "linux") return true;
  const [opened, found] = await Promise.all([file.stat(), stat(path)]);
  return opened.ino === found.ino && opened.dev === found.dev;
}
