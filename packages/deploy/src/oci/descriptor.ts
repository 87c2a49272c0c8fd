/**
 * The documents of the OCI image specification 1.1 (and Docker's of schema 2, which have the same shape), as far as they are
 * read here. A document is named by the digest of its bytes: keep the bytes, and never write one anew from what was parsed.
 */

import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { DIGEST } from "./digest.ts";

export const MEDIA_TYPES = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  empty: "application/vnd.oci.empty.v1+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

export const isIndexType = (mediaType: string): boolean =>
  mediaType === MEDIA_TYPES.index || mediaType === MEDIA_TYPES.dockerIndex;
export const isManifestType = (mediaType: string): boolean =>
  mediaType === MEDIA_TYPES.manifest || mediaType === MEDIA_TYPES.dockerManifest;

/** The annotation by which an index names what it lists. */
export const REF_NAME = "org.opencontainers.image.ref.name";

const annotations = z.record(z.string(), z.string());

export const platformWire = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  "os.version": z.string().optional(),
});
export type Platform = z.output<typeof platformWire>;

export const descriptorWire = z.object({
  mediaType: z.string().min(1),
  digest: z.string().regex(DIGEST, "must be sha256: and 64 hexadecimal digits"),
  /** In bytes. */
  size: z.int().min(0),
  annotations: annotations.optional(),
  platform: platformWire.optional(),
  artifactType: z.string().optional(),
});
export type Descriptor = z.output<typeof descriptorWire>;

export const manifestWire = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorWire,
  layers: z.array(descriptorWire),
  /** The manifest that this one is about: it is that one's referrer. */
  subject: descriptorWire.optional(),
  annotations: annotations.optional(),
});
export type Manifest = z.output<typeof manifestWire>;

export const indexWire = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  manifests: z.array(descriptorWire),
  subject: descriptorWire.optional(),
  annotations: annotations.optional(),
});
export type Index = z.output<typeof indexWire>;

/** What a document names: the manifests of an index, or the blobs of a manifest. */
export type Document =
  | { readonly kind: "index"; readonly index: Index }
  | { readonly kind: "manifest"; readonly manifest: Manifest };

/**
 * Reads the bytes of an index or a manifest.
 * @param where it came from, for the sentence of a refusal
 * @throws EsteiraError INVALID_PARAMETER_VALUE when it is neither
 */
export function parseDocument(bytes: Uint8Array, mediaType: string, where: string): Document {
  const refuse = (why: string) => invalid(`${where} is not a manifest that Esteira reads: ${why}.`);
  if (!isIndexType(mediaType) && !isManifestType(mediaType)) {
    throw refuse(`its media type is ${mediaType}, expected an OCI or Docker (schema 2) manifest or index`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refuse("it is no JSON");
  }
  const why = (error: z.ZodError): string =>
    `${error.issues[0]?.path.join(".") || "the document"}: ${error.issues[0]?.message ?? "not understood"}`;
  if (isIndexType(mediaType)) {
    const { data, error } = indexWire.safeParse(json);
    if (data === undefined) throw refuse(why(error));
    return { kind: "index", index: data };
  }
  const { data, error } = manifestWire.safeParse(json);
  if (data === undefined) throw refuse(why(error));
  return { kind: "manifest", manifest: data };
}

/** What is to be had besides a document itself, each once: its manifests, or its config and layers. */
export const namedBy = (document: Document): readonly Descriptor[] => {
  const all =
    document.kind === "index" ? document.index.manifests : [document.manifest.config, ...document.manifest.layers];
  return [...new Map(all.map((descriptor) => [descriptor.digest, descriptor])).values()];
};

export const subjectOf = (document: Document): Descriptor | undefined =>
  document.kind === "index" ? document.index.subject : document.manifest.subject;

/** `linux/amd64`, `linux/arm64/v8`. */
export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant === undefined || variant === "" ? [] : [variant])].join("/");
