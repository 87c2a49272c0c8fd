import { createHash } from "node:crypto";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import { parseReference } from "../registry/reference.ts";
import { checkWanted, type Wanted, wantedWire } from "../wanted.ts";
import { settingsWire } from "./settings.ts";

const data = z
  .string()
  .regex(
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s"'\\]+$/,
    "is no model in S3: expected s3://bucket/folder/ or s3://bucket/model.tar.gz",
  );

/** What belongs to the versions and not to the deployment: models in S3, in place of those in the images. */
export const partsWire = z.strictObject({
  primary: data.optional(),
  canary: data.optional(),
  shadow: data.optional(),
});
export type Parts = z.output<typeof partsWire>;

/** What is to run, whole. */
export const revisionWire = z.strictObject({ wanted: wantedWire, settings: settingsWire, parts: partsWire });
export type Revision = z.output<typeof revisionWire>;

/** Models and configurations carry it, with endings, and those have 63 characters. */
const NAME = /^[A-Za-z0-9](-?[A-Za-z0-9]){0,39}$/;
const LENGTH = 40;

export function checkName(name: string): string {
  if (NAME.test(name) && name.length <= LENGTH && !/-esteira(-|$)/.test(name)) return name;
  throw invalid(
    `'${name.slice(0, 100)}' cannot be the name of a deployment on SageMaker: expected letters, digits and single dashes between them, ${LENGTH} at most, without '-esteira'.`,
  );
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE when SageMaker could not have it. */
export function checkRevision(revision: Revision): Revision {
  const { wanted, settings, parts } = revision;
  const { name, model, image, canary, shadow, shadowImage, port } = checkWanted(wanted);
  checkName(name);
  if (port !== undefined)
    throw invalid(`The deployment ${name} cannot have port ${port}: AWS says where an endpoint is reached.`);
  checkImage(image, model);
  if (canary !== undefined) checkImage(canary.image, canary.model);
  if (shadow !== undefined) checkImage(shadowImage, shadow);
  if (canary !== undefined && shadow !== undefined) {
    throw invalid(
      `The deployment ${name} cannot have a canary and a shadow at once: beside a shadow SageMaker has one variant.`,
    );
  }
  const beside = canary === undefined ? (shadow === undefined ? undefined : "shadow") : "canary";
  if (beside !== undefined && settings.mode === "serverless")
    throw invalid(`The deployment ${name} cannot have a ${beside}: a serverless endpoint has one model.`);
  if (shadow !== undefined && settings.mode === "async")
    throw invalid(`The deployment ${name} cannot have a shadow: an async endpoint has none.`);
  const checked = partsWire.safeParse(parts);
  if (checked.error !== undefined) {
    const issue = checked.error.issues[0];
    throw invalid(`The model of the ${issue?.path.join(".")} ${issue?.message}.`);
  }
  return revision;
}

function checkImage(image: string | undefined, model: string): void {
  if (image === undefined) {
    throw invalid(
      `No image is known of ${model}: build one first (esteira build --sagemaker -m ${model} -t ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG), or name it with --image.`,
    );
  }
  parseReference(image);
}

/** What it is, as 12 digits: what is equal has the same. */
export const fingerprint = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);

/** Thrown to whoever is not the one who changes a deployment. */
export class Overtaken extends EsteiraError {
  constructor(name: string, what: string) {
    super("TEMPORARILY_UNAVAILABLE", `Somebody else is changing the deployment ${name} (${what}): try again later.`);
  }
}

export const withShare = (wanted: Wanted, share: number | undefined): Wanted =>
  wanted.canary === undefined || share === undefined ? wanted : { ...wanted, canary: { ...wanted.canary, share } };
