import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { parseReference } from "../registry/reference.ts";
import { checkWanted, type Wanted, wantedWire } from "../wanted.ts";

/** How an engine runs a deployment. */
export const settingsWire = z.strictObject({
  /** In bytes; what a container may have at the most. */
  memory: z.int().min(64 * 1024 * 1024, "must be 64m at least"),
  /** Processors, also parts of one. */
  cpus: z.number().positive(),
  /** The address of the machine on which its port is. */
  address: z.string().min(1),
  /** Variables of the scorer. They can be read by who may use the engine. */
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name"), z.string()),
});
export type Settings = z.output<typeof settingsWire>;

export const DEFAULTS: Settings = { memory: 512 * 1024 * 1024, cpus: 1, address: "127.0.0.1", env: {} };

/** What is to run, whole. `imageId` is what the engine calls the image: the same for good, wherever a tag is moved. */
export const revisionWire = z.strictObject({ wanted: wantedWire, settings: settingsWire, imageId: z.string() });
export type Revision = z.output<typeof revisionWire>;

/** Containers carry it, with endings, and networks. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,49}$/;

export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw invalid(
    `'${name}' cannot be the name of a deployment in containers: expected small letters, digits, dots, dashes and underscores, 50 at most.`,
  );
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE with what an engine could not have */
export function checkForEngine(wanted: Wanted): Wanted & { readonly image: string } {
  const { name, model, image, canary, shadow } = checkWanted(wanted);
  checkName(name);
  if (canary !== undefined || shadow !== undefined) {
    throw invalid(
      `The deployment ${name} cannot have ${canary === undefined ? `the shadow ${shadow}` : `the canary ${canary.model}`}: in containers one model answers. Let it be compared by a deployment on this machine, or be a canary on Kubernetes.`,
    );
  }
  if (image === undefined) {
    throw invalid(
      `No image is known of ${model}: build one first (esteira build -m ${model} -t REF), or name it with --image.`,
    );
  }
  parseReference(image);
  return { ...wanted, image };
}

export function checkSettings(settings: Settings): Settings {
  const { data, error } = settingsWire.safeParse(settings);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(`The deployment's ${issue?.path.join(".")}: ${issue?.message}.`);
}
