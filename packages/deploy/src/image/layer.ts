/**
 * Layers of an image: tar archives that are compressed once and kept on this machine by what is in them, so that an image whose model
 * has changed takes the others as they are.
 */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { Gzip } from "fflate";
import { z } from "zod";
import { MEDIA_TYPES } from "../oci/descriptor.ts";
import { DIGEST } from "../oci/digest.ts";
import type { ImageLayer } from "./image.ts";
import { sortedEntries, type TarEntry, tar } from "./tar.ts";
import { withoutRoom } from "./without-room.ts";

/**
 * `portable` gives the same bytes on every machine; it takes some three times as long. `native` is what Node was built with, and
 * its bytes may be others with another Node or processor: for layers that hold Node itself.
 */
export type Compression = "portable" | "native";

/** Raised when other bytes are written for the same entries: what was kept before is not taken then. */
const FORMAT = 1;
const NATIVE_LEVEL = 5;
const PORTABLE_LEVEL = 6;
/** The portable compressor gives other bytes for other pieces: they are always of this many. */
const PIECE = 1 << 18;
/** What was not asked for in so long is thrown away, in milliseconds. */
const KEPT_FOR = 30 * 86_400_000;

const keptWire = z.object({
  digest: z.string().regex(DIGEST),
  size: z.int().min(0),
  diffId: z.string().regex(DIGEST),
});
type Kept = z.output<typeof keptWire>;

export interface PackOptions {
  /** Where layers are kept. It may be thrown away. */
  readonly cache: string;
  readonly compression: Compression;
  readonly title: string;
}

export async function packLayer(
  entries: readonly TarEntry[],
  { cache, compression, title }: PackOptions,
): Promise<ImageLayer> {
  const key = await keyOf(entries, compression);
  const file = join(cache, `${key}.tar.gz`);
  const note = join(cache, `${key}.json`);
  const kept = (await readKept(file, note)) ?? (await keep(entries, compression, cache, file, note));
  return {
    descriptor: { mediaType: MEDIA_TYPES.layer, digest: kept.digest, size: kept.size },
    diffId: kept.diffId,
    title,
    open: () => createReadStream(file),
    file,
  };
}

/** SHA-256 over all that decides the bytes of a layer. */
async function keyOf(entries: readonly TarEntry[], compression: Compression): Promise<string> {
  const compressor =
    compression === "portable"
      ? `portable ${PORTABLE_LEVEL}`
      : `native ${NATIVE_LEVEL} ${process.version} ${process.arch} ${process.versions.zlib}`;
  const hash = createHash("sha256").update(`${FORMAT} ${compressor}\n`);
  for (const entry of sortedEntries(entries)) {
    const content = entry.kind === "file" ? (entry.sha256 ?? (await contentDigest(entry.content))) : "";
    hash.update(`${JSON.stringify([entry.kind, entry.path, entry.mode, content])}\n`);
  }
  return hash.digest("hex");
}

/** SHA-256 of bytes, or of a file, as 64 hexadecimal digits. */
export async function contentDigest(content: Uint8Array | string): Promise<string> {
  const hash = createHash("sha256");
  if (typeof content !== "string") return hash.update(content).digest("hex");
  const handle = await open(content);
  try {
    // One piece for all of the file: a hundred megabytes of pieces would be a tenth of a second of tidying up.
    const piece = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, PIECE);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** Undefined when it is not there, or not what it was when it was kept. */
async function readKept(file: string, note: string): Promise<Kept | undefined> {
  try {
    const kept = keptWire.parse(JSON.parse(await readFile(note, "utf8")));
    if ((await stat(file)).size !== kept.size || `sha256:${await contentDigest(file)}` !== kept.digest)
      return undefined;
    const now = new Date();
    await Promise.all([file, note].map((path) => utimes(path, now, now)));
    return kept;
  } catch {
    return undefined;
  }
}

async function keep(
  entries: readonly TarEntry[],
  compression: Compression,
  cache: string,
  file: string,
  note: string,
): Promise<Kept> {
  await mkdir(cache, { recursive: true });
  await dropOld(cache, Date.now());
  const fresh = join(cache, `.incoming-${randomUUID()}`);
  const handle = await open(fresh, "wx");
  try {
    const whole = createHash("sha256");
    const compressed = createHash("sha256");
    let size = 0;
    const seen = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const piece of tar(entries)) {
        whole.update(piece);
        yield piece;
      }
    };
    for await (const piece of compression === "portable" ? portableGzip(seen()) : nativeGzip(seen())) {
      compressed.update(piece);
      size += piece.byteLength;
      await handle.writeFile(piece);
    }
    await handle.close();
    const kept = { digest: `sha256:${compressed.digest("hex")}`, size, diffId: `sha256:${whole.digest("hex")}` };
    await rename(fresh, file);
    await writeFile(`${fresh}.json`, JSON.stringify(kept));
    await rename(`${fresh}.json`, note);
    return kept;
  } catch (error) {
    throw withoutRoom(error, cache);
  } finally {
    await handle.close().catch(() => {});
    await rm(fresh, { force: true });
  }
}

async function* nativeGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { Readable } = await import("node:stream");
  const { pipeline } = await import("node:stream/promises");
  const gzip = createGzip({ level: NATIVE_LEVEL, chunkSize: 1 << 18 });
  const ended = pipeline(Readable.from(source, { objectMode: false }), gzip);
  // The failure is thrown below, or by reading what failed.
  ended.catch(() => {});
  for await (const piece of gzip) yield piece;
  await ended;
}

async function* portableGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const ready: Uint8Array[] = [];
  const gzip = new Gzip({ level: PORTABLE_LEVEL, mtime: 0 }, (piece) => void ready.push(piece));
  for await (const piece of evenPieces(source)) {
    gzip.push(piece);
    yield* ready.splice(0);
  }
  gzip.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

/** The same bytes in pieces of one size, but for the last. */
async function* evenPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = new Uint8Array(PIECE);
  let filled = 0;
  for await (let rest of source) {
    while (rest.byteLength > 0) {
      const part = rest.subarray(0, PIECE - filled);
      piece.set(part, filled);
      filled += part.byteLength;
      rest = rest.subarray(part.byteLength);
      if (filled < PIECE) continue;
      yield piece;
      piece = new Uint8Array(PIECE);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

/** What nobody asked for in a month, and what was being written when somebody pulled the plug. */
async function dropOld(cache: string, now: number): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const file = await stat(path).catch(() => undefined);
    if (file === undefined || now - file.mtimeMs < KEPT_FOR) continue;
    await rm(path, { force: true });
  }
}
