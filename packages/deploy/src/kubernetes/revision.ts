import { createHash } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { serversOf } from "../traffic/servers.ts";
import { checkWanted, type Wanted, wantedWire } from "../wanted.ts";
import { settingsWire } from "./settings.ts";

/** What is to run, whole: the models and their images, and how the cluster runs them. */
export const revisionWire = z.strictObject({ wanted: wantedWire, settings: settingsWire });
export type Revision = z.output<typeof revisionWire>;

/** Objects carry it with endings, and a Service's name begins with a letter. */
const NAME = /^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/;
/** Registry, path, tag and digest; what has blanks or quotes in it is none. */
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,400}(@sha256:[0-9a-f]{64})?$/;

/** @throws EsteiraError INVALID_PARAMETER_VALUE when a cluster could not have it. */
export function checkForCluster(wanted: Wanted): Wanted & { readonly image: string } {
  checkName(wanted.name);
  const checked = checkWanted(wanted);
  for (const { image, model } of serversOf(checked)) checkImage(image, model);
  return { ...checked, image: checkImage(checked.image, checked.model) };
}

export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw invalid(
    `'${name}' cannot be the name of a deployment on Kubernetes: expected small letters, digits and dashes, a letter first, no dash last, 50 at most.`,
  );
}

function checkImage(image: string | undefined, model: string): string {
  if (image === undefined) {
    throw invalid(
      `No image is known of ${model}: build one first (esteira build -m ${model} -t REF), or name it with --image.`,
    );
  }
  if (IMAGE.test(image)) return image;
  throw invalid(
    `'${image}' is not a reference of an image: expected REGISTRY/PATH@sha256:DIGEST or REGISTRY/PATH:TAG.`,
  );
}

/** What a revision is, as 12 digits: equal revisions have the same. */
export const fingerprint = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
