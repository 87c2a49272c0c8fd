/** Documents about an image, beside it: manifests of their own whose subject it is, so that registries find them by it. */

import { type Descriptor, type Manifest, MEDIA_TYPES } from "../oci/descriptor.ts";
import type { Layout } from "../oci/layout.ts";
import { writeJson } from "./image.ts";

export interface AboutImage {
  /** What kind of document it is: a media type. */
  readonly type: string;
  readonly document: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Adds the document to a layout, listed as the image's referrer. The same document about the same image is the same manifest. */
export async function attach(layout: Layout, subject: Descriptor, { type, document, annotations }: AboutImage) {
  const empty: Descriptor = { mediaType: MEDIA_TYPES.empty, ...(await writeJson(layout, {})) };
  const blob: Descriptor = { mediaType: type, ...(await writeJson(layout, document)) };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: type,
    config: empty,
    layers: [blob],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    ...(annotations === undefined ? {} : { annotations }),
  };
  const descriptor: Descriptor = {
    mediaType: MEDIA_TYPES.manifest,
    ...(await writeJson(layout, manifest)),
    artifactType: type,
    ...(annotations === undefined ? {} : { annotations }),
  };
  await layout.list(descriptor);
  return descriptor;
}
