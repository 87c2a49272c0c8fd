import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run, RunStatus } from "@esteira/core/entities/run";
import { EsteiraError } from "@esteira/core/errors";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { createRunOnce } from "@esteira/sdk/create-run";
import { captureEnvironment, changeTags } from "@esteira/sdk/node/environment";
import type { Backend } from "./backends/backend.ts";
import { renderCommand } from "./command/render.ts";
import { chooseManager } from "./environments/choose-manager.ts";
import { installedPackages } from "./environments/packages.ts";
import { prepareEnvironment } from "./environments/prepare.ts";
import { findEntryPoint } from "./mlproject/entry-point.ts";
import { loadProject } from "./mlproject/load-project.ts";
import { dataDigest } from "./run/data-digest.ts";
import { download } from "./run/download.ts";
import { execute, type Stop } from "./run/execute.ts";
import { type RunParameters, resolveParameters } from "./run/parameters.ts";
import type { BackendSettings } from "./run/settings.ts";
import { type FetchedProject, fetchProject } from "./source/fetch-project.ts";

/** What a run keeps of its code and environment beside its tags. */
export const DIFF_FILE = "uncommitted.diff";
export const PACKAGES_FILE = "packages.txt";
/** The parameters that went along without being declared, as JSON: the training may log more of its own. */
export const EXTRA_TAG = "esteira.project.extra";

export interface RunProjectOptions {
  readonly client: Client;
  /** A folder or a git address, with `#FOLDER` for a folder in it. */
  readonly uri: string;
  readonly version?: string | undefined;
  /** The project, where it was fetched already; whoever fetched it removes it. */
  readonly fetched?: FetchedProject | undefined;
  readonly entryPoint: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the run logs in place of a parameter's value: of a file that lies elsewhere now, where it was. */
  readonly loggedAs?: ReadonlyMap<string, string> | undefined;
  readonly experimentId: ExperimentId;
  readonly runName?: string | undefined;
  readonly user: string;
  /** Besides those that every run of a project has. */
  readonly tags?: Readonly<Record<string, string>>;
  /** By default what suits the project. */
  readonly environmentManager?: string | undefined;
  readonly backend: Backend;
  readonly settings: BackendSettings;
  /** Where remote files of `path` parameters are kept; by default they go with the run's end. */
  readonly storageDir?: string | undefined;
  readonly cwd: string;
  /** The command gets these, and MLflow's variables for its run. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onOutput: (chunk: Uint8Array, stream: "out" | "err") => void;
  /** What a person may want to know meanwhile. */
  readonly note: (line: string) => void;
  readonly stop: Stop;
  readonly clock?: () => number;
}

export interface ProjectRun {
  readonly runId: RunId;
  readonly status: RunStatus;
  /** Why it did not finish. */
  readonly reason?: string;
}

/**
 * Runs an entry point of a project as one run of the tracking server. What is wrong with the project or its parameters is thrown
 * before there is a run; whatever goes wrong afterwards ends the run FAILED, or KILLED when it was stopped, with the reason in its
 * tag `esteira.failure`.
 */
export async function runProject(options: RunProjectOptions): Promise<ProjectRun> {
  const fetched = options.fetched ?? (await fetchProject(options.uri, options));
  try {
    const project = await loadProject(fetched.folder);
    for (const note of project.notes) options.note(note);
    const entry = findEntryPoint(project, fetched.folder, options.entryPoint, options.env.SHELL);
    const parameters = resolveParameters(entry, options.parameters, { cwd: options.cwd, folder: fetched.folder });
    // What no shell could be given is found before the run begins.
    renderCommand(entry.command, parameters.logged, parameters.extra);
    const manager = chooseManager(project.environment, options.environmentManager);
    if (options.stop.cancelled.aborted) throw new EsteiraError("INVALID_STATE", "Cancelled before the run began.");
    const run = await beginRun(options, fetched);
    options.note(`Run ${run.info.runId} of ${fetched.sourceName}, entry point ${entry.name}`);
    return await within(options, run, async (scratch) => {
      const logged = new Map([...parameters.logged, ...(options.loggedAs ?? [])]);
      await recordParameters(options.client, run, { ...parameters, logged });
      if (parameters.extra.size > 0)
        await setTags(options.client, run, { [EXTRA_TAG]: JSON.stringify([...parameters.extra.keys()]) });
      await recordCode(options, run, fetched);
      const values = await localValues(options, run, parameters, scratch);
      const environment = await prepareEnvironment(fetched.folder, project.environment, manager, {
        env: options.env,
        note: options.note,
        signal: options.stop.cancelled,
      });
      await setTags(options.client, run, environment.tags);
      const virtualEnv = environment.variables.VIRTUAL_ENV ?? options.env.VIRTUAL_ENV;
      await keep(options, run, PACKAGES_FILE, await installedPackages(fetched.folder, virtualEnv));
      const command = renderCommand(entry.command, values, parameters.extra);
      options.note(`Running ${command.shown}`);
      const variables = { ...childVariables(options, run), ...environment.variables };
      const path = [...environment.path, ...(options.env.PATH === undefined ? [] : [options.env.PATH])].join(":");
      const task = { folder: fetched.folder, command, env: { ...variables, PATH: path }, onOutput: options.onOutput };
      let attempts = 1;
      await execute(options.backend, task, options.settings, options.stop, async (reason) => {
        options.note(`${reason} Trying again.`);
        await options.client.runs.update(run.info.runId, { status: "RUNNING" });
        await setTags(options.client, run, { "esteira.project.attempts": String(++attempts) });
      });
    });
  } finally {
    if (options.fetched === undefined) await fetched.remove();
  }
}

