import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const isTest = (path: string) => /\.test\.tsx?$/.test(path);

/**
 * One hash of the contents and names of files and folders, the same on every machine. Tests do not count. Contents and
 * not times, because a checkout changes times; reading them all takes milliseconds.
 */
export function sourceHash(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const [at, path] of paths.entries()) {
    if (!existsSync(path)) continue;
    for (const file of filesBelow(path)) {
      hash.update(`${at}/${relative(path, file).replaceAll("\\", "/")}\0`);
      hash.update(readFileSync(file));
      hash.update("\0");
    }
  }
  return hash.digest("hex");
}

/** Files below a folder in one order everywhere; a file is its own only one. */
function filesBelow(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(full);
      return isTest(entry.name) ? [] : [full];
    });
}
