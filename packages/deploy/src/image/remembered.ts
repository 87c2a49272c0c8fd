import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";

/**
 * What a file is, as far as its directory says: the same for as long as nobody writes or replaces it. "none" where there is none. Links are
 * followed.
 */
export async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return "none";
  return [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(":");
}

export interface Remembered<T> {
  /** Of the note, in the cache. */
  readonly name: string;
  readonly cache: string;
  readonly schema: z.ZodType<T>;
  /** Whether what was noted is so still. */
  readonly holds: (known: T) => Promise<boolean>;
  readonly find: () => Promise<T>;
}

/** What was found before, where it holds still; else it is found again, and noted. */
export async function remembered<T>({ name, cache, schema, holds, find }: Remembered<T>): Promise<T> {
  const path = join(cache, `${name}.json`);
  try {
    const known = schema.parse(JSON.parse(await readFile(path, "utf8")));
    if (await holds(known)) return known;
  } catch {
    // There is no note, or one of another version.
  }
  const found = await find();
  await mkdir(cache, { recursive: true });
  const fresh = join(cache, `.incoming-${randomUUID()}`);
  await writeFile(fresh, JSON.stringify(found));
  await rename(fresh, path);
  return found;
}
