import { createHash, type KeyObject } from "node:crypto";
import { EsteiraError } from "@esteira/core/errors";
import type { Claim, Report } from "@esteira/core/flow/entity";
import type { Work } from "@esteira/core/flow/steps";
import type { Target } from "@esteira/deploy/target";
import type { Client } from "@esteira/sdk/client";
import { z } from "zod";
import type { Terminal } from "../command.ts";
import { holdVersion, isHeldVersion } from "../deployed-models.ts";
import { imageOf, requiredSigner } from "../version-image.ts";

/** What a step may use. Every step may be done twice: after a crash whoever holds it next does it again, from its beginning. */
export interface StepContext {
  readonly claim: Claim;
  readonly client: Client;
  readonly target: Target;
  /** Signs evidence; without it none is submitted. */
  readonly key: KeyObject | undefined;
  readonly env: Terminal["env"];
  /** Aborted when the step is not this runner's any more, or the runner is to end. */
  readonly signal: AbortSignal;
}

/** How a step went, and what was found, for the record. */
export interface StepOutcome {
  readonly report: Report;
  readonly result?: unknown;
}

export type StepWork = (context: StepContext) => Promise<StepOutcome>;

export const done = (note?: string, result?: unknown): StepOutcome => ({ report: { kind: "done", note }, result });
export const refused = (reason: string, result?: unknown): StepOutcome => ({
  report: { kind: "refused", reason },
  result,
});
export const waiting = (reason: string, seconds: number): StepOutcome => ({
  report: { kind: "waiting", reason, seconds },
});

export const uriOf = (model: string, version: string): string => `models:/${model}/${version}`;

/** The version's files on this machine: what serves them needs no server. */
export const heldBy = ({ client, env, claim }: StepContext, version: string): Promise<string> =>
  holdVersion(client, env, claim.flow.model, version);

/** What must be done before the flow's target can serve a version; undefined when nothing is left to do. */
export async function lackingImage({ client, claim }: StepContext, version: string): Promise<string | undefined> {
  const { model, spec } = claim.flow;
  if (spec.target === "local" || imageOf(await client.modelVersions.get(model, version)) !== undefined)
    return undefined;
  return `version ${version} of ${model} has no image, and ${spec.target} runs images: build it with \`esteira build -m ${uriOf(model, version)} -t …\``;
}

/**
 * Why the image of the flow's version is not to be run: nobody whom ESTEIRA_REQUIRE_SIGNATURE names has signed it, or it holds another model than the one that the gate has judged, or where there is no
 * gate, than the version's files. Undefined where it may run.
 */
export async function otherModel(context: StepContext): Promise<string | undefined> {
  const { client, claim, env, signal } = context;
  const { model, version, spec } = claim.flow;
  const image = spec.target === "local" ? undefined : imageOf(await client.modelVersions.get(model, version));
  if (image === undefined) return undefined;
  const { modelDigest } = await import("@esteira/models/format/digest");
  const { keptCredentials } = await import("@esteira/deploy/registry/credentials");
  const { refuseOtherModel, refuseUnsignedImage } = await import("../image/image-evidence.ts");
  const signer = requiredSigner(env);
  const judged = judgedWire.safeParse(resultOf(claim, "evaluate")).data?.digests.model;
  const digest = (judged ?? (await modelDigest(await heldBy(context, version)))).replace(/^sha256:/, "");
  const what = judged === undefined ? `version ${version} of ${model}` : "what the gate has judged";
  const session = { credentials: keptCredentials(env), signal };
  try {
    if (signer !== undefined) await refuseUnsignedImage(image, [signer], session);
    await refuseOtherModel(image, { what, digest }, { env, session });
    return undefined;
  } catch (error) {
    if (error instanceof EsteiraError && error.code === "INVALID_STATE") return error.message;
    throw error;
  }
}

const judgedWire = z.object({ digests: z.object({ model: z.string() }) });

/**
 * What serves a version at the flow's target: its files on this machine, or the image that was built of it.
 *
 * @throws EsteiraError INVALID_STATE where there is no image.
 */
export async function servedBy(
  context: StepContext,
  version: string,
): Promise<{ readonly model: string; readonly image?: string }> {
  const { client, claim } = context;
  const { model, spec } = claim.flow;
  if (spec.target === "local") return { model: await heldBy(context, version) };
  const image = imageOf(await client.modelVersions.get(model, version));
  if (image !== undefined) return { model: uriOf(model, version), image };
  throw new EsteiraError("INVALID_STATE", `${await lackingImage(context, version)}.`);
}

/** Whether a deployment's model is this version. */
export const isVersion = ({ env, claim }: StepContext, served: string, version: string): boolean =>
  served === uriOf(claim.flow.model, version) || isHeldVersion(env, served, claim.flow.model, version);

/** Of targets whose names are of small letters, digits and dashes, how many of a model's letters they have room for beside our endings. */
const LABELS: Partial<Record<Claim["flow"]["spec"]["target"], number>> = { kubernetes: 30, sagemaker: 22 };

/** The name under which a model is deployed. Models may have names that deployments may not: then a digest keeps them apart. */
export function deploymentName({ flow: { model, spec } }: Claim): string {
  const room = LABELS[spec.target];
  const plain = room === undefined ? nameOf(model) : labelOf(model, room);
  return plain === model ? plain : `${plain}-${createHash("sha256").update(model).digest("hex").slice(0, 8)}`;
}

const nameOf = (model: string): string =>
  model
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .replace(/^[^A-Za-z0-9]/, "x")
    .slice(0, 60);

function labelOf(model: string, room: number): string {
  const label = model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]/, "x")
    .slice(0, room)
    .replace(/-+$/, "");
  // Esteira adds these endings itself.
  return /-(staging|primary|canary|shadow|router)$/.test(label) ? `${label}-x` : label;
}

export const stagingName = ({ claim }: Pick<StepContext, "claim">): string =>
  `${deploymentName(claim)}${LABELS[claim.flow.spec.target] === undefined ? ".staging" : "-staging"}`;

/** What the last finished step of this kind found. */
export const resultOf = ({ steps }: Claim, work: Work): unknown =>
  steps.findLast((step) => step.work === work && step.ending === "done")?.result;

/** The order of a change at the target: old runners do not undo what their successors did. */
export const applying = ({ claim, signal }: StepContext) => ({ order: claim.order, signal });
