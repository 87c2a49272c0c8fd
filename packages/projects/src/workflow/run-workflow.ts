import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "@esteira/core/entities/run";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { runId as toRunId } from "@esteira/core/ids";
import { renderCommand } from "../command/render.ts";
import type { PreparedEnvironment, WhatMakes } from "../environments/environment.ts";
import { describePrograms } from "../environments/programs.ts";
import type { EntryPoint, Project, Step } from "../mlproject/project.ts";
import { dataDigest } from "../run/data-digest.ts";
import { localValues } from "../run/local-values.ts";
import type { RunProjectOptions } from "../run/options.ts";
import { resolveParameters } from "../run/parameters.ts";
import { runCommand, searchPath } from "../run/run-command.ts";
import { beginRun, recordCode, recordEnvironment, recordParameters, setTags, within } from "../run/tracked-run.ts";
import type { FetchedProject } from "../source/fetch-project.ts";
import { codeDigest } from "./code-digest.ts";
import { findFinished, KEY_TAG } from "./find-finished.ts";
import { needsOf, orderSteps } from "./order-steps.ts";
import { fetchOutputs, type Output, outputTag } from "./outputs.ts";
import { neverCached, stepKey } from "./step-key.ts";

/** What all steps of a workflow share. */
export interface WorkflowContext {
  readonly options: RunProjectOptions;
  readonly fetched: FetchedProject;
  readonly project: Project;
  readonly environment: PreparedEnvironment;
  readonly manager: WhatMakes;
}

/** The workflow's run has a tag for each step, with this as JSON: what a picture of it needs. */
interface StepState {
  /** Its place in the order. */
  readonly at: number;
  readonly entryPoint: string;
  readonly needs: readonly string[];
  /** The run that has done it; none yet where it has not begun. */
  readonly run?: string;
  /** Whether that is an earlier run. */
  readonly cached?: boolean;
}

/** A workflow's run names the runs of its steps by tags that begin so. */
export const STEP_TAG = "esteira.workflow.step.";

/**
 * Runs the steps of an entry point one after the other, each as a run nested in `run`. A step that was finished before with the same
 * code, parameters, environment and inputs is not run: the outputs of that run are taken.
 *
 * @param values of the workflow's own parameters; paths are absolute.
 * @throws EsteiraError INVALID_STATE with the step that has failed; those after it are not begun.
 */
export async function runWorkflow(
  context: WorkflowContext,
  entry: EntryPoint,
  run: Run,
  values: ReadonlyMap<string, string>,
  scratch: string,
): Promise<void> {
  const { options } = context;
  const ordered = orderSteps(entry.steps);
  if ("cycle" in ordered)
    throw invalid(`The steps of '${entry.name}' wait for each other: ${ordered.cycle.join(", ")}.`);
  const states = ordered.order.map(
    (step, at): StepState => ({ at, entryPoint: step.entryPoint, needs: needsOf(step) }),
  );
  const tell = (step: Step, state: StepState) =>
    setTags(options.client, run, { [STEP_TAG + step.name]: JSON.stringify(state) });
  for (const [at, step] of ordered.order.entries()) await tell(step, states[at] ?? never());
  const outputs = new Map<string, readonly Output[]>();
  let again = options.again?.kind === "all";
  for (const [at, step] of ordered.order.entries()) {
    again ||= options.again?.kind === "from" && options.again.step === step.name;
    const state = states[at] ?? never();
    outputs.set(
      step.name,
      await runStep(context, { step, values, outputs, again, parent: run, scratch }, (runId, cached) =>
        tell(step, { ...state, run: runId, cached }),
      ),
    );
  }
}

const never = (): never => {
  throw new Error("Each step has a state.");
};

interface StepInput {
  readonly step: Step;
  /** Of the workflow's parameters. */
  readonly values: ReadonlyMap<string, string>;
  /** Of the steps before. */
  readonly outputs: ReadonlyMap<string, readonly Output[]>;
  /** Runs whatever is known. */
  readonly again: boolean;
  readonly parent: Run;
  readonly scratch: string;
}

