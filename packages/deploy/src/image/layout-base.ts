/** A base that somebody else made: an image that holds Node, of which the layers are taken as they are. */

import { invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import { type Descriptor, MEDIA_TYPES, type Platform, parseDocument, platformText } from "../oci/descriptor.ts";
import type { Layout } from "../oci/layout.ts";
import type { ImageLayer } from "./image.ts";

export interface LayoutBase {
  readonly platform: Platform;
  readonly layers: readonly ImageLayer[];
  readonly env: Readonly<Record<string, string>>;
  /** Of its manifest. */
  readonly digest: string;
}

/** What is read of an image's config; the rest of it was about how the base is started, which is not how ours is. */
const configWire = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  config: z.object({ Env: z.array(z.string()).nullish() }).nullish(),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
  history: z.array(z.object({ created_by: z.string().optional(), empty_layer: z.boolean().optional() })).nullish(),
});

const OF_OCI: Readonly<Record<string, string>> = {
  [MEDIA_TYPES.dockerLayer]: MEDIA_TYPES.layer,
  "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
};

/**
 * The image for a platform in a layout folder.
 *
 * @param name by which the folder's index lists it, or its digest; the only image there, where absent
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST where there is none for the platform.
 */
export async function layoutBase(layout: Layout, name: string | undefined, wanted: Platform): Promise<LayoutBase> {
  const where = `${layout.folder}${name === undefined ? "" : `:${name}`}`;
  const top = await layout.resolve(name);
  if (top === undefined) throw notFound(`The base ${where} is not there: the folder holds no image of that name.`);
  const manifest = await manifestFor(layout, top, wanted, where);
  const document = parseDocument(await layout.bytes(manifest.digest), manifest.mediaType, `The base ${where}`);
  if (document.kind !== "manifest") throw invalid(`The base ${where} is an index of indexes, which no runtime reads.`);
  const { config: described, layers } = document.manifest;
  const config = configWire.safeParse(JSON.parse(Buffer.from(await layout.bytes(described.digest)).toString("utf8")));
  if (!config.success)
    throw invalid(`The config of the base ${where} is not an image's: ${config.error.issues[0]?.message}.`);
  const { architecture, os, variant, config: settings, rootfs, history } = config.data;
  if (os !== wanted.os || architecture !== wanted.architecture)
    throw notFound(`The base ${where} is for ${os}/${architecture}, and ${platformText(wanted)} was asked for.`);
  if (rootfs.diff_ids.length !== layers.length)
    throw invalid(`The base ${where} has ${layers.length} layers, and its config says ${rootfs.diff_ids.length}.`);
  const titles = (history ?? []).filter(({ empty_layer }) => empty_layer !== true);
  return {
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    digest: manifest.digest,
    layers: layers.map((descriptor, at) => ({
      descriptor: {
        mediaType: OF_OCI[descriptor.mediaType] ?? descriptor.mediaType,
        digest: descriptor.digest,
        size: descriptor.size,
      },
      diffId: rootfs.diff_ids[at] ?? "",
      title: titles[at]?.created_by ?? "a layer of the base",
      open: () => layout.open(descriptor.digest),
    })),
    env: Object.fromEntries(
      (settings?.Env ?? []).flatMap((pair) => {
        const at = pair.indexOf("=");
        return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
      }),
    ),
  };
}

async function manifestFor(layout: Layout, top: Descriptor, wanted: Platform, where: string): Promise<Descriptor> {
  const document = parseDocument(await layout.bytes(top.digest), top.mediaType, `The base ${where}`);
  if (document.kind === "manifest") return top;
  const { manifests } = document.index;
  const fit = manifests.find(
    ({ platform }) =>
      platform?.os === wanted.os &&
      platform.architecture === wanted.architecture &&
      (wanted.variant === undefined || platform.variant === wanted.variant),
  );
  if (fit !== undefined) return fit;
  const there = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platformText(platform)]));
  throw notFound(`The base ${where} has no image for ${platformText(wanted)}: it has ${there.join(", ") || "none"}.`);
}
