import { createReadStream } from "node:fs";
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { invalid, notFound } from "@esteira/core/errors";
import { parseArtifactPath, parseFolderPath, parseNewPath, UPLOADS } from "./artifact-path.ts";
import type { ArtifactSource, ArtifactStore, ArtifactVersion, ByteRange, OpenArtifact } from "./artifact-store.ts";
import { absent, codeOf, explainFileError, isAbsent } from "./file-errors.ts";
import { holdFolder, isInside, makeFolder } from "./held-folder.ts";
import { listFolder } from "./local-listing.ts";
import { openInside, realRoot } from "./real-paths.ts";
import { receive } from "./receive.ts";
import { newWorkName, removeAbandoned } from "./uploads.ts";

/** Large enough for the disk and the network, small beside what many downloads at once may take. */
const READ_BYTES = 1 << 20;

/** Artifacts as plain files under a local folder, which is created when it is first written to. */
export function localArtifactStore(root: string): ArtifactStore {
  const folder = resolve(root);
  const explained = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explainFileError(error, path);
    }
  };
  return {
    list: (path) => explained(path, async () => (await listFolder(folder, parseFolderPath(path))).items),
    listPage: (path, options) => explained(path, () => listFolder(folder, parseFolderPath(path), options)),
    stat: (path) => explained(path, () => statFile(folder, path)),
    open: (path, range) => explained(path, () => openFile(folder, path, range)),
    write: (path, source) => explained(path, () => writeFile(folder, parseNewPath(path), source)),
    remove: (path) => explained(path, () => removePath(folder, parseArtifactPath(path))),
    sweep: () => removeAbandoned(join(folder, UPLOADS)),
  };
}

async function statFile(root: string, path: string): Promise<ArtifactVersion> {
  const { file, version } = await openVersion(root, path);
  await file.close();
  return version;
}

async function openFile(root: string, path: string, range: ByteRange = { start: 0 }): Promise<OpenArtifact> {
  const { file, version } = await openVersion(root, path);
  try {
    checkRange(range, version.size);
    return { ...version, stream: await readFrom(file, range, version.size) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openVersion(root: string, path: string): Promise<{ file: FileHandle; version: ArtifactVersion }> {
  const segments = parseArtifactPath(path);
  const real = await realRoot(root);
  const file = real === undefined ? undefined : await openInside(real, segments);
  if (file === undefined) throw notFound(`No such artifact: '${path}'`);
  try {
    const found = await file.stat({ bigint: true });
    if (found.isDirectory()) throw invalid(`Artifact path refers to a directory, not a file: '${path}'`);
    if (!found.isFile()) throw invalid(`Artifact path does not refer to a file: '${path}'`);
    const etag = `"${[found.mtimeNs, found.size, found.ino].map((part) => part.toString(36)).join("-")}"`;
    return { file, version: { size: Number(found.size), etag, modified: found.mtime } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readFrom(file: FileHandle, { start, end }: ByteRange, size: number): Promise<Readable> {
  if (size === 0) {
    await file.close();
    return Readable.from([]);
  }
  return createReadStream("", {
    fd: file,
    start,
    end: Math.min(end ?? size - 1, size - 1),
    highWaterMark: READ_BYTES,
  });
}

function checkRange({ start, end = Number.MAX_SAFE_INTEGER }: ByteRange, size: number): void {
  if (!Number.isSafeInteger(start) || start < 0 || end < start || (start >= size && size > 0)) {
    throw invalid(`Invalid range of bytes: ${start} to ${end} of a file of ${size} bytes.`);
  }
}

/** The bytes go to a file beside, which takes the name only when it is whole and on the disk. */
async function writeFile(root: string, segments: readonly string[], source: ArtifactSource): Promise<void> {
  const work = await workFolder(root);
  const real = await realpath(root);
  await checkTarget(real, segments);
  const upload = join(work, await newWorkName());
  try {
    const file = await open(upload, "wx", 0o644);
    try {
      await receive(source, file);
      await file.datasync();
    } finally {
      await file.close();
    }
    await takeName(real, segments, upload);
  } catch (error) {
    await rm(upload, { force: true });
    throw error;
  }
}

/** A folder on the way may be removed between its making and the renaming; then it is made anew. */
async function takeName(root: string, segments: readonly string[], upload: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await renameTo(root, segments, upload);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      if (codeOf(error) === "ENOTDIR" || attempt === 2) throw inTheWay(segments);
    }
  }
}

async function renameTo(root: string, segments: readonly string[], upload: string): Promise<void> {
  const folder = await makeFolder(root, segments.slice(0, -1));
  try {
    const target = join(folder.path, segments.at(-1) ?? "");
    if ((await lstat(target).catch(absent))?.isDirectory()) throw inTheWay(segments);
    await rename(upload, target);
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function workFolder(root: string): Promise<string> {
  const folder = join(root, UPLOADS);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Told before a byte is read: every existing folder on the way is one, inside of the root, and the name is no folder. */
async function checkTarget(root: string, segments: readonly string[]): Promise<void> {
  const there = (error: unknown): undefined => {
    if (codeOf(error) === "ENOTDIR") throw inTheWay(segments);
    return absent(error);
  };
  // Also finds out whether the disk takes a path as long as this.
  const target = await lstat(join(root, ...segments)).catch(there);
  if (target?.isDirectory()) throw inTheWay(segments);
  for (let depth = segments.length - 1; depth > 0; depth--) {
    const real = await realpath(join(root, ...segments.slice(0, depth))).catch(there);
    if (real === undefined) continue;
    if (!isInside(root, real)) throw invalid("Invalid path");
    // A folder that is removed at this moment is as one that was never there.
    const found = await stat(real).catch(there);
    if (found === undefined) continue;
    if (!found.isDirectory()) throw inTheWay(segments);
    // What lies on the way to a folder are folders.
    return;
  }
}

const inTheWay = (segments: readonly string[]): Error =>
  invalid(`Artifact path '${segments.join("/")}' cannot be written: a file or a folder is in its way.`);

/** What is removed vanishes at once, by another name; a removal that breaks off leaves no half of a folder. */
async function removePath(root: string, segments: readonly string[]): Promise<void> {
  const real = await realRoot(root);
  if (real === undefined) return;
  const parent = await holdFolder(real, segments.slice(0, -1));
  if (parent === undefined) return;
  try {
    const target = join(parent.path, segments.at(-1) ?? "");
    // A link is removed itself, not what it points to.
    if ((await lstat(target).catch(absent)) === undefined) return;
    const condemned = join(await workFolder(real), await newWorkName());
    await rename(target, condemned).catch(absent);
    await parent.sync();
    await rm(condemned, { recursive: true, force: true });
  } finally {
    await parent.close();
  }
}
