import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { type BillComponent, type ExaminedImage, examineImage } from "@esteira/deploy/image/examine";
import { unpackModel } from "@esteira/deploy/image/image-model";
import { type ReadImage, readImages } from "@esteira/deploy/image/image-reader";
import type { ImagePlace } from "@esteira/deploy/registry/place";
import type { SessionOptions } from "@esteira/deploy/registry/session";
import type { ImageEvidence, PlatformImage } from "@esteira/lifecycle/gates/checks/image";
import { modelDigest } from "@esteira/models/format/digest";
import { cacheFolder } from "../cache-folder.ts";
import type { Terminal } from "../command.ts";
import { imagePlace, registrySession } from "./image-places.ts";

const MODEL_LABEL = "dev.esteira.model.digest";

/**
 * What a gate judges of an image, read from wherever it is: `HOST/REPOSITORY@sha256:…`, or `oci:FOLDER[:NAME]`.
 *
 * @param advisories a file that lists known weaknesses, where one is given
 */
export async function imageEvidence(
  reference: string,
  advisories: string | undefined,
  terminal: Terminal,
): Promise<ImageEvidence> {
  const place = await imagePlace(reference, registrySession(terminal), true);
  const { images } = await readImages(place);
  const examined = [];
  for (const image of images) {
    const seen = await examineImage(place, image);
    examined.push({ seen, platform: platformImage(seen, await modelOf(place, image, terminal.env)) });
  }
  const components = examined.flatMap(({ seen }) => seen.bill?.components ?? []);
  return {
    ...{ reference, isPinned: isPinned(reference) },
    images: examined.map(({ platform }) => platform),
    ...(advisories === undefined ? {} : { advisories: await weaknesses(advisories, components) }),
  };
}

async function weaknesses(file: string, components: readonly BillComponent[]) {
  const { readAdvisories, matchAdvisories } = await import("@esteira/deploy/image/advisories");
  return matchAdvisories(await readAdvisories(file), components);
}

function platformImage(seen: ExaminedImage, model: PlatformImage["model"]): PlatformImage {
  const { platform, digest, user, labels, raising, secrets, bill, provenance } = seen;
  const billed = bill?.components.find(({ type }) => type === "machine-learning-model")?.sha256;
  return {
    ...{ platform, digest, user, model, raising, secrets, bill },
    said: {
      label: labels[MODEL_LABEL],
      bill: billed === undefined ? undefined : `sha256:${billed}`,
      provenance: provenance?.modelDigest,
    },
    hasProvenance: provenance?.isOfImage === true,
  };
}

/** SHA-256 of the model in an image, by its bytes; or why there is none that could be compared. */
async function modelOf(place: ImagePlace, image: ReadImage, env: Terminal["env"]): Promise<PlatformImage["model"]> {
  try {
    return { digest: `sha256:${await imagedDigest(place, image, env)}` };
  } catch (error) {
    if (error instanceof EsteiraError && MODELS_FAULT.includes(error.code))
      return { fault: error.message.replace(/\.$/, "") };
    throw error;
  }
}

const MODELS_FAULT: readonly string[] = ["INVALID_STATE", "INVALID_PARAMETER_VALUE"];

/** As `modelDigest` has it, 64 hexadecimal digits. */
async function imagedDigest(place: ImagePlace, image: ReadImage, env: Terminal["env"]): Promise<string> {
  const root = cacheFolder(env, "builds");
  await mkdir(root, { recursive: true });
  const scratch = await mkdtemp(join(root, "model-"));
  try {
    await unpackModel(place, image, scratch);
    return (await modelDigest(scratch)).replace(/^sha256:/, "");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Refuses an image that holds another model than the one that is to be deployed, by the bytes of its highest layer, on every platform that it
 * is for. The layers below are not read.
 *
 * @param wanted SHA-256 of the model, 64 hexadecimal digits
 * @throws EsteiraError INVALID_STATE
 */
export async function refuseOtherModel(
  reference: string,
  { what, digest: wanted }: { readonly what: string; readonly digest: string },
  { env, session }: { readonly env: Terminal["env"]; readonly session: SessionOptions },
): Promise<void> {
  const place = await imagePlace(reference, session, true);
  for (const image of (await readImages(place)).images) {
    const digest = await imagedDigest(place, image, env);
    if (digest === wanted) continue;
    throw new EsteiraError(
      "INVALID_STATE",
      `The image ${reference} (${image.platform}) holds the model sha256:${digest}, and ${what} is sha256:${wanted}: it is not deployed. Build the version's image anew (esteira build).`,
    );
  }
}

/**
 * Refuses an image that none of the keys has signed.
 *
 * @param signers files of public keys
 * @throws EsteiraError INVALID_STATE; INVALID_PARAMETER_VALUE for an image by a tag, which may lead elsewhere when it is pulled.
 */
export async function refuseUnsignedImage(
  reference: string,
  signers: readonly string[],
  session: SessionOptions,
): Promise<void> {
  if (!isPinned(reference))
    throw invalid(
      `'${reference}' names no digest, and what its tag leads to may be moved: a signature is asked for, so name it by its digest.`,
    );
  const { verifyImage } = await import("@esteira/deploy/signing/image-signatures");
  const { verifyingKeysOf } = await import("./image-keys.ts");
  await verifyImage(await imagePlace(reference, session, true), await verifyingKeysOf(signers));
}

const isPinned = (reference: string): boolean => /@sha256:[0-9a-f]{64}$/.test(reference);
