import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { writeArchive } from "@esteira/deploy/image/archive";
import { writeJson } from "@esteira/deploy/image/image";
import { machinePlatform } from "@esteira/deploy/image/machine-base";
import { provenance } from "@esteira/deploy/image/provenance";
import { attach } from "@esteira/deploy/image/referrer";
import { sbom } from "@esteira/deploy/image/sbom";
import {
  type BaseChoice,
  buildScorerImage,
  type ScorerImage,
  type ScorerImageOptions,
} from "@esteira/deploy/image/scorer-image";
import { MEDIA_TYPES, type Platform, platformText } from "@esteira/deploy/oci/descriptor";
import { type Layout, openLayout } from "@esteira/deploy/oci/layout";
import { type ImageReference, parseReference, printReference } from "@esteira/deploy/registry/reference";
import { cacheFolder } from "../cache-folder.ts";
import type { Terminal } from "../command.ts";
import { version } from "../version.ts";
import { imageModel, recordImage } from "./image-model.ts";
import { modelPython } from "./model-python.ts";
import { scorerBundle } from "./scorer-bundle.ts";

const DAY_MS = 86_400_000;

export interface WantedImage {
  readonly uri: string;
  /** The image's name, as people write it. */
  readonly reference: string;
  /** A folder, or a file that ends in .tar; the image is pushed to where its name leads, where it is absent. */
  readonly output: string | undefined;
  /** `none`, `oci:FOLDER[:NAME]`, or an image's name with its digest. */
  readonly base: string;
  readonly node: string;
  /** `linux/amd64`; this machine's where there is none. Of several, an index leads to each. */
  readonly platforms: readonly string[];
  /** Folders that have Node and its libraries, by platform. */
  readonly roots: ReadonlyMap<string, string>;
  /** The file of a private key; the image is not signed where it is absent. */
  readonly signingKey: string | undefined;
  /** What scores the model, where Esteira itself does not: how Python is started here, and a list of what it needs. */
  readonly python: { readonly command: string; readonly requirements: string | undefined } | undefined;
  readonly variant: ScorerImageOptions["variant"];
}

export interface BuiltModelImage {
  /** `HOST/REPOSITORY@sha256:…`. */
  readonly pinned: string;
  /** For people. */
  readonly where: string;
  readonly compressedSize: number;
  readonly layerCount: number;
  readonly platforms: readonly string[];
}

/** Builds the image of a model, checked first: one that is not what its version says, or that cannot be scored there, is refused. */
export async function buildModelImage(wanted: WantedImage, terminal: Terminal): Promise<BuiltModelImage> {
  const reference = parseReference(wanted.reference);
  if (reference.digest !== undefined)
    throw invalid(`'${wanted.reference}' names a digest, which is known when the image is built: give a tag.`);
  const tag = reference.tag ?? "latest";
  const sign = await signerOf(wanted.signingKey);
  if (
    wanted.python !== undefined &&
    (wanted.base !== "none" || wanted.platforms.some((one) => one !== machinePlatform()))
  )
    throw invalid(
      "--python takes Python and its libraries from this machine: build it without --base, for this machine's platform.",
    );
  const scratch = await scratchFolder(cacheFolder(terminal.env, "builds"));
  try {
    const model = await imageModel(wanted.uri, scratch, wanted.python !== undefined, terminal);
    const python = wanted.python && (await modelPython(model.folder, wanted.python, terminal));
    const scorer = await scorerBundle(terminal.env, terminal.note);
    const { output } = wanted;
    const cache = cacheFolder(terminal.env, "layers");
    const isFolder = output !== undefined && !output.endsWith(".tar");
    const platforms = wanted.platforms.length === 0 ? [machinePlatform() ?? "linux/amd64"] : wanted.platforms;
    if (platforms.length > 1 && output?.endsWith(".tar") === true)
      throw invalid("A file for 'docker load' holds an image for one platform: name one, or a folder with -o.");
    const layout = await openLayout(isFolder ? output : join(scratch, "layout"));
    const repository = printReference({ registry: reference.registry, repository: reference.repository });
    const { name: modelName, version: modelVersion } = model.facts;
    const modelUri = model.registered ? `models:/${modelName}/${modelVersion}` : undefined;
    const images = [];
    for (const platform of platforms) {
      const image = await buildScorerImage(layout, {
        platform: platformOf(platform),
        base: await baseOf(wanted, platform, terminal),
        scorer: scorer.folder,
        model,
        python,
        variant: wanted.variant,
        version,
        createdAt: createdAt(terminal.env),
        cache,
      });
      const said = { image, model: model.facts, version, repository };
      await attach(layout, image.descriptor, await sbom({ ...said, packages: scorer.packages, cache }));
      await attach(layout, image.descriptor, provenance({ ...said, variant: wanted.variant, modelUri }));
      if (image.missing.length > 0)
        terminal.note(`Not on this machine, so not in the image: ${image.missing.join(", ")}.`);
      images.push(image);
    }
    const image = await wholeImage(layout, images);
    await sign?.(layout, image.descriptor.digest, repository);
    const name = { full: `${repository}:${tag}`, tag };
    const { digest } = image.descriptor;
    const pinned = `${repository}@${digest}`;
    if (output === undefined) await push(layout, digest, { ...reference, tag }, terminal);
    else if (isFolder) await layout.tag(tag, image.descriptor);
    else await writeArchive(output, layout, image.descriptor, name);
    await recordImage(model, { digest, pinned: output === undefined ? pinned : undefined }, terminal);
    return {
      pinned,
      where: output === undefined ? name.full : isFolder ? `${layout.folder}:${tag}` : output,
      compressedSize: image.compressedSize,
      layerCount: images.reduce((sum, { layers }) => sum + layers.length, 0),
      platforms,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The key is read before anything is built. */
async function signerOf(file: string | undefined) {
  if (file === undefined) return undefined;
  const { signingKeyOf } = await import("./image-keys.ts");
  const key = await signingKeyOf(file);
  return async (layout: Layout, digest: string, repository: string): Promise<void> => {
    const { signImage } = await import("@esteira/deploy/signing/image-signatures");
    const { layoutPlace } = await import("@esteira/deploy/registry/place");
    await signImage(await layoutPlace(layout.folder, digest, true), repository, key);
  };
}

/** Beside the kept layers, which are linked into it. What a build left that was killed is thrown away by the next of another day. */
async function scratchFolder(root: string): Promise<string> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) {
    const folder = join(root, name);
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > DAY_MS) await rm(folder, { recursive: true, force: true });
  }
  return mkdtemp(join(root, "build-"));
}

