import type { Dirent } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FileInfo } from "@esteira/core/entities/file-info";
import type { Page } from "@esteira/core/entities/page";
import { invalid } from "@esteira/core/errors";
import { isUnderWay, UPLOADS } from "./artifact-path.ts";
import type { ListOptions } from "./artifact-store.ts";
import { absent } from "./file-errors.ts";
import { isInside } from "./held-folder.ts";
import { readToken, writeToken } from "./page-token.ts";
import { realRoot } from "./real-paths.ts";

/** Files are looked at so many at a time: the pool that answers has a few threads. */
const AT_ONCE = 64;

/** The entries of a folder by name; all of them without `options`. */
export async function listFolder(
  root: string,
  segments: readonly string[],
  options?: ListOptions,
): Promise<Page<FileInfo>> {
  const real = await realRoot(root);
  if (real === undefined) return { items: [] };
  const folder = await realpath(join(real, ...segments)).catch(absent);
  if (folder === undefined) return { items: [] };
  if (!isInside(real, folder)) throw invalid("Invalid path");
  const found = await readdir(folder, { withFileTypes: true }).catch(absent);
  const entries = (found ?? [])
    .filter(({ name }) => !isUnderWay(name) && (segments.length > 0 || name !== UPLOADS))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const after = options?.pageToken === undefined ? undefined : readToken(options.pageToken);
  const rest = after === undefined ? entries : entries.filter(({ name }) => name > after);
  const page = options === undefined ? rest : rest.slice(0, options.limit);
  const last = page.at(-1);
  return {
    items: await describeAll(real, folder, page),
    ...(page.length < rest.length && last !== undefined ? { nextPageToken: writeToken(last.name) } : {}),
  };
}

async function describeAll(root: string, folder: string, entries: readonly Dirent[]): Promise<FileInfo[]> {
  const items: FileInfo[] = [];
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const some = entries.slice(at, at + AT_ONCE).map((entry) => describe(root, folder, entry));
    for (const item of await Promise.all(some)) if (item !== undefined) items.push(item);
  }
  return items;
}

/** Undefined for what vanished meanwhile, and for a link that leaves the root. */
async function describe(root: string, folder: string, entry: Dirent): Promise<FileInfo | undefined> {
  const { name } = entry;
  if (entry.isDirectory()) return { path: name, isDir: true };
  const path = join(folder, name);
  const found = entry.isSymbolicLink() ? await followed(root, path) : await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? { path: name, isDir: true } : { path: name, isDir: false, fileSize: found.size };
}

async function followed(root: string, link: string) {
  const path = await realpath(link).catch(() => undefined);
  return path === undefined || !isInside(root, path) ? undefined : stat(path).catch(() => undefined);
}
