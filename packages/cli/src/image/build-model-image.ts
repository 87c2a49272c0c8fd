import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { writeArchive } from "@esteira/deploy/image/archive";
import { machinePlatform } from "@esteira/deploy/image/machine-base";
import { provenance } from "@esteira/deploy/image/provenance";
import { attach } from "@esteira/deploy/image/referrer";
import { sbom } from "@esteira/deploy/image/sbom";
import { type BaseChoice, buildScorerImage, type ScorerImageOptions } from "@esteira/deploy/image/scorer-image";
import type { Platform } from "@esteira/deploy/oci/descriptor";
import { openLayout } from "@esteira/deploy/oci/layout";
import { parseReference, printReference } from "@esteira/deploy/registry/reference";
import { cacheFolder } from "../cache-folder.ts";
import type { Terminal } from "../command.ts";
import { version } from "../version.ts";
import { imageModel, recordImage } from "./image-model.ts";
import { scorerBundle } from "./scorer-bundle.ts";

export interface WantedImage {
  readonly uri: string;
  /** The image's name, as people write it. */
  readonly reference: string;
  /** A folder, or a file that ends in .tar. */
  readonly output: string;
  /** `none`, or `oci:FOLDER[:NAME]`. */
  readonly base: string;
  readonly node: string;
  /** `linux/amd64`; this machine's where it is absent. */
  readonly platform: string | undefined;
  readonly variant: ScorerImageOptions["variant"];
}

export interface BuiltModelImage {
  /** `HOST/REPOSITORY@sha256:…`. */
  readonly pinned: string;
  readonly where: string;
  readonly compressedSize: number;
  readonly layerCount: number;
}

/** Builds the image of a model, checked first: one that is not what its version says, or that cannot be scored there, is refused. */
export async function buildModelImage(wanted: WantedImage, terminal: Terminal): Promise<BuiltModelImage> {
  const reference = parseReference(wanted.reference);
  if (reference.digest !== undefined)
    throw invalid(`'${wanted.reference}' names a digest, which is known when the image is built: give a tag.`);
  const tag = reference.tag ?? "latest";
  const scratch = await mkdtemp(join(tmpdir(), "esteira-build-"));
  try {
    const model = await imageModel(wanted.uri, scratch, terminal);
    const scorer = await scorerBundle(terminal.env, terminal.note);
    const isFile = wanted.output.endsWith(".tar");
    const layout = await openLayout(isFile ? join(scratch, "layout") : wanted.output);
    const image = await buildScorerImage(layout, {
      platform: platformOf(wanted.platform),
      base: await baseOf(wanted),
      scorer: scorer.folder,
      model,
      variant: wanted.variant,
      version,
      createdAt: createdAt(terminal.env),
      cache: cacheFolder(terminal.env, "layers"),
    });
    const repository = printReference(withoutTag(reference));
    const said = { image, model: model.facts, version, repository };
    await attach(layout, image.descriptor, await sbom({ ...said, packages: scorer.packages }));
    const { name: modelName, version: modelVersion } = model.facts;
    const modelUri = model.registered ? `models:/${modelName}/${modelVersion}` : undefined;
    await attach(layout, image.descriptor, provenance({ ...said, variant: wanted.variant, modelUri }));
    const name = { full: printReference({ ...withoutTag(reference), tag }), tag };
    if (isFile) await writeArchive(wanted.output, layout, image.descriptor, name);
    else await layout.tag(tag, image.descriptor);
    const { digest } = image.descriptor;
    await recordImage(model, { digest, pinned: undefined }, terminal);
    return {
      pinned: printReference({ ...withoutTag(reference), digest }),
      where: isFile ? wanted.output : `${layout.folder}:${tag}`,
      compressedSize: image.compressedSize,
      layerCount: image.layers.length,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const withoutTag = ({ registry, repository }: ReturnType<typeof parseReference>) => ({ registry, repository });

function platformOf(given: string | undefined): Platform {
  const named = given ?? machinePlatform() ?? "linux/amd64";
  const [os = "", architecture = ""] = named.split("/");
  return { os, architecture };
}

async function baseOf({ base, node }: WantedImage): Promise<BaseChoice> {
  if (base === "none") return { kind: "machine" };
  const layout = /^oci:(.+?)(?::([^:/]+))?$/.exec(base);
  if (layout !== null) return { kind: "layout", layout: await openLayout(layout[1] ?? ""), name: layout[2], node };
  throw invalid(`--base is '${base}': expected none, or oci:FOLDER[:NAME] for an image in a layout folder.`);
}

/** The time that an image says it is of: always the same, unless who builds says another, as SOURCE_DATE_EPOCH has it. In milliseconds. */
function createdAt(env: Terminal["env"]): number {
  const given = env.SOURCE_DATE_EPOCH || "0";
  if (/^\d{1,11}$/.test(given)) return Number(given) * 1000;
  throw invalid(`SOURCE_DATE_EPOCH is '${given}': expected whole seconds since 1970.`);
}