function beginRun(options: RunProjectOptions, { sourceName, repository, branch }: FetchedProject): Promise<Run> {
  const tags: Readonly<Record<string, string | undefined>> = {
    "mlflow.user": options.user,
    "mlflow.source.name": sourceName,
    "mlflow.source.type": "PROJECT",
    "mlflow.project.entryPoint": options.entryPoint,
    "mlflow.project.backend": options.backend.name,
    "mlflow.source.git.commit": repository?.commit,
    "mlflow.source.git.repoURL": repository?.remote,
    "mlflow.source.git.branch": branch,
    ...options.tags,
  };
  return createRunOnce(options.client, {
    experimentId: options.experimentId,
    startTime: (options.clock ?? Date.now)(),
    userId: options.user,
    ...(options.runName === undefined ? {} : { runName: options.runName }),
    tags: Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  });
}

/** Does the work of a run, and ends the run as the work ends. */
async function within(
  { client, stop, storageDir, clock = Date.now, note }: RunProjectOptions,
  run: Run,
  work: (scratch: string) => Promise<void>,
): Promise<ProjectRun> {
  const { runId } = run.info;
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
    const reason = error instanceof Error ? error.message : String(error);
    const status = stop.cancelled.aborted ? "KILLED" : "FAILED";
    await client.runs.setTag(runId, { key: "esteira.failure", value: reason.slice(0, 5000) }).catch(() => undefined);
    await client.runs.update(runId, { status, endTime: clock() }).catch((fault: unknown) => {
      note(`The run's end could not be recorded: ${fault instanceof Error ? fault.message : String(fault)}`);
    });
    return { runId, status, reason };
  } finally {
    if (scratch !== undefined && storageDir === undefined) await rm(scratch, { recursive: true, force: true });
  }
}

/** MLflow's limit of one call. */
const PER_BATCH = 100;

async function recordParameters(client: Client, run: Run, { logged, extra }: RunParameters): Promise<void> {
  const params = [...logged, ...extra].map(([key, value]) => ({ key, value }));
  for (let at = 0; at < params.length; at += PER_BATCH)
    await client.runs.logBatch(run.info.runId, { params: params.slice(at, at + PER_BATCH) });
}

async function setTags(client: Client, run: Run, tags: Readonly<Record<string, string>>): Promise<void> {
  const all = Object.entries(tags).map(([key, value]) => ({ key, value }));
  if (all.length > 0) await client.runs.logBatch(run.info.runId, { tags: all });
}

/** The machine's system, and what the commit does not say about the code. */
async function recordCode(options: RunProjectOptions, run: Run, { folder, repository }: FetchedProject): Promise<void> {
  const { git, os } = await captureEnvironment(folder);
  const changes = repository?.commit === undefined ? undefined : git;
  await setTags(options.client, run, { "esteira.os": os, ...(changes ? changeTags(changes) : {}) });
  await keep(options, run, DIFF_FILE, changes?.diff ?? "");
}

/** Keeps a text that has something in it among the run's artifacts; where that cannot be, the run goes on without. */
async function keep({ client, note }: RunProjectOptions, run: Run, file: string, text: string): Promise<void> {
  if (text === "") return;
  await client.artifacts.write(run.info.artifactUri, file, text).catch((error: unknown) => {
    note(`${file} was not kept: ${error instanceof Error ? error.message : String(error)}`);
  });
}

/** The values for the command: paths absolute, and what was remote downloaded. The run gets the digest of each. */
async function localValues(
  { client, stop }: RunProjectOptions,
  run: Run,
  { logged, localPaths, remotePaths }: RunParameters,
  scratch: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map(localPaths);
  const names = [...logged.keys()];
  for (const [name, uri] of remotePaths)
    paths.set(name, await download(client, uri, join(scratch, `param_${names.indexOf(name)}`), stop.cancelled));
  const digests: Record<string, string> = {};
  for (const [name, path] of paths) digests[`esteira.data.${name}.sha256`] = await dataDigest(path);
  for (const [name, path] of localPaths) digests[`esteira.data.${name}.path`] = path;
  await setTags(client, run, digests);
  return new Map([...logged, ...paths]);
}

/** The environment of the command: as it is here, with what MLflow's clients need to find their run. */
function childVariables({ env }: RunProjectOptions, { info }: Run): Record<string, string> {
  const own = {
    // Lines come when they are written, not when a buffer is full.
    PYTHONUNBUFFERED: "1",
    ...env,
    MLFLOW_RUN_ID: info.runId,
    MLFLOW_EXPERIMENT_ID: info.experimentId,
  };
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
