/** Shared libraries in a folder that has a Linux system's files, found by what programs say that they need. */

import { lstat, readlink, stat } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { readElf } from "./elf.ts";

const TRIPLETS = { amd64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" } as const;

export interface LibrarySearch {
  /** Where each is in the system, and the file that is there. */
  readonly found: ReadonlyMap<string, string>;
  /** Looks for one and for all that it needs. Gives the names that are not there, each with what needs it. */
  add(name: string, wantedBy: string): Promise<readonly (readonly [name: string, wantedBy: string])[]>;
  /** A file of the system; undefined where there is none. Links lead within it. */
  file(path: string): Promise<string | undefined>;
}

/** @param root an absolute path; "/" is this machine */
export function librarySearch(root: string, architecture: keyof typeof TRIPLETS): LibrarySearch {
  const folders = ["lib", "usr/lib"].flatMap((one) => [`${one}/${TRIPLETS[architecture]}`, one, `${one}64`]);
  const found = new Map<string, string>();
  const names = new Set<string>();
  const file = async (path: string): Promise<string | undefined> => {
    const place = await within(root, path);
    return (await stat(place).catch(() => undefined))?.isFile() === true ? place : undefined;
  };
  const add: LibrarySearch["add"] = async (name, wantedBy) => {
    if (names.has(name)) return [];
    for (const folder of folders) {
      const target = posix.join("/", folder, name);
      const place = await file(target);
      if (place === undefined) continue;
      names.add(name);
      found.set(target, place);
      const missing = [];
      for (const needed of (await readElf(place))?.needed ?? []) missing.push(...(await add(needed, name)));
      return missing;
    }
    return [[name, wantedBy]];
  };
  return { found, add, file };
}

const MOST_LINKS = 40;

/** Where a path leads when the folder is the root of all links. */
async function within(root: string, path: string): Promise<string> {
  let rest = path.split("/").filter((part) => part !== "" && part !== ".");
  let at = "/";
  for (let links = 0; rest.length > 0; ) {
    const [part = "", ...after] = rest;
    rest = after;
    const next = posix.join(at, part);
    const found = await lstat(join(root, next)).catch(() => undefined);
    if (found?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return join(root, next);
    const target = await readlink(join(root, next));
    rest = [
      ...posix
        .resolve(dirname(next), target)
        .split("/")
        .filter((one) => one !== ""),
      ...rest,
    ];
    at = "/";
  }
  return join(root, at);
}
