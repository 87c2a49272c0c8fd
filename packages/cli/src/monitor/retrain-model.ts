/** One retraining: the project's run, the version that it makes, and the flow that takes it on. */

import type { Clock } from "@esteira/core/clock";
import { EsteiraError } from "@esteira/core/errors";
import type { Flow } from "@esteira/core/flow/entity";
import { type ExperimentId, type RunId, runId } from "@esteira/core/ids";
import type { RetrainPlan } from "@esteira/monitor/file/retrain";
import { failed } from "@esteira/monitor/retraining/due-retraining";
import { causeText, type Retraining } from "@esteira/monitor/retraining/retraining";
import { localBackend } from "@esteira/projects/backends/local";
import type { Stop } from "@esteira/projects/run/execute";
import { parseBackendSettings } from "@esteira/projects/run/settings";
import { runProject } from "@esteira/projects/run-project";
import { STEP_TAG } from "@esteira/projects/workflow/run-workflow";
import type { Client } from "@esteira/sdk/client";
import { z } from "zod";
import type { Terminal } from "../command.ts";
import { userOf } from "../commands/run.ts";
import { registerModel } from "../promotion/register-model.ts";

export interface RetrainContext {
  readonly model: string;
  readonly plan: RetrainPlan;
  /** Where the file's relative paths begin. */
  readonly folder: string;
  readonly ledger: string;
  readonly client: Client;
  readonly terminal: Terminal;
  readonly stop: Stop;
  readonly clock: Clock;
}

/** Says which retraining a run or a version is of: what was done before a kill is found again. */
const TAG = "esteira.retraining";

/** The flow of this model that has not ended, where there is one. */
export const openFlow = async (client: Client, model: string): Promise<Flow | undefined> =>
  (await client.flows.ofModel(model)).find(({ work }) => work !== undefined);

/**
 * Runs the project and registers what it has made, which starts the model's flow. Resolves with how it ended; as it was where it was interrupted. Throws
 * TEMPORARILY_UNAVAILABLE where the server is away: it may be begun again.
 */
export async function retrainModel(retraining: Retraining, context: RetrainContext): Promise<Retraining> {
  const { client, model, stop, clock } = context;
  try {
    await refuseUnguarded(context);
    const trained = await train(retraining, context);
    if ("failure" in trained) {
      const ended = { ...retraining, run: trained.run };
      return stop.cancelled.aborted ? ended : failed(ended, trained.failure, clock());
    }
    const version = await register(retraining, trained.run, context);
    const flow = (await client.flows.ofModel(model)).find((one) => one.version === version);
    return { ...retraining, run: trained.run, version, flow: flow?.id ?? null, endedAt: clock() };
  } catch (error) {
    if (!(error instanceof EsteiraError) || error.code === "TEMPORARILY_UNAVAILABLE") throw error;
    return failed(retraining, error.message, clock());
  }
}

/** Nothing is trained that nobody would judge, or that would promote itself. */
async function refuseUnguarded({ client, model, plan }: RetrainContext): Promise<void> {
  const spec = await client.flows.spec(model).catch((error: unknown) => {
    if (error instanceof EsteiraError && error.code === "RESOURCE_DOES_NOT_EXIST") return undefined;
    throw error;
  });
  if (spec?.gate === undefined)
    throw new EsteiraError(
      "INVALID_STATE",
      `${model} has no flow with a gate, so nothing would judge what is trained: give it one with \`esteira flow set\`.`,
    );
  const policy = await client.policies.find(model);
  const asksPeople = spec.approval || (policy?.approvals !== undefined && policy.aliases.includes(spec.alias));
  if (asksPeople || plan.unattended) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `Neither the flow nor the policy of ${model} asks a person before it promotes: set approval: true in the flow, or unattended: true in retrain.`,
  );
}

type Trained = { readonly run: string } | { readonly run: string; readonly failure: string };

async function train(retraining: Retraining, context: RetrainContext): Promise<Trained> {
  const { client, plan, folder, ledger, terminal, stop, model } = context;
  const experimentId = await client.experiments.ensure(plan.experiment);
  const before = await finishedRun(client, experimentId, retraining);
  if (before !== undefined) return { run: before };
  const given = { as_of: new Date(retraining.begunAt).toISOString(), ledger };
  const parameters = Object.entries(plan.parameters).map(
    ([name, value]) =>
      [name, String(value).replace(/\{(as_of|ledger)\}/g, (_, key: keyof typeof given) => given[key])] as const,
  );
  const result = await runProject({
    ...{ client, uri: plan.project, version: plan.version, entryPoint: plan.entryPoint, experimentId },
    parameters: new Map(parameters),
    runName: `retraining-${model}`,
    user: userOf(terminal.env),
    tags: {
      [TAG]: String(retraining.begunAt),
      "esteira.retraining.cause": retraining.causes.map(causeText).join("; "),
    },
    ...{ backend: localBackend(), settings: parseBackendSettings({}), cwd: folder, env: terminal.env, stop },
    // What it says is for whoever looks; what this command says of itself is on standard output.
    onOutput: (chunk) => void process.stderr.write(chunk),
    note: terminal.note,
  });
  if (result.status === "FINISHED") return { run: result.runId };
  return { run: result.runId, failure: result.reason ?? `its run ended as ${result.status}` };
}

async function finishedRun(
  client: Client,
  experimentId: ExperimentId,
  { begunAt }: Retraining,
): Promise<RunId | undefined> {
  const filter = `tags.\`${TAG}\` = '${begunAt}' and attributes.status = 'FINISHED'`;
  const { items } = await client.runs.search({ experimentIds: [experimentId], filter, maxResults: 1 });
  return items[0]?.info.runId;
}

async function register(retraining: Retraining, run: string, { client, model, plan }: RetrainContext): Promise<string> {
  const mark = { key: TAG, value: String(retraining.begunAt) };
  const made = await registerModel(client, await modelUri(client, run, plan.model), model, {
    description: `Retrained because of ${retraining.causes.map(causeText).join("; ")}`,
    tags: [mark],
  });
  if (made.isNew) return made.version;
  const { tags } = await client.modelVersions.get(model, made.version);
  if (tags.some(({ key, value }) => key === mark.key && value === mark.value)) return made.version;
  throw new EsteiraError(
    "INVALID_STATE",
    `The project made version ${made.version} again, to the byte: nothing that it trains on has changed (a parameter with {as_of} or {ledger} says what is new).`,
  );
}

const stepWire = z.object({ run: z.string() });

/** Of a model that the run has logged itself, or a step of it. */
async function modelUri(client: Client, run: string, model: string): Promise<string> {
  const [, step, name] = /^([^./]+)\.(.+)$/.exec(model) ?? [];
  if (step === undefined) return `runs:/${run}/${model}`;
  const { data } = await client.runs.get(runId(run));
  const told = data.tags.find(({ key }) => key === STEP_TAG + step)?.value;
  const state = told === undefined ? undefined : stepWire.safeParse(JSON.parse(told)).data;
  if (state !== undefined) return `runs:/${state.run}/${name}`;
  throw new EsteiraError("INVALID_STATE", `The run ${run} has no step '${step}', which retrain.model names.`);
}
