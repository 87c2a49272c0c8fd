/** Reads an image that is already somewhere: its config, and the files of its layers as they come, each checked by its digest. */

import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import { type Descriptor, parseDocument, platformText } from "../oci/descriptor.ts";
import { checked, sha256, wrongContent } from "../oci/digest.ts";
import { DOCUMENT_LIMIT } from "../oci/layout.ts";
import type { ImagePlace } from "../registry/place.ts";
import { type ArchiveEntry, untar } from "./untar.ts";

const configWire = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  config: z
    .object({
      User: z.string().nullish(),
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
  history: z.array(z.object({ created_by: z.string().optional() })).nullish(),
});

export interface ReadImage {
  readonly descriptor: Descriptor;
  /** `linux/amd64` */
  readonly platform: string;
  /** As the config has it; "" is root. */
  readonly user: string;
  /** `NAME=VALUE` */
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** What was done to make it, as far as it says. */
  readonly history: readonly string[];
  /** From the lowest on. */
  readonly layers: readonly ReadLayer[];
}

export interface ReadLayer {
  readonly descriptor: Descriptor;
  /** Of the archive, uncompressed. */
  readonly diffId: string;
}

/**
 * What the place's name leads to: one image, or one for each platform of an index.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST when it is not there
 */
export async function readImages(place: ImagePlace): Promise<{
  readonly root: Descriptor;
  readonly images: readonly ReadImage[];
}> {
  const root = await place.find();
  if (root === undefined) throw notFound(`There is no image ${place.shown}.`);
  const document = await documentOf(place, root);
  if (document.kind === "manifest") return { root, images: [await readImage(place, root)] };
  const images: ReadImage[] = [];
  for (const manifest of document.index.manifests) {
    // Where other builders put their attestations: no image that anybody runs.
    if (manifest.platform?.os === "unknown") continue;
    images.push(await readImage(place, manifest));
  }
  if (images.length === 0) throw notFound(`${place.shown} holds no image.`);
  return { root, images };
}

async function readImage(place: ImagePlace, descriptor: Descriptor): Promise<ReadImage> {
  const where = `${descriptor.digest} of ${place.shown}`;
  const document = await documentOf(place, descriptor);
  if (document.kind !== "manifest") throw invalid(`${where} is an index of indexes, which no runtime reads.`);
  const { config: named, layers } = document.manifest;
  const { data, error } = configWire.safeParse(await readJson(place, named));
  if (data === undefined) throw invalid(`The config of ${where} is not an image's: ${error.issues[0]?.message}.`);
  const { architecture, os, variant, config, rootfs, history } = data;
  if (rootfs.diff_ids.length !== layers.length)
    throw invalid(`${where} has ${layers.length} layers, and its config says ${rootfs.diff_ids.length}.`);
  return {
    descriptor,
    platform: platformText({ os, architecture, ...(variant === undefined ? {} : { variant }) }),
    user: config?.User ?? "",
    env: config?.Env ?? [],
    labels: config?.Labels ?? {},
    history: (history ?? []).flatMap(({ created_by }) => (created_by === undefined ? [] : [created_by])),
    layers: layers.map((layer, at) => ({ descriptor: layer, diffId: rootfs.diff_ids[at] ?? "" })),
  };
}

async function documentOf(place: ImagePlace, descriptor: Descriptor) {
  const bytes = await place.document(descriptor);
  const what = `${descriptor.digest} of ${place.shown}`;
  if (sha256(bytes) !== descriptor.digest) throw wrongContent(what, "it is damaged");
  return parseDocument(bytes, descriptor.mediaType, what);
}

/** The documents of a kind that are about an image: each the blob of a referrer, parsed, with the referrer's manifest. */
export async function aboutImage(place: ImagePlace, digest: string, type: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (const referrer of await place.referrers(digest)) {
    const document = await documentOf(place, referrer);
    if (document.kind !== "manifest") continue;
    const { artifactType, config, layers, subject } = document.manifest;
    if ((artifactType ?? config.mediaType) !== type || subject?.digest !== digest) continue;
    for (const layer of layers) found.push(await readJson(place, layer));
  }
  return found;
}

/** A small blob as JSON, checked by its digest; undefined when it is none. */
export async function readJson(place: ImagePlace, blob: Descriptor): Promise<unknown> {
  const bytes = await readBlob(place, blob);
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** @throws EsteiraError INVALID_STATE when it is larger than a document, or another one. */
export async function readBlob(place: ImagePlace, { digest, size }: Descriptor): Promise<Uint8Array> {
  const what = `The blob ${digest} of ${place.shown}`;
  if (size > DOCUMENT_LIMIT) throw wrongContent(what, `it has ${size} bytes, expected ${DOCUMENT_LIMIT} at most`);
  const pieces: Uint8Array[] = [];
  const source = await place.blob({ mediaType: "", digest, size }, 0);
  for await (const piece of checked(source, { digest, size }, what)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** More than any model's image unpacks to: what is larger is made to fill a disk. */
const UNPACKED_LIMIT = 64 * 2 ** 30;

/**
 * The files of a layer as its archive has them. After the last one it is known that the layer is what the image's documents say.
 *
 * @throws EsteiraError INVALID_STATE when it is another one.
 */
export async function* layerEntries(
  place: ImagePlace,
  { descriptor, diffId }: ReadLayer,
): AsyncGenerator<ArchiveEntry, void, undefined> {
  const { digest, size, mediaType } = descriptor;
  const what = `The layer ${digest} of ${place.shown}`;
  const source = checked(await place.blob(descriptor, 0), { digest, size }, what);
  const hash = createHash("sha256");
  let unpacked = 0;
  const passing = async function* (plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of plain) {
      hash.update(piece);
      unpacked += piece.byteLength;
      if (unpacked > UNPACKED_LIMIT) throw wrongContent(what, "it unpacks to more than 64 GiB");
      yield piece;
    }
  };
  yield* untar(passing(plainOf(source, mediaType, what)), what);
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffId) throw wrongContent(what, `unpacked it is ${found}, and the image's config says ${diffId}`);
}

function plainOf(source: AsyncIterable<Uint8Array>, mediaType: string, what: string): AsyncIterable<Uint8Array> {
  if (/\.tar$|\.diff\.tar$/.test(mediaType)) return source;
  if (/[+.]gzip$/.test(mediaType)) return gunzipped(source, what);
  throw new EsteiraError("INVALID_PARAMETER_VALUE", `${what} is ${mediaType}: expected a tar archive, or one of gzip.`);
}

async function* gunzipped(
  source: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { Readable } = await import("node:stream");
  const { pipeline } = await import("node:stream/promises");
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  const ended = pipeline(Readable.from(source, { objectMode: false }), gunzip);
  ended.catch(() => {});
  try {
    for await (const piece of gunzip) yield piece;
    await ended;
  } catch (error) {
    if (error instanceof EsteiraError) throw error;
    throw wrongContent(what, `it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  }
}
