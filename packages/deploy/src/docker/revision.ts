import { createHash } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { parseReference } from "../registry/reference.ts";
import { checkWanted, type Wanted, wantedWire } from "../wanted.ts";

/** How an engine runs a deployment. */
export const settingsWire = z.strictObject({
  /** In bytes; what the container of a model may have at the most. */
  memory: z.int().min(64 * 1024 * 1024, "must be 64m at least"),
  /** Processors, also parts of one. */
  cpus: z.number().positive(),
  /** The address of the machine on which its port is. */
  address: z.string().min(1),
  /** Variables of the scorer. They can be read by who may use the engine. */
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name"), z.string()),
  /** What served before stays running, so that the way back is a switch and no start. */
  standby: z.boolean(),
});
export type Settings = z.output<typeof settingsWire>;

export const DEFAULTS: Settings = {
  memory: 512 * 1024 * 1024,
  cpus: 1,
  address: "127.0.0.1",
  env: {},
  standby: false,
};

/** What the engine calls the images: the same for good, wherever a tag is moved. */
const imagesWire = z.strictObject({
  primary: z.string(),
  canary: z.string().optional(),
  shadow: z.string().optional(),
});
export type Images = z.output<typeof imagesWire>;

/** What is to run, whole. */
export const revisionWire = z.strictObject({ wanted: wantedWire, settings: settingsWire, images: imagesWire });
export type Revision = z.output<typeof revisionWire>;

/** A model's server as a revision asks for it. Equal keys are servers that can take each other's place. */
export interface Member {
  readonly key: string;
  readonly model: string;
  readonly imageId: string;
}

/** The servers of a revision; the same one twice where the shadow is what the canary is. */
export interface Members {
  readonly primary: Member;
  readonly canary?: Member;
  readonly shadow?: Member;
}

export function membersOf({ wanted, settings, images }: Revision): Members {
  const { memory, cpus, env } = settings;
  const member = (model: string, imageId: string): Member => {
    const text = JSON.stringify([imageId, model, memory, cpus, Object.entries(env).sort()]);
    return { key: createHash("sha256").update(text).digest("hex").slice(0, 12), model, imageId };
  };
  const { canary, shadow } = wanted;
  return {
    primary: member(wanted.model, images.primary),
    ...(canary !== undefined && images.canary !== undefined ? { canary: member(canary.model, images.canary) } : {}),
    ...(shadow !== undefined && images.shadow !== undefined ? { shadow: member(shadow, images.shadow) } : {}),
  };
}

/** Each once. */
export const distinct = ({ primary, canary, shadow }: Members): readonly Member[] => {
  const all = [primary, canary, shadow].filter((one) => one !== undefined);
  return all.filter(({ key }, at) => all.findIndex((other) => other.key === key) === at);
};

/** Containers carry it, with endings, and networks. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,49}$/;

export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw invalid(
    `'${name}' cannot be the name of a deployment in containers: expected small letters, digits, dots, dashes and underscores, 50 at most.`,
  );
}

/** Which images a deployment runs, by the names that they were wanted by. */
export interface ImageNames {
  readonly primary: string;
  readonly canary?: string;
  readonly shadow?: string;
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE with what an engine could not have */
export function imagesWanted(wanted: Wanted): ImageNames {
  const { name, model, image, canary, shadow, shadowImage } = checkWanted(wanted);
  checkName(name);
  const known = (reference: string | undefined, of: string, option: string): string => {
    if (reference === undefined) {
      throw invalid(
        `No image is known of ${of}: build one first (esteira build -m ${of} -t REF), or name it with --${option}.`,
      );
    }
    parseReference(reference);
    return reference;
  };
  return {
    primary: known(image, model, "image"),
    ...(canary && { canary: known(canary.image, canary.model, "canary-image") }),
    ...(shadow && { shadow: known(shadowImage, shadow, "shadow-image") }),
  };
}

export function checkSettings(settings: Settings): Settings {
  const { data, error } = settingsWire.safeParse(settings);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(`The deployment's ${issue?.path.join(".")}: ${issue?.message}.`);
}
