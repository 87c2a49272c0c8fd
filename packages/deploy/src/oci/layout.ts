/**
 * A folder that holds images by the OCI image layout 1.1:
 *
 *     oci-layout              {"imageLayoutVersion":"1.0.0"}
 *     index.json              what it holds, some of it by name
 *     blobs/sha256/HEX        each by its digest
 *     .incoming-UUID          what is being written; renamed when it is whole
 *
 * Manifests that are about another one (referrers: an SBOM, a provenance) stand in the index without a name, as other tools have it.
 */

import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve as resolvePath } from "node:path";
import type { Readable } from "node:stream";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import {
  type Descriptor,
  type Index,
  indexWire,
  isIndexType,
  isManifestType,
  MEDIA_TYPES,
  parseDocument,
  REF_NAME,
  subjectOf,
} from "./descriptor.ts";
import { DIGEST, type Expected, meter, sha256, wrongContent } from "./digest.ts";

/** Documents are read whole, and no registry takes larger ones. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;

export interface Layout {
  readonly folder: string;
  has(digest: string): Promise<boolean>;
  /** In bytes; undefined when it is not here. */
  size(digest: string): Promise<number | undefined>;
  /** Its bytes from `from` on, unchecked: who reads them knows the digest. Throws RESOURCE_DOES_NOT_EXIST. */
  open(digest: string, from?: number): Promise<Readable>;
  /** A small blob whole, its digest checked. Throws RESOURCE_DOES_NOT_EXIST, or INVALID_STATE when it is damaged or larger. */
  bytes(digest: string, limit?: number): Promise<Uint8Array>;
  /** Keeps a blob. It is there whole or not at all; throws INVALID_STATE when it is not what was expected. */
  write(source: AsyncIterable<Uint8Array> | Uint8Array, expected?: Expected): Promise<StoredBlob>;
  index(): Promise<Index>;
  /** Names a manifest that is here; what had the name before loses it. */
  tag(name: string, descriptor: Descriptor): Promise<void>;
  /** Lists a manifest without a name, once. */
  list(descriptor: Descriptor): Promise<void>;
  /** By name or by digest; without either, the only one that the index lists. Undefined when it is not here. */
  resolve(nameOrDigest?: string): Promise<Descriptor | undefined>;
  /** The manifests that are about this one. */
  referrers(digest: string): Promise<readonly Descriptor[]>;
}

export interface StoredBlob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** The names of what is about another image, such as its signatures, by that one's digest. */
const ABOUT_ANOTHER = /^sha256-/;

const markerWire = z.object({ imageLayoutVersion: z.string() });

/**
 * Opens a layout folder; makes an empty one where there is none.
 * @throws EsteiraError INVALID_PARAMETER_VALUE when the folder holds something else
 */
