/**
 * An image as one file, for machines that no registry is reached from: an OCI layout that is `docker save`'s archive as well, so that
 * what reads the one or the other finds what it looks for.
 */

import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import { type Descriptor, MEDIA_TYPES, parseDocument, REF_NAME } from "../oci/descriptor.ts";
import type { Layout } from "../oci/layout.ts";
import { type FileEntry, foldersAbove, type TarEntry, tar } from "./tar.ts";
import { withoutRoom } from "./without-room.ts";

export interface ArchiveName {
  /** With its host: what a daemon calls the image. */
  readonly full: string;
  readonly tag: string;
}

const pathOf = (digest: string): string => `blobs/sha256/${digest.slice("sha256:".length)}`;

/** Writes the file whole or not at all. What is about the image goes along, for tools that look for it. */
export async function writeArchive(
  file: string,
  layout: Layout,
  image: Descriptor,
  { full, tag }: ArchiveName,
): Promise<void> {
  const about = await layout.referrers(image.digest);
  const blobs = new Map<string, Descriptor>();
  for (const descriptor of [image, ...about]) {
    for (const blob of [descriptor, ...(await partsOf(layout, descriptor))]) blobs.set(blob.digest, blob);
  }
  const [config, ...layers] = await partsOf(layout, image);
  if (config === undefined) throw invalid(`${image.digest} is no image.`);
  const named = { ...image, annotations: { ...image.annotations, [REF_NAME]: tag, "io.containerd.image.name": full } };
  const manifest = [
    { Config: pathOf(config.digest), RepoTags: [full], Layers: layers.map(({ digest }) => pathOf(digest)) },
  ];
  const files: readonly FileEntry[] = [
    jsonFile("oci-layout", { imageLayoutVersion: "1.0.0" }),
    jsonFile("index.json", { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [named, ...about] }),
    jsonFile("manifest.json", manifest),
    ...[...blobs.values()].map(({ digest, size }): FileEntry => {
      const path = pathOf(digest);
      return { kind: "file", path, mode: 0o644, size, content: join(layout.folder, path) };
    }),
  ];
  await writeTar(resolve(file), [...foldersAbove(files.map(({ path }) => path)), ...files]);
}

/** The config of an image, then its layers. */
async function partsOf(layout: Layout, descriptor: Descriptor): Promise<readonly Descriptor[]> {
  const document = parseDocument(await layout.bytes(descriptor.digest), descriptor.mediaType, descriptor.digest);
  return document.kind === "manifest" ? [document.manifest.config, ...document.manifest.layers] : [];
}

function jsonFile(path: string, value: unknown): FileEntry {
  const content = Buffer.from(JSON.stringify(value));
  return { kind: "file", path, mode: 0o644, size: content.length, content };
}

async function writeTar(file: string, entries: readonly TarEntry[]): Promise<void> {
  const fresh = `${file}.incoming-${randomUUID()}`;
  const handle = await open(fresh, "wx", 0o644);
  try {
    for await (const piece of tar(entries)) await handle.writeFile(piece);
    await handle.close();
    await rename(fresh, file);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(fresh, { force: true });
    throw withoutRoom(error, dirname(file));
  }
}
