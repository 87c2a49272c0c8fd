/** The image of a project: what somebody has made for it to run in, with its files on top. Nothing of the base passes through this machine where its registry can mount it. */

import { createReadStream } from "node:fs";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import { type Descriptor, type Manifest, MEDIA_TYPES, parseDocument } from "../oci/descriptor.ts";
import { sha256 } from "../oci/digest.ts";
import { copyImage, ofPlatform } from "../registry/copy.ts";
import { type ImagePlace, registryPlace } from "../registry/place.ts";
import { type ImageReference, printReference, type Repository } from "../registry/reference.ts";
import type { SessionOptions } from "../registry/session.ts";
import type { ImageLayer } from "./image.ts";
import { packLayer } from "./layer.ts";
import type { ProjectFile } from "./project-files.ts";
import { foldersAbove, type TarEntry } from "./tar.ts";

export interface ProjectImageOptions {
  readonly base: ImageReference;
  /** Where it is pushed. */
  readonly to: Repository;
  /** Such as `linux/amd64`. */
  readonly platform: string;
  readonly files: readonly ProjectFile[];
  /** Where they are in the image, from its root on, without a slash first. */
  readonly folder: string;
  readonly session: SessionOptions;
  /** Where layers are kept. */
  readonly cache: string;
}

export interface PushedImage {
  /** With its tag, which is of its digest. */
  readonly uri: string;
  /** By digest. */
  readonly pinned: string;
  readonly digest: string;
  /** The digest of what it was built upon. */
  readonly base: string;
}

/** What is read of a config; all else of it stays. */
const configWire = z.looseObject({
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.looseObject({})).nullish(),
});

/** The same files upon the same base are the same image, wherever it is made. */
export async function pushProjectImage(options: ProjectImageOptions): Promise<PushedImage> {
  const { base, to, platform, session } = options;
  const from = registryPlace(base, session);
  const root = await from.find().catch((error: unknown) => {
    throw baseNotRead(base, error);
  });
  if (root === undefined) throw baseNotRead(base, new Error("there is no such image"));
  const descriptor = await ofPlatform(from, root, platform);
  const document = parseDocument(await from.document(descriptor), descriptor.mediaType, from.shown);
  if (document.kind !== "manifest") throw invalid(`${from.shown} is an index of indexes, which no runtime reads.`);
  const layer = await projectLayer(options);
  const config = await withLayer(from, document.manifest, layer);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: { mediaType: MEDIA_TYPES.config, digest: sha256(config), size: config.byteLength },
    layers: [...document.manifest.layers.map(asOci), layer.descriptor],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest = sha256(bytes);
  const own: Descriptor = { mediaType: MEDIA_TYPES.manifest, digest, size: bytes.byteLength };
  const tag = `project-${digest.slice("sha256:".length, "sha256:".length + 12)}`;
  const place: ImagePlace = {
    ...from,
    shown: `the project upon ${from.shown}`,
    find: async () => own,
    document: async () => bytes,
    referrers: async () => [],
    blob: async (blob, at) => {
      if (blob.digest === manifest.config.digest) return once(config.subarray(at));
      if (blob.digest === layer.descriptor.digest && layer.file !== undefined)
        return createReadStream(layer.file, { start: at });
      return from.blob(blob, at);
    },
  };
  await copyImage(place, registryPlace({ ...to, tag }, session));
  const uri = printReference({ ...to, tag });
  return { uri, pinned: printReference({ ...to, digest }), digest, base: descriptor.digest };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function projectLayer({ files, folder, cache }: ProjectImageOptions): Promise<ImageLayer> {
  const entries: TarEntry[] = files.map(({ path, file, size, isProgram }) => ({
    ...{ kind: "file", path: `${folder}/${path}`, size, content: file },
    mode: isProgram ? 0o755 : 0o644,
  }));
  const above = foldersAbove([`${folder}/-`, ...entries.map(({ path }) => path)]);
  return packLayer([...above, ...entries], { cache, compression: "portable", title: "the project's files" });
}

/** The base's config, with the layer. */
async function withLayer(from: ImagePlace, base: Manifest, layer: ImageLayer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await from.blob(base.config, 0)) pieces.push(piece);
  const { data, error } = configWire.safeParse(JSON.parse(Buffer.concat(pieces).toString("utf8")));
  if (data === undefined) throw invalid(`The config of ${from.shown} is not an image's: ${error.issues[0]?.message}.`);
  const history = [...(data.history ?? []), { created: "1970-01-01T00:00:00Z", created_by: layer.title }];
  return Buffer.from(
    JSON.stringify({ ...data, history, rootfs: { ...data.rootfs, diff_ids: [...data.rootfs.diff_ids, layer.diffId] } }),
  );
}

const asOci = ({ mediaType, digest, size }: Descriptor): Descriptor => ({
  mediaType: mediaType === MEDIA_TYPES.dockerLayer ? MEDIA_TYPES.layer : mediaType,
  digest,
  size,
});

function baseNotRead(base: ImageReference, error: unknown): EsteiraError {
  return new EsteiraError(
    error instanceof EsteiraError ? error.code : "RESOURCE_DOES_NOT_EXIST",
    `The image ${printReference(base)}, which the project runs in, cannot be read (${error instanceof Error ? error.message : String(error)}): name one of a registry, with its host, as docker_env.image.`,
    { cause: error },
  );
}
