import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { comparesAnswers } from "@esteira/core/flow/flow-spec";
import type { DeploymentStatus, Question, Reply } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import { type Judgement, judgeCanary, judgeShadow, nextShare, type Seen } from "@esteira/lifecycle/flow/judge";
import { readPredictions } from "@esteira/models/flavors/predictions";
import {
  applying,
  deploymentName,
  done,
  heldBy,
  isVersion,
  lackingImage,
  otherModel,
  refused,
  type StepContext,
  type StepOutcome,
  type StepWork,
  servedBy,
  stagingName,
  waiting,
} from "./step.ts";

const ASK_MS = 30_000;
const LOOK_SECONDS = 2;
const IMAGE_SECONDS = 5;
/** What MLflow and Esteira write beside a model that has an input example. */
const EXAMPLE = "serving_input_example.json";

/** Serves the version where no caller comes. */
export const stage: StepWork = async (context) => {
  const { model, version, spec } = context.claim.flow;
  const { port } = spec.staging;
  const lacks = await lackingImage(context, version);
  // A version is registered before its image can be built: until the step's time is over.
  if (lacks !== undefined) return waiting(lacks, IMAGE_SECONDS);
  const other = await otherModel(context);
  if (other !== undefined) return refused(other);
  const served = await servedBy(context, version);
  const wanted = { name: stagingName(context), ...served, ...(port === undefined ? {} : { port }) };
  const { url } = await context.target.apply(wanted, applying(context));
  if (spec.stages) {
    const { currentStage } = await context.client.modelVersions.get(model, version);
    if (currentStage === "None" || currentStage === "Archived")
      await context.client.modelVersions.transitionStage(model, version, {
        stage: "Staging",
        archiveExistingVersions: false,
      });
  }
  return done(url, { url });
};

/** It lives, and answers a request with finite numbers. */
export const smoke: StepWork = async (context) => {
  const { spec } = context.claim.flow;
  const ask = await askerOf(context);
  if (ask === undefined) return refused("nothing is deployed in staging");
  const ping = await ask({ path: "ping" });
  if (ping.status !== 200) return refused(`/ping answers ${ping.status}`);
  const request = spec.staging.request ?? (await exampleOf(context));
  if (request === undefined)
    return refused(
      "there is nothing to ask it: log the model with an input example, or give the flow a staging.request",
    );
  const { status, text } = await ask({ path: "invocations", body: request });
  if (status !== 200) return refused(`it answers the request with ${status}: ${text.slice(0, 500)}`);
  const predictions = readPredictions(text);
  if (predictions.length === 0) return refused("it answers the request with no prediction");
  const wrong = predictions.findIndex((prediction) => !isWhole(prediction));
  if (wrong >= 0) return refused(`its answer to row ${wrong + 1} is not finite: ${JSON.stringify(predictions[wrong])}`);
  return done(`${predictions.length} rows answered`, { predictions: predictions.slice(0, 100) });
};