/** @param tell which run does the step, as soon as it is known. */
async function runStep(
  context: WorkflowContext,
  input: StepInput,
  tell: (runId: string, cached: boolean) => Promise<void>,
): Promise<readonly Output[]> {
  const { options, fetched, environment } = context;
  const { client, note } = options;
  const signal = options.stop.cancelled;
  const { step } = input;
  const entry = context.project.entryPoints.get(step.entryPoint);
  if (entry === undefined)
    throw invalid(`There is no entry point '${step.entryPoint}', which step '${step.name}' calls.`);
  if (signal.aborted) throw new EsteiraError("INVALID_STATE", "Cancelled.");
  const { given, fetchedFiles } = await givenTo(context, input);
  const parameters = resolveParameters(entry, given, { cwd: options.cwd, folder: fetched.folder });
  if (entry.steps.length === 0) renderCommand(entry.command, parameters.logged, parameters.extra);
  const scratch = await mkdtemp(join(input.scratch, "step-"));
  const local = await localValues(client, parameters, scratch, signal, fetchedFiles);

  const reason = neverCached(entry);
  const key = reason === undefined ? () => keyOf(context, entry, local.values) : async () => undefined;
  const before = await key();
  if (before !== undefined && !input.again) {
    const found = await findFinished(client, input.parent.info.experimentId, before, entry.outputs, {
      scratch,
      signal,
      note,
    });
    if (found !== undefined) {
      note(`Step ${step.name}: taken from run ${found.run.info.runId}`);
      await tell(found.run.info.runId, true);
      return found.outputs;
    }
  }

  const run = await beginRun({ ...options, experimentId: input.parent.info.experimentId, tags: {} }, fetched, {
    entryPoint: entry.name,
    runName: step.name,
    parentRunId: input.parent.info.runId,
    tags: { "esteira.step": step.name },
  });
  note(`Step ${step.name}: run ${run.info.runId}${reason === undefined ? "" : `, each time: ${reason}`}`);
  await tell(run.info.runId, false);
  let outputs: readonly Output[] = [];
  const ended = await within(options, run, async () => {
    await recordParameters(client, run, parameters);
    await recordCode(options, run, fetched);
    await setTags(client, run, local.tags);
    await recordEnvironment(options, run, fetched.folder, environment);
    if (entry.steps.length > 0) await runWorkflow(context, entry, run, local.values, scratch);
    else
      await runCommand(options, run, {
        folder: fetched.folder,
        project: context.project.name,
        entry,
        values: local.values,
        extra: parameters.extra,
        environment,
      });
    outputs = await fetchOutputs(client, run.info.runId, entry.outputs, scratch, signal);
    await setTags(client, run, Object.fromEntries(outputs.map(({ path, digest }) => [outputTag(path), digest])));
    if (before === undefined) return;
    // What was changed meanwhile may have gone into the result: nobody could say what it was made of.
    if ((await key()) === before) await setTags(client, run, { [KEY_TAG]: before });
    else note(`Step ${step.name}: its code or input files changed while it ran, so its result is not used again.`);
  });
  if (ended.status === "FINISHED") return outputs;
  const why = ended.reason ?? `its run ended as ${ended.status}`;
  throw new EsteiraError("INVALID_STATE", `Step '${step.name}' did not finish (run ${ended.runId}): ${why}`);
}

/** The step's own parameters: with an output of a step before as `runs:/ID/PATH`, which is here already. */
async function givenTo(
  { options }: WorkflowContext,
  { step, values, outputs, scratch }: StepInput,
): Promise<{ readonly given: ReadonlyMap<string, string>; readonly fetchedFiles: ReadonlyMap<string, string> }> {
  const given = new Map<string, string>();
  const fetchedFiles = new Map<string, string>();
  for (const [name, value] of step.parameters) {
    if (value.kind === "template") {
      const texts = value.segments.map((one) => (one.kind === "text" ? one.text : (values.get(one.name) ?? "")));
      given.set(name, texts.join(""));
      continue;
    }
    const output = outputs.get(value.step)?.find(({ path }) => path === value.path);
    if (output === undefined)
      throw invalid(`Step '${value.step}' has no output '${value.path}', which '${step.name}' takes.`);
    given.set(name, output.uri);
    fetchedFiles.set(output.uri, await untouched(options, output, scratch));
  }
  return { given, fetchedFiles };
}

/** The files of an output as the step has left them: another step may have changed what it was given. */
async function untouched({ client, stop }: RunProjectOptions, output: Output, scratch: string): Promise<string> {
  if ((await dataDigest(output.local).catch(() => undefined)) === output.digest) return output.local;
  const [, runId = ""] = /^runs:\/([^/]+)/.exec(output.uri) ?? [];
  const [fresh] = await fetchOutputs(client, toRunId(runId), [output.path], scratch, stop.cancelled);
  if (fresh?.digest === output.digest) return fresh.local;
  throw new EsteiraError(
    "INVALID_STATE",
    `The output '${output.path}' of run ${runId} was changed while the workflow ran.`,
  );
}

/** Undefined, after a note, where the code has no name: the step then runs, and its result is not used again. */
async function keyOf(
  { options, fetched, manager, environment }: WorkflowContext,
  entry: EntryPoint,
  values: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  try {
    const code = await codeDigest(fetched.folder, fetched.repository);
    const env = { ...options.env, ...environment.variables, PATH: searchPath(options.env.PATH, environment) };
    const programs = manager === "local" ? await describePrograms(entry.command, fetched.folder, env) : "";
    return await stepKey({ code, entry, values, environment, programs });
  } catch (error) {
    options.note(`No finished step is looked for: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
