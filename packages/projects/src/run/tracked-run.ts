import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { EsteiraError } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { createRunOnce } from "@esteira/sdk/create-run";
import { captureEnvironment, changeTags } from "@esteira/sdk/node/environment";
import type { PreparedEnvironment } from "../environments/environment.ts";
import { installedPackages } from "../environments/packages.ts";
import type { FetchedProject } from "../source/fetch-project.ts";
import { keepAlive, launcherTags } from "./launcher.ts";
import type { ProjectRun, RunProjectOptions } from "./options.ts";
import type { RunParameters } from "./parameters.ts";
import { guardRun } from "./run-guard.ts";

/** What a run keeps of its code and environment beside its tags. */
export const DIFF_FILE = "uncommitted.diff";
export const PACKAGES_FILE = "packages.txt";
/** The parameters that went along without being declared, as JSON: the training may log more of its own. */
export const EXTRA_TAG = "esteira.project.extra";
/** Why a run did not finish. */
const FAILURE_TAG = "esteira.failure";

/** What a run is besides its project: an entry point, and where it belongs. */
export interface RunBeginning {
  readonly entryPoint: string;
  readonly runName?: string | undefined;
  /** A run that is there already, in place of a new one. */
  readonly runId?: RunId | undefined;
  readonly parentRunId?: RunId | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Makes the run of an entry point, or takes up the one that is named: it is RUNNING, and has MLflow's tags of a project. */
export async function beginRun(
  options: RunProjectOptions,
  { sourceName, repository, branch }: FetchedProject,
  beginning: RunBeginning,
): Promise<Run> {
  const now = (options.clock ?? Date.now)();
  const all: Readonly<Record<string, string | undefined>> = {
    "mlflow.user": options.user,
    "mlflow.source.name": sourceName,
    "mlflow.source.type": "PROJECT",
    "mlflow.project.entryPoint": beginning.entryPoint,
    "mlflow.project.backend": options.backend.name,
    "mlflow.source.git.commit": repository?.commit,
    "mlflow.source.git.repoURL": repository?.remote,
    "mlflow.source.git.branch": branch,
    "mlflow.parentRunId": beginning.parentRunId,
    ...(await launcherTags(now)),
    ...options.tags,
    ...beginning.tags,
  };
  const tags = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
  const { client } = options;
  if (beginning.runId !== undefined) return takeUp(client, beginning.runId, tags);
  return createRunOnce(client, {
    experimentId: options.experimentId,
    startTime: now,
    userId: options.user,
    ...(beginning.runName === undefined ? {} : { runName: beginning.runName }),
    tags,
  });
}

async function takeUp(client: Client, id: RunId, tags: readonly { key: string; value: string }[]): Promise<Run> {
  const run = await client.runs.get(id);
  if (run.info.lifecycleStage === "deleted")
    throw new EsteiraError("INVALID_STATE", `The run ${id} is deleted: restore it, or give no --run-id.`);
  await reopen(client, run);
  await client.runs.logBatch(id, { tags });
  return run;
}

/** Makes a run that has ended RUNNING again: why it had ended says nothing of how it will. */
export async function reopen(client: Client, { info, data }: Run): Promise<void> {
  if (tagValue(data.tags, FAILURE_TAG) !== undefined) await client.runs.deleteTag(info.runId, FAILURE_TAG);
  await client.runs.update(info.runId, { status: "RUNNING" });
}

/** Does the work of a run, and ends the run as the work ends; should this process be killed, another ends it. */
export async function within(
  { backend, client, env, stop, storageDir, clock = Date.now, note }: RunProjectOptions,
  run: Run,
  work: (scratch: string) => Promise<void>,
): Promise<ProjectRun> {
  const { runId } = run.info;
  const endings = [keepAlive(client, runId, clock)];
  // What a backend does elsewhere goes on, and is ended together with the run: by the next one, which finds it RUNNING.
  if (backend.endAbandoned === undefined) endings.push(await guardRun(env, runId));
  let scratch: string | undefined;
  try {
    if (storageDir !== undefined) await mkdir(storageDir, { recursive: true });
    scratch = await mkdtemp(join(storageDir ?? tmpdir(), "esteira-run-"));
    await work(scratch);
    // The command may have ended its run itself, and then says how.
    const { status } = (await client.runs.get(runId)).info;
    if (status !== "RUNNING" && status !== "SCHEDULED") return { runId, status };
    await client.runs.update(runId, { status: "FINISHED", endTime: clock() });
    return { runId, status: "FINISHED" };
  } catch (error) {
    const isCancelled = stop.cancelled.aborted;
    const status = isCancelled ? "KILLED" : "FAILED";
    const reason = isCancelled && !(error instanceof EsteiraError) ? "Cancelled." : messageOf(error);
    await client.runs.setTag(runId, { key: FAILURE_TAG, value: reason.slice(0, 5000) }).catch(() => undefined);
    await client.runs.update(runId, { status, endTime: clock() }).catch((fault: unknown) => {
      note(`The run's end could not be recorded: ${messageOf(fault)}`);
    });
    return { runId, status, reason };
  } finally {
    for (const end of endings) end();
    if (scratch !== undefined && storageDir === undefined) await rm(scratch, { recursive: true, force: true });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** MLflow's limit of one call. */
const PER_BATCH = 100;

/** The parameters that the run does not have yet: real MLflow has logged its own into a run that it hands on. */
export async function recordParameters(client: Client, run: Run, { logged, extra }: RunParameters): Promise<void> {
  const there = new Set(run.data.params.map(({ key }) => key));
  const params = [...logged, ...extra].filter(([key]) => !there.has(key)).map(([key, value]) => ({ key, value }));
  for (let at = 0; at < params.length; at += PER_BATCH)
    await client.runs.logBatch(run.info.runId, { params: params.slice(at, at + PER_BATCH) });
  if (extra.size > 0) await setTags(client, run, { [EXTRA_TAG]: JSON.stringify([...extra.keys()]) });
}

export async function setTags(client: Client, run: Run, tags: Readonly<Record<string, string>>): Promise<void> {
  const all = Object.entries(tags).map(([key, value]) => ({ key, value }));
  for (let at = 0; at < all.length; at += PER_BATCH)
    await client.runs.logBatch(run.info.runId, { tags: all.slice(at, at + PER_BATCH) });
}

/** The machine's system, and what the commit does not say about the code. */
export async function recordCode(
  options: RunProjectOptions,
  run: Run,
  { folder, repository }: FetchedProject,
): Promise<void> {
  const { git, os } = await captureEnvironment(folder);
  const changes = repository?.commit === undefined ? undefined : git;
  // Of an image, this machine's says nothing.
  const system = options.backend.elsewhere === undefined ? { "esteira.os": os } : {};
  await setTags(options.client, run, { ...system, ...(changes ? changeTags(changes) : {}) });
  await keep(options, run, DIFF_FILE, changes?.diff ?? "");
}

/** What the environment is, in tags and as the list of its packages. */
export async function recordEnvironment(
  options: RunProjectOptions,
  run: Run,
  folder: string,
  { tags, variables }: PreparedEnvironment,
): Promise<void> {
  await setTags(options.client, run, tags);
  if (options.backend.elsewhere !== undefined) return;
  const virtualEnv = variables.VIRTUAL_ENV ?? options.env.VIRTUAL_ENV;
  await keep(options, run, PACKAGES_FILE, await installedPackages(folder, { virtualEnv }));
}

/** The list of the packages, with these of Python. */
export async function recordPackages(
  options: RunProjectOptions,
  run: Run,
  folder: string,
  ofPython: readonly string[],
): Promise<void> {
  await keep(options, run, PACKAGES_FILE, await installedPackages(folder, { ofPython }));
}

/** Keeps a text that has something in it among the run's artifacts; where that cannot be, the run goes on without. */
async function keep({ client, note }: RunProjectOptions, run: Run, file: string, text: string): Promise<void> {
  if (text === "") return;
  await client.artifacts.write(run.info.artifactUri, file, text).catch((error: unknown) => {
    note(`${file} was not kept: ${messageOf(error)}`);
  });
}