export async function openLayout(path: string): Promise<Layout> {
  const folder = resolvePath(path);
  await prepare(folder);
  const blobPath = (digest: string): string => {
    if (!DIGEST.test(digest)) throw invalid(`'${digest}' is no digest: expected sha256: and 64 hexadecimal digits.`);
    return join(folder, "blobs", "sha256", digest.slice("sha256:".length));
  };
  const size = async (digest: string): Promise<number | undefined> => {
    const file = await stat(blobPath(digest)).catch(() => undefined);
    return file?.isFile() === true ? file.size : undefined;
  };
  const missing = (digest: string): EsteiraError => notFound(`The image folder ${folder} has no blob ${digest}.`);

  const write: Layout["write"] = async (source, expected = {}) => {
    const what = `The blob ${expected.digest ?? ""} for ${folder}`;
    return renamedWhole(folder, async (append) => {
      const passing = meter(expected, what);
      for await (const piece of source instanceof Uint8Array ? [source] : source) {
        passing.take(piece);
        await append(piece);
      }
      const blob = passing.end();
      return { value: blob, path: blobPath(blob.digest) };
    });
  };

  const bytes: Layout["bytes"] = async (digest, limit = DOCUMENT_LIMIT) => {
    const length = await size(digest);
    if (length === undefined) throw missing(digest);
    const what = `The blob ${digest} of ${folder}`;
    if (length > limit) throw wrongContent(what, `it has ${length} bytes, expected ${limit} at most`);
    const content = await readFile(blobPath(digest));
    if (sha256(content) !== digest) throw wrongContent(what, "it is damaged");
    return content;
  };

  const index = (): Promise<Index> => readIndex(folder);

  // Changes of the index in one process come after one another; between processes the last one stays.
  let changing: Promise<unknown> = Promise.resolve();
  const change = (next: (manifests: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> => {
    const changed = changing.then(async () => {
      const old = await index();
      const manifests = next(old.manifests);
      if (JSON.stringify(manifests) !== JSON.stringify(old.manifests))
        await writeIndex(folder, { ...old, manifests: [...manifests] });
    });
    changing = changed.catch(() => {});
    return changed;
  };

  const unlisted = async (digest: string): Promise<Descriptor | undefined> => {
    const length = await size(digest);
    if (length === undefined || length > DOCUMENT_LIMIT) return undefined;
    const { data } = z.object({ mediaType: z.string() }).safeParse(parsedJson(await bytes(digest)));
    const mediaType = data?.mediaType ?? "";
    return isIndexType(mediaType) || isManifestType(mediaType) ? { mediaType, digest, size: length } : undefined;
  };

  return {
    folder,
    has: async (digest) => (await size(digest)) !== undefined,
    size,
    async open(digest, from = 0) {
      if ((await size(digest)) === undefined) throw missing(digest);
      return createReadStream(blobPath(digest), { start: from });
    },
    bytes,
    write,
    index,
    tag: (name, descriptor) =>
      change((manifests) => [
        ...manifests.filter(
          (other) =>
            other.annotations?.[REF_NAME] !== name &&
            !(other.digest === descriptor.digest && other.annotations?.[REF_NAME] === undefined),
        ),
        { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: name } },
      ]),
    list: (descriptor) =>
      change((manifests) =>
        manifests.some(({ digest }) => digest === descriptor.digest) ? manifests : [...manifests, descriptor],
      ),
    async resolve(nameOrDigest) {
      const { manifests } = await index();
      if (nameOrDigest === undefined) {
        const named = manifests.filter(({ annotations }) => !ABOUT_ANOTHER.test(annotations?.[REF_NAME] ?? "sha256-"));
        const [first, ...others] = named.length > 0 ? named : manifests;
        if (others.length === 0) return first;
        const names = named.map(({ annotations }) => annotations?.[REF_NAME]);
        throw invalid(
          `The image folder ${folder} holds ${others.length + 1} images: say which one${names.length === 0 ? " by its digest" : ` (${names.join(", ")})`}.`,
        );
      }
      if (DIGEST.test(nameOrDigest)) {
        return manifests.find(({ digest }) => digest === nameOrDigest) ?? (await unlisted(nameOrDigest));
      }
      return manifests.find(({ annotations }) => annotations?.[REF_NAME] === nameOrDigest);
    },
    async referrers(digest) {
      const found: Descriptor[] = [];
      for (const descriptor of (await index()).manifests) {
        if (!(isManifestType(descriptor.mediaType) || isIndexType(descriptor.mediaType))) continue;
        const where = `The manifest ${descriptor.digest} of ${folder}`;
        const document = parseDocument(await bytes(descriptor.digest), descriptor.mediaType, where);
        if (subjectOf(document)?.digest === digest) found.push(descriptor);
      }
      return found;
    },
  };
}

async function prepare(folder: string): Promise<void> {
  const marker = join(folder, "oci-layout");
  const text = await readFile(marker, "utf8").catch(() => undefined);
  if (text !== undefined) {
    const version = markerWire.safeParse(parsedJson(text)).data?.imageLayoutVersion;
    if (version?.startsWith("1.") === true) return;
    throw invalid(`${folder} is no image folder that Esteira reads: its oci-layout says ${text.slice(0, 80).trim()}.`);
  }
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  if ((await stat(join(folder, "index.json")).catch(() => undefined)) !== undefined) {
    throw invalid(`${folder} is no image folder: it has an index.json but no oci-layout. Give another folder.`);
  }
  await writeIndex(folder, { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [] });
  await writeWhole(folder, marker, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

async function readIndex(folder: string): Promise<Index> {
  const text = await readFile(join(folder, "index.json"), "utf8").catch(() => "");
  const { data } = indexWire.safeParse(parsedJson(text));
  if (data === undefined) throw invalid(`${join(folder, "index.json")} is not an image index: the folder is damaged.`);
  return data;
}

const writeIndex = (folder: string, index: Index): Promise<void> =>
  writeWhole(folder, join(folder, "index.json"), JSON.stringify(index));

const writeWhole = (folder: string, path: string, text: string): Promise<void> =>
  renamedWhole(folder, async (append) => {
    await append(Buffer.from(text));
    return { value: undefined, path };
  });

/** Writes a file beside its place, and renames it when `fill` is done and it is on the disk. */
async function renamedWhole<T>(
  folder: string,
  fill: (append: (piece: Uint8Array) => Promise<void>) => Promise<{ readonly value: T; readonly path: string }>,
): Promise<T> {
  const fresh = join(folder, `.incoming-${randomUUID()}`);
  const handle = await open(fresh, "wx", 0o644);
  let isOpen = true;
  try {
    const { value, path } = await fill((piece) => handle.writeFile(piece));
    await handle.sync();
    isOpen = false;
    await handle.close();
    await rename(fresh, path);
    return value;
  } catch (error) {
    if (isOpen) await handle.close();
    await rm(fresh, { force: true });
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") {
      throw new EsteiraError("TEMPORARILY_UNAVAILABLE", `There is no room left on the disk of ${folder}.`, {
        cause: error,
      });
    }
    throw error;
  }
}

function parsedJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === "string" ? text : Buffer.from(text).toString("utf8"));
  } catch {
    return undefined;
  }
}
