import { notFound } from "@esteira/core/errors";
import { type Descriptor, parseDocument, platformText } from "@esteira/deploy/oci/descriptor";
import { ofPlatform } from "@esteira/deploy/registry/copy";
import type { ImagePlace } from "@esteira/deploy/registry/place";
import { z } from "zod";

const configWire = z.object({
  created: z.string().optional(),
  os: z.string().optional(),
  architecture: z.string().optional(),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

export interface Inspection {
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  /** Of an image for several platforms. */
  readonly manifests?: readonly { readonly platform: string; readonly digest: string }[];
  readonly platform?: string;
  readonly created?: string;
  /** Compressed, in bytes, from the first layer to the last. */
  readonly layers?: readonly { readonly digest: string; readonly size: number }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly referrers: readonly { readonly digest: string; readonly artifactType: string }[];
}

/** Configs are small; what is larger is no image's. */
const CONFIG_LIMIT = 4 * 1024 * 1024;

/** @throws EsteiraError RESOURCE_DOES_NOT_EXIST when it is not there */
export async function inspectImage(place: ImagePlace, platform: string | undefined): Promise<Inspection> {
  const found = await place.find();
  if (found === undefined) throw notFound(`There is no image ${place.shown}.`);
  const root = platform === undefined ? found : await ofPlatform(place, found, platform);
  const { digest, mediaType } = root;
  const document = parseDocument(await place.document(root), mediaType, place.shown);
  const about = await place.referrers(digest);
  const common = {
    ...{ name: place.shown, digest, mediaType },
    referrers: await Promise.all(
      about.map(async (one) => ({ digest: one.digest, artifactType: await typeOf(place, one) })),
    ),
  };
  if (document.kind === "index") {
    const manifests = document.index.manifests.map((one) => ({
      platform: one.platform === undefined ? "unknown" : platformText(one.platform),
      digest: one.digest,
    }));
    return { ...common, manifests };
  }
  const { config, layers } = document.manifest;
  const read = configWire.safeParse(await jsonBlob(place, config)).data;
  return {
    ...common,
    ...(read?.os === undefined || read.architecture === undefined
      ? {}
      : { platform: platformText({ os: read.os, architecture: read.architecture }) }),
    ...(read?.created === undefined ? {} : { created: read.created }),
    layers: layers.map((layer) => ({ digest: layer.digest, size: layer.size })),
    labels: read?.config?.Labels ?? {},
  };
}

/** A registry's list has it; a folder's manifest says so itself. */
async function typeOf(place: ImagePlace, about: Descriptor): Promise<string> {
  if (about.artifactType !== undefined) return about.artifactType;
  const document = parseDocument(await place.document(about), about.mediaType, place.shown);
  if (document.kind === "index") return document.index.artifactType ?? about.mediaType;
  return document.manifest.artifactType ?? document.manifest.config.mediaType;
}

async function jsonBlob(place: ImagePlace, blob: Descriptor): Promise<unknown> {
  if (blob.size > CONFIG_LIMIT) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of await place.blob(blob, 0)) pieces.push(piece);
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch {
    return undefined;
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

export function inspectionText(seen: Inspection): string {
  const layers = seen.layers ?? [];
  const all = layers.reduce((sum, { size }) => sum + size, 0);
  return [
    seen.name,
    `  digest     ${seen.digest}`,
    `  type       ${seen.mediaType}`,
    ...(seen.platform === undefined ? [] : [`  platform   ${seen.platform}`]),
    ...(seen.created === undefined ? [] : [`  created    ${seen.created}`]),
    ...(seen.manifests ?? []).map(({ platform, digest }) => `  ${platform.padEnd(16)} ${digest}`),
    ...(seen.layers === undefined ? [] : [`  layers     ${layers.length}, ${megabytes(all)} compressed`]),
    ...layers.map(({ digest, size }) => `    ${digest} ${megabytes(size)}`),
    ...Object.entries(seen.labels ?? {}).map(([name, value]) => `  ${name}=${value}`),
    ...seen.referrers.map(({ artifactType, digest }) => `  about it   ${artifactType} ${digest}`),
  ].join("\n");
}