/** Sends what the registry does not have, with what is about the image. */
async function push(layout: Layout, digest: string, to: ImageReference, terminal: Terminal): Promise<void> {
  const [{ copyImage }, { registryPlace, layoutPlace }, { copyProgress }, { registrySession }] = await Promise.all([
    import("@esteira/deploy/registry/copy"),
    import("@esteira/deploy/registry/place"),
    import("./copy-progress.ts"),
    import("./image-places.ts"),
  ]);
  const watch = copyProgress(process.stderr);
  const from = await layoutPlace(layout.folder, digest, true);
  const options = { isWithReferrers: true, watch };
  await copyImage(from, registryPlace(to, registrySession(terminal)), options).finally(watch.end);
}

/** The image itself, or what leads to each of several. */
async function wholeImage(layout: Layout, images: readonly ScorerImage[]) {
  const [first, ...others] = images;
  if (first !== undefined && others.length === 0) return first;
  const manifests = images.map(({ descriptor }) => descriptor);
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
  const compressedSize = images.reduce((sum, one) => sum + one.compressedSize, 0);
  return { descriptor: { mediaType: MEDIA_TYPES.index, ...(await writeJson(layout, index)) }, compressedSize };
}

function platformOf(named: string): Platform {
  const [os = "", architecture = ""] = named.split("/");
  return { os, architecture };
}

async function baseOf({ base, node, roots }: WantedImage, platform: string, terminal: Terminal): Promise<BaseChoice> {
  if (base === "none") return { kind: "machine", root: roots.get(platform) };
  const { imagePlace, layoutOf, registrySession } = await import("./image-places.ts");
  const local = layoutOf(base);
  if (local !== undefined) {
    if (!existsSync(join(local.folder, "oci-layout")))
      throw notFound(`The base ${base} is not there: ${local.folder} is no image folder.`);
    return { kind: "layout", layout: await openLayout(local.folder), name: local.name, node };
  }
  if (parseReference(base).digest === undefined)
    throw invalid(
      `--base is '${base}', which is another image tomorrow: name it by its digest (esteira image inspect ${base} says it), or give none, or oci:FOLDER[:NAME].`,
    );
  const { copyImage } = await import("@esteira/deploy/registry/copy");
  const { layoutPlace } = await import("@esteira/deploy/registry/place");
  const folder = cacheFolder(terminal.env, "bases");
  const from = await imagePlace(base, registrySession(terminal), true);
  const { copyProgress } = await import("./copy-progress.ts");
  const watch = copyProgress(process.stderr);
  const options = { platform: platformText(platformOf(platform)), watch };
  const { descriptor } = await copyImage(from, await layoutPlace(folder, undefined, false), options).finally(watch.end);
  return { kind: "layout", layout: await openLayout(folder), name: descriptor.digest, node };
}

/** The time that an image says it is of: always the same, unless who builds says another, as SOURCE_DATE_EPOCH has it. In milliseconds. */
function createdAt(env: Terminal["env"]): number {
  const given = env.SOURCE_DATE_EPOCH || "0";
  if (/^\d{1,11}$/.test(given)) return Number(given) * 1000;
  throw invalid(`SOURCE_DATE_EPOCH is '${given}': expected whole seconds since 1970.`);
}
