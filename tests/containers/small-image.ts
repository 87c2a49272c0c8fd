import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar } from "@esteira/deploy/image/tar";
import { type Descriptor, MEDIA_TYPES } from "@esteira/deploy/oci/descriptor";
import { sha256 } from "@esteira/deploy/oci/digest";
import type { Layout } from "@esteira/deploy/oci/layout";

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

async function put(layout: Layout, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  return { mediaType, ...(await layout.write(bytes)) };
}

/** An image of one layer with a file of random bytes. */
export async function smallImage(layout: Layout, architecture: string, fileBytes = 50_000): Promise<Descriptor> {
  const content = randomBytes(fileBytes);
  const pieces: Uint8Array[] = [];
  const file = { kind: "file", path: "file.bin", mode: 0o644, size: content.length, content } as const;
  for await (const piece of tar([file])) pieces.push(piece);
  const plain = Buffer.concat(pieces);
  const layer = await put(layout, MEDIA_TYPES.layer, gzipSync(plain));
  const labels = { "org.opencontainers.image.title": `of ${architecture}` };
  const rootfs = { type: "layers", diff_ids: [sha256(plain)] };
  const config = await put(
    layout,
    MEDIA_TYPES.config,
    bytesOf({ os: "linux", architecture, config: { Labels: labels }, rootfs }),
  );
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] };
  return put(layout, MEDIA_TYPES.manifest, bytesOf(manifest));
}

export async function indexOf(layout: Layout, images: Readonly<Record<string, Descriptor>>): Promise<Descriptor> {
  const manifests = Object.entries(images).map(([architecture, image]) => ({
    ...image,
    platform: { os: "linux", architecture },
  }));
  return put(layout, MEDIA_TYPES.index, bytesOf({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests }));
}

/** A document about an image, as an SBOM is. */
export async function about(layout: Layout, subject: Descriptor, text: string): Promise<Descriptor> {
  const layer = await put(layout, "application/spdx+json", Buffer.from(text));
  const config = await put(layout, MEDIA_TYPES.empty, Buffer.from("{}"));
  const { mediaType, digest, size } = subject;
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, artifactType: "application/spdx+json" },
    ...{ config, layers: [layer], subject: { mediaType, digest, size } },
  };
  const descriptor = await put(layout, MEDIA_TYPES.manifest, bytesOf(manifest));
  await layout.list(descriptor);
  return descriptor;
}
