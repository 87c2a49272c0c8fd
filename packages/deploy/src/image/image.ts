/** An image of the OCI specification: what it holds and how it is started, as the documents that name its layers. */

import { link } from "node:fs/promises";
import { join } from "node:path";
import { type Descriptor, type Manifest, MEDIA_TYPES, type Platform } from "../oci/descriptor.ts";
import type { Layout, StoredBlob } from "../oci/layout.ts";

/** A layer with its bytes, wherever they are. */
export interface ImageLayer {
  readonly descriptor: Descriptor;
  /** Of the archive before it was compressed. */
  readonly diffId: string;
  /** What the history of the image says of it. */
  readonly title: string;
  /** The compressed archive. */
  readonly open: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
  /** A file of this machine that has these very bytes, where there is one. */
  readonly file?: string;
}

export interface Image {
  readonly platform: Platform;
  /** From the lowest on. */
  readonly layers: readonly ImageLayer[];
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingFolder: string;
  /** `65532:65532`; root where it is absent. */
  readonly user?: string;
  /** TCP ports on which it listens. */
  readonly ports: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. Two images of the same contents and time are the same. */
  readonly createdAt: number;
}

export interface WrittenImage {
  /** Of the manifest: what the image is known by. */
  readonly descriptor: Descriptor;
  readonly config: Descriptor;
  /** Sum of its layers as they are sent, in bytes. */
  readonly compressedSize: number;
}

/** Adds an image to a layout; layers that are there already are left as they are. */
export async function writeImage(layout: Layout, image: Image): Promise<WrittenImage> {
  for (const layer of image.layers) await addLayer(layout, layer);
  const config: Descriptor = { mediaType: MEDIA_TYPES.config, ...(await writeJson(layout, imageConfig(image))) };
  const layers = image.layers.map(({ descriptor }) => descriptor);
  const manifest: Manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers };
  const { os, architecture, variant } = image.platform;
  return {
    descriptor: {
      mediaType: MEDIA_TYPES.manifest,
      ...(await writeJson(layout, manifest)),
      platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
    },
    config,
    compressedSize: layers.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Nothing is copied where both are on one file system: blobs are never changed, so they may be one file. */
async function addLayer(layout: Layout, { descriptor: { digest, size }, open, file }: ImageLayer): Promise<void> {
  if ((await layout.size(digest)) === size) return;
  if (file !== undefined) {
    try {
      await link(file, join(layout.folder, "blobs", "sha256", digest.slice("sha256:".length)));
      return;
    } catch {
      // Another file system, or one without links: copied below.
    }
  }
  await layout.write(await open(), { digest, size });
}

/** Writes a document whose digest is decided by what it says: its keys are in the order in which they are given. */
export const writeJson = (layout: Layout, document: object): Promise<StoredBlob> =>
  layout.write(Buffer.from(JSON.stringify(document)));

/** The `config` that a runtime reads, keys of every map in one order. */
export function imageConfig(image: Image): object {
  const created = new Date(image.createdAt).toISOString().replace(/\.000Z$/, "Z");
  const { os, architecture, variant } = image.platform;
  return {
    created,
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: {
      ...(image.user === undefined ? {} : { User: image.user }),
      ExposedPorts: Object.fromEntries(image.ports.map((port) => [`${port}/tcp`, {}])),
      Env: sortedPairs(image.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: image.entrypoint,
      Cmd: image.command,
      WorkingDir: image.workingFolder,
      Labels: Object.fromEntries(sortedPairs(image.labels)),
      StopSignal: "SIGTERM",
    },
    rootfs: { type: "layers", diff_ids: image.layers.map(({ diffId }) => diffId) },
    history: image.layers.map(({ title }) => ({ created, created_by: title })),
  };
}

const sortedPairs = (record: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
