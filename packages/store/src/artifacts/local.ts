import { constants, createReadStream, createWriteStream } from "node:fs";
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileInfo } from "@esteira/core/entities/file-info";
import { invalid, notFound } from "@esteira/core/errors";
import { parseArtifactPath, parseFolderPath, UPLOADS } from "./artifact-path.ts";
import type { ArtifactStore, ByteRange } from "./artifact-store.ts";
import { codeOf, explainFileError } from "./file-errors.ts";
import { isInside, openInside, realRoot } from "./real-paths.ts";
import { newUpload, removeAbandonedUploads } from "./uploads.ts";

/** Artifacts as plain files under a local folder, which is created when it is first written to. */
export function localArtifactStore(root: string): ArtifactStore {
  const folder = resolve(root);
  let swept: Promise<void> | undefined;
  return {
    list: (path) => explained(path, () => listFolder(folder, parseFolderPath(path))),
    open: (path, range) => explained(path, () => openFile(folder, path, range)),
    write: (path, source) =>
      explained(path, async () => {
        try {
          const segments = parseArtifactPath(path);
          swept ??= removeAbandonedUploads(join(folder, UPLOADS));
          await swept;
          await writeFile(folder, segments, source);
        } catch (error) {
          // A refused upload must not wait for a reader that will never come.
          source.destroy();
          throw error;
        }
      }),
    remove: (path) => explained(path, () => removePath(folder, parseArtifactPath(path))),
  };
}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainFileError(error, path);
  }
}

async function listFolder(root: string, segments: readonly string[]): Promise<readonly FileInfo[]> {
  const real = await realRoot(root);
  if (real === undefined) return [];
  const folder = await resolveInside(real, segments);
  if (folder === undefined) return [];
  if (!(await stat(folder)).isDirectory()) return [];
  const names = (await readdir(folder)).filter((name) => segments.length > 0 || name !== UPLOADS).sort();
  const entries = await Promise.all(names.map((name) => describe(real, folder, name)));
  return entries.filter((entry) => entry !== undefined);
}

/** Undefined for what vanished meanwhile, and for a link that leaves the root. */
async function describe(root: string, folder: string, name: string): Promise<FileInfo | undefined> {
  const path = await realpath(join(folder, name)).catch(() => undefined);
  if (path === undefined || !isInside(root, path)) return undefined;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? { path: name, isDir: true } : { path: name, isDir: false, fileSize: found.size };
}

async function openFile(root: string, path: string, range?: ByteRange): Promise<{ stream: Readable; size: number }> {
  const segments = parseArtifactPath(path);
  const real = await realRoot(root);
  const missing = notFound(`No such artifact: '${path}'`);
  if (real === undefined) throw missing;
  const file = await openInside(real, segments);
  if (file === undefined) throw missing;
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw invalid(`Artifact path refers to a directory, not a file: '${path}'`);
    if (!found.isFile()) throw invalid(`Artifact path does not refer to a file: '${path}'`);
    checkRange(range, found.size);
    const stream = createReadStream("", {
      fd: file,
      start: range?.start ?? 0,
      ...(range?.end === undefined ? {} : { end: range.end }),
    });
    return { stream, size: found.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function checkRange(range: ByteRange | undefined, size: number): void {
  if (range === undefined) return;
  const { start, end = Number.MAX_SAFE_INTEGER } = range;
  if (!Number.isSafeInteger(start) || start < 0 || end < start || (start >= size && size > 0)) {
    throw invalid(`Invalid range of bytes: ${start} to ${range.end ?? "the end"} of a file of ${size} bytes.`);
  }
}

/** The bytes go to a file beside, which takes the name only when it is whole and on the disk. */
async function writeFile(root: string, segments: readonly string[], source: Readable): Promise<void> {
  await mkdir(join(root, UPLOADS), { recursive: true });
  const real = await realpath(root);
  await checkTarget(real, segments);
  const upload = newUpload(join(real, UPLOADS));
  try {
    await pipeline(source, createWriteStream(upload, { flags: "wx", mode: 0o644 }));
    await sync(upload);
    const folder = join(real, ...segments.slice(0, -1));
    await mkdir(folder, { recursive: true });
    await checkTarget(real, segments);
    await rename(upload, join(folder, segments.at(-1) ?? ""));
    await syncFolder(folder);
  } catch (error) {
    await rm(upload, { force: true });
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A new name is on the disk only when its folder is. Windows has no such call, and needs none. */
const syncFolder = (path: string): Promise<void> => (process.platform === "win32" ? Promise.resolve() : sync(path));

/** Every existing folder on the way is one, and lies inside of the root; the name itself is no folder. */
async function checkTarget(root: string, segments: readonly string[]): Promise<void> {
  const taken = invalid(`Artifact path '${segments.join("/")}' cannot be written: a file or a folder is in its way.`);
  for (let depth = 1; depth < segments.length; depth++) {
    const path = join(root, ...segments.slice(0, depth));
    const real = await realpath(path).catch(absent);
    if (real === undefined) return;
    if (!isInside(root, real)) throw invalid("Invalid path");
    if (!(await stat(real)).isDirectory()) throw taken;
  }
  const found = await lstat(join(root, ...segments)).catch(absent);
  if (found?.isDirectory()) throw taken;
}

async function removePath(root: string, segments: readonly string[]): Promise<void> {
  const real = await realRoot(root);
  if (real === undefined) return;
  const parent = await resolveInside(real, segments.slice(0, -1));
  if (parent === undefined) return;
  // A link is removed itself, not what it points to.
  await rm(join(parent, segments.at(-1) ?? ""), { recursive: true, force: true });
  await syncFolder(parent);
}

/** The real path, undefined when there is nothing; refuses a link that leaves the root. */
async function resolveInside(root: string, segments: readonly string[]): Promise<string | undefined> {
  const real = await realpath(join(root, ...segments)).catch(absent);
  if (real !== undefined && !isInside(root, real)) throw invalid("Invalid path");
  return real;
}

function absent(error: unknown): undefined {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