/** Asks the version in staging; undefined where there is none. */
async function askerOf(context: StepContext): Promise<((question: Question) => Promise<Reply>) | undefined> {
  const { target, signal } = context;
  const name = stagingName(context);
  const url = (await target.status(name))?.url;
  if (url === undefined) return undefined;
  return async (question) => {
    if (target.ask !== undefined) return target.ask(name, question);
    const { path, body } = question;
    const answer = await fetch(`${url}/${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
      ...(body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body }),
    });
    return { status: answer.status, text: await answer.text() };
  };
}

/** Lets the version answer beside the present one, and waits until enough was seen. */
export const shadow: StepWork = async (context) => {
  const { shadow: limits } = context.claim.flow.spec;
  if (limits === undefined) return done("the flow has no shadow");
  const present = await presentDeployment(context);
  if (typeof present === "string") return done(present);
  const served = await servedBy(context, context.claim.flow.version);
  await context.target.apply({ ...present, ...asShadow(served) }, applying(context));
  return judgedBy(context, (seen) => judgeShadow(limits, seen));
};

/** Lets the version answer some of the callers. */
export const canary: StepWork = async (context) => {
  const { canary: limits } = context.claim.flow.spec;
  if (limits === undefined) return done("the flow has no canary");
  const present = await presentDeployment(context);
  if (typeof present === "string") return done(present);
  const other = await otherModel(context);
  if (other !== undefined) return refused(other);
  const served = await servedBy(context, context.claim.flow.version);
  // As the shadow it is asked what the present version answers: that compares them on the same requests.
  const compared = comparesAnswers(context.claim.flow.spec) ? asShadow(served) : {};
  await context.target.apply(
    { ...present, canary: { ...served, share: limits.share }, ...compared },
    applying(context),
  );
  return done(`answers ${limits.share * 100} % of the requests`);
};

/** Waits until enough was seen of the canary, and judges it. */
export const judge: StepWork = async (context) => {
  const { canary: limits } = context.claim.flow.spec;
  if (limits === undefined) return done("the flow has no canary");
  const { version } = context.claim.flow;
  const status = await context.target.status(deploymentName(context.claim));
  if (status?.wanted.canary === undefined) {
    // The step before found nobody to answer.
    const before = await presentDeployment(context);
    return typeof before === "string" ? done(before) : refused("the canary is not deployed any more");
  }
  if (!isVersion(context, status.wanted.canary.model, version))
    return refused(`the canary is ${status.wanted.canary.model} by now`);
  const { canary: present } = status.wanted;
  const outcome = await judgedBy(context, (seen) => judgeCanary(limits, seen));
  const next = nextShare(limits, present.share);
  if (outcome.report.kind !== "done" || next === undefined) return outcome;
  await context.target.apply({ ...status.wanted, canary: { ...present, share: next } }, applying(context));
  return waiting(
    `${outcome.report.note ?? "it was passed"} at ${percent(present.share)}; answers ${percent(next)} now`,
    LOOK_SECONDS,
  );
};

const percent = (share: number): string => `${Number((share * 100).toPrecision(4))} %`;

/** What serves the present version's callers, without anything beside it; or why there is none. */
async function presentDeployment(context: StepContext): Promise<Wanted | string> {
  const { claim, target } = context;
  const { version, former } = claim.flow;
  if (former === undefined || former === version) return "there is no present version to compare with";
  const name = deploymentName(context.claim);
  const status = await target.status(name);
  if (status === undefined) return `nothing is deployed as ${name} yet, so it has no callers`;
  return plain(status, await servedBy(context, former));
}

const plain = ({ wanted }: DeploymentStatus, served: Pick<Wanted, "model" | "image">): Wanted => ({
  ...{ name: wanted.name, ...served },
  ...(wanted.port === undefined ? {} : { port: wanted.port }),
});

const asShadow = ({ model, image }: Pick<Wanted, "model" | "image">): Pick<Wanted, "shadow" | "shadowImage"> => ({
  shadow: model,
  ...(image === undefined ? {} : { shadowImage: image }),
});

async function judgedBy(context: StepContext, verdictOf: (seen: Seen) => Judgement): Promise<StepOutcome> {
  const name = deploymentName(context.claim);
  const { target } = context;
  const [status, figures] = [await target.status(name), await target.observe(name)];
  if (status === undefined) return refused(`nothing is deployed as ${name} any more`);
  if (figures === undefined || figures.generation !== status.generation) {
    // One that ended by itself speaks against the version, though nobody answers for it now.
    if (status.restarts === 0) return waiting(`${name} does not answer`, LOOK_SECONDS);
    return refused(`the serving process has ended by itself`);
  }
  const seen: Seen = { ...figures, restarts: status.restarts };
  const { kind, reason } = verdictOf(seen);
  if (kind === "open") return waiting(reason, LOOK_SECONDS);
  // For the record the figures are enough.
  const { scores: _, ...shadow } = seen.shadow;
  const kept = { ...seen, shadow };
  return kind === "passed" ? done(reason, kept) : refused(reason, kept);
}

/** Of finite numbers, and texts. */
const isWhole = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isWhole);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isWhole);
  return value !== null && value !== undefined;
};

/** The model's own input example, as a serving process takes it. */
async function exampleOf(context: StepContext): Promise<string | undefined> {
  const folder = await heldBy(context, context.claim.flow.version);
  return readFile(join(folder, EXAMPLE), "utf8").catch(() => undefined);
}
