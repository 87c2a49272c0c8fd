import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * SHA-256 in hexadecimal of a file's bytes; of a folder, of the lines `DIGEST  PATH` of all its files in the order of their paths,
 * so that only content and names count. A link counts as the file that it leads to; one that leads to no file, as the digest of
 * where it points.
 *
 * @throws the signal's reason when it was stopped.
 */
export async function dataDigest(path: string, signal?: AbortSignal): Promise<string> {
  if ((await stat(path)).isFile()) return fileDigest(path, signal);
  return folderDigest(path, () => true, signal);
}

/** As `dataDigest` of a folder, of those of its files whose paths in it are kept. */
export async function folderDigest(
  path: string,
  keep: (inside: string) => boolean,
  signal?: AbortSignal,
): Promise<string> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => keep(file.slice(path.length + 1)));
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(`${await entryDigest(file, signal)}  ${file.slice(path.length + 1)}\n`);
  return hash.digest("hex");
}

async function entryDigest(path: string, signal: AbortSignal | undefined): Promise<string> {
  if ((await stat(path).catch(() => undefined))?.isFile()) return fileDigest(path, signal);
  const target = await readlink(path).catch(() => "");
  return createHash("sha256").update(target).digest("hex");
}

async function fileDigest(file: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest("hex");
}
