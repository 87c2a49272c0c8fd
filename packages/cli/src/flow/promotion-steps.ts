import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { EsteiraError } from "@esteira/core/errors";
import { STEPS } from "@esteira/core/flow/steps";
import type { Wanted } from "@esteira/deploy/wanted";
import { freeVersions } from "../deployed-models.ts";
import {
  applying,
  deploymentName,
  done,
  isVersion,
  otherModel,
  refused,
  type StepContext,
  type StepWork,
  servedBy,
  stagingName,
  waiting,
} from "./step.ts";

const LOOK_SECONDS = 5;

/** Waits for those who must say yes, and for all else that the model's policy asks for. */
export const approval: StepWork = async ({ claim }) => {
  const { flow, unmet } = claim;
  if (flow.spec.approval && flow.approvedBy === undefined)
    return waiting(["nobody has approved the flow", ...unmet].join("; "), LOOK_SECONDS);
  if (unmet.length > 0) return waiting(unmet.join("; "), LOOK_SECONDS);
  return done(flow.approvedBy === undefined ? "nobody need approve" : `approved by ${flow.approvedBy}`);
};

/** Alias and stage through the policy, then all callers. */
export const promote: StepWork = async (context) => {
  const { claim, client, target } = context;
  const { model, version, former, spec } = claim.flow;
  const holder = (await client.registeredModels.findByAlias(model, spec.alias))?.version;
  if (holder !== version && holder !== former)
    return refused(
      `the ${spec.alias} is version ${holder ?? "none"} by now, and was ${former ?? "none"} when the flow began`,
    );
  // Its image may have been named anew since staging.
  const other = await otherModel(context);
  if (other !== undefined) return refused(other);
  try {
    if (holder !== version) await client.registeredModels.setAlias(model, spec.alias, version);
    if (spec.stages && (await client.modelVersions.get(model, version)).currentStage !== "Production")
      await client.modelVersions.transitionStage(model, version, {
        stage: "Production",
        archiveExistingVersions: true,
      });
  } catch (error) {
    if (error instanceof EsteiraError && error.code === "PERMISSION_DENIED") return refused(error.message);
    throw error;
  }
  const port = spec.production.port ?? (await target.status(deploymentName(context.claim)))?.wanted.port;
  const { url } = await target.apply(await productionOf(context, version, port), applying(context));
  return done(url, { url });
};

/** Puts away what stood in for it: staging, and the stage of the version before. */
export const archive: StepWork = async (context) => {
  const { claim, client, target } = context;
  const { model, former, version, spec } = claim.flow;
  await target.remove(stagingName(context), applying(context));
  if (spec.target === "local") await freeVersions(target, context.env, Date.now());
  if (former === undefined || former === version || !spec.stages) return done("there was no version before");
  const before = await ifThere(client.modelVersions.get(model, former));
  if (before?.currentStage === "Production" || before?.currentStage === "Staging")
    await client.modelVersions.transitionStage(model, former, { stage: "Archived", archiveExistingVersions: false });
  return done(`version ${former} is archived`);
};

/** Callers first, then alias and stage, then staging. What nobody had begun stays as it is. */
export const undo: StepWork = async (context) => {
  const { claim, client, target } = context;
  const { model, version, former, spec, furthest } = claim.flow;
  const reached = (step: (typeof STEPS)[number]): boolean => STEPS.indexOf(furthest) >= STEPS.indexOf(step);
  const back = former === version ? undefined : former;
  const undone: string[] = [];
  if (reached("shadow")) await putBackCallers(context, back, undone);
  const candidate = await ifThere(client.modelVersions.get(model, version));
  if (reached("promote") && candidate?.aliases.includes(spec.alias) === true) {
    if (back !== undefined) {
      await client.registeredModels.setAlias(model, spec.alias, back);
      undone.push(`version ${back} is ${spec.alias} again`);
    } else undone.push(await takeAway(() => client.registeredModels.deleteAlias(model, spec.alias), spec.alias));
  }
  if (spec.stages && candidate !== undefined) await putBackStage(context, candidate, back);
  if (await target.remove(stagingName(context), applying(context))) undone.push("staging is empty");
  return done(undone.length === 0 ? "there was nothing to undo" : undone.join("; "));
};

async function putBackCallers(context: StepContext, back: string | undefined, undone: string[]): Promise<void> {
  const { claim, target } = context;
  const { version } = claim.flow;
  const name = deploymentName(context.claim);
  const wanted = (await target.status(name))?.wanted;
  if (wanted === undefined) return;
  const isCandidate = (served: string | undefined): boolean =>
    served !== undefined && isVersion(context, served, version);
  if (isCandidate(wanted.model)) {
    const former = back === undefined ? undefined : await ifThere(productionOf(context, back, wanted.port));
    if (former === undefined) await target.remove(name, applying(context));
    else await target.apply(former, applying(context));
    undone.push(former === undefined ? `${name} serves nobody` : `version ${back} answers all callers again`);
  } else if (isCandidate(wanted.canary?.model) || isCandidate(wanted.shadow)) {
    const { canary: _canary, shadow: _shadow, ...plain } = wanted;
    await target.apply(plain, applying(context));
    undone.push(`version ${version} answers nobody any more`);
  }
}

async function putBackStage(
  { client }: StepContext,
  { name, version, currentStage }: ModelVersion,
  back: string | undefined,
): Promise<void> {
  if (currentStage === "Production" && back !== undefined && (await ifThere(client.modelVersions.get(name, back))))
    // Archives the other in the same transaction: there is one in production at any instant.
    await client.modelVersions.transitionStage(name, back, { stage: "Production", archiveExistingVersions: true });
  else if (currentStage === "Production" || currentStage === "Staging")
    await takeAway(
      () => client.modelVersions.transitionStage(name, version, { stage: "Archived", archiveExistingVersions: false }),
      currentStage,
    );
}

/** What a policy protects is only ever replaced: where nothing was before, it stays, and that is said. */
async function takeAway(call: () => Promise<unknown>, what: string): Promise<string> {
  try {
    await call();
    return `nobody is ${what}`;
  } catch (error) {
    if (!(error instanceof EsteiraError && error.code === "PERMISSION_DENIED")) throw error;
    return `it is still ${what}, which the policy lets nobody take away`;
  }
}

async function productionOf(context: StepContext, version: string, port: number | undefined): Promise<Wanted> {
  return {
    ...{ name: deploymentName(context.claim), ...(await servedBy(context, version)) },
    ...(port === undefined ? {} : { port }),
  };
}

/** Undefined where the model or version was deleted meanwhile. */
async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof EsteiraError && error.code === "RESOURCE_DOES_NOT_EXIST") return undefined;
    throw error;
  }
}
