import { EsteiraError, invalid } from "@esteira/core/errors";
import { renderCommand } from "./command/render.ts";
import { chooseManager } from "./environments/choose-manager.ts";
import type { PreparedEnvironment, WhatMakes } from "./environments/environment.ts";
import { prepareEnvironment } from "./environments/prepare.ts";
import { findEntryPoint } from "./mlproject/entry-point.ts";
import { loadProject } from "./mlproject/load-project.ts";
import type { EntryPoint, Project } from "./mlproject/project.ts";
import { suggestion } from "./nearest.ts";
import { endAbandoned } from "./run/launcher.ts";
import { localValues } from "./run/local-values.ts";
import type { ProjectRun, RunProjectOptions } from "./run/options.ts";
import { resolveParameters } from "./run/parameters.ts";
import { runCommand } from "./run/run-command.ts";
import { beginRun, recordCode, recordEnvironment, recordParameters, setTags, within } from "./run/tracked-run.ts";
import { fetchProject } from "./source/fetch-project.ts";
import { runWorkflow } from "./workflow/run-workflow.ts";

/**
 * Runs an entry point of a project as one run of the tracking server; one with steps as a workflow, whose steps are nested runs. What
 * is wrong with the project or its parameters is thrown before there is a run; whatever goes wrong afterwards ends the run FAILED,
 * or KILLED when it was stopped, with the reason in its tag `esteira.failure`.
 */
export async function runProject(options: RunProjectOptions): Promise<ProjectRun> {
  const fetched = options.fetched ?? (await fetchProject(options.uri, { ...options, signal: options.stop.cancelled }));
  try {
    const { folder } = fetched;
    const project = await loadProject(folder);
    for (const note of project.notes) options.note(note);
    const entry = findEntryPoint(project, folder, options.entryPoint, options.env.SHELL);
    checkAgain(options, entry);
    const parameters = resolveParameters(entry, options.parameters, { cwd: options.cwd, folder });
    // What no shell could be given is found before the run begins.
    if (entry.steps.length === 0) renderCommand(entry.command, parameters.logged, parameters.extra);
    else refuseExtra(entry, parameters.extra);
    const manager = managerOf(options, project);
    if (options.stop.cancelled.aborted) throw new EsteiraError("INVALID_STATE", "Cancelled before the run began.");
    await endLeftOver(options);
    const { runName, runId } = options;
    const run = await beginRun(options, fetched, { entryPoint: options.entryPoint, runName, runId });
    options.note(`Run ${run.info.runId} of ${fetched.sourceName}, entry point ${entry.name}`);
    return await within(options, run, async (scratch) => {
      const { client } = options;
      const logged = new Map([...parameters.logged, ...(options.loggedAs ?? [])]);
      await recordParameters(client, run, { ...parameters, logged });
      await recordCode(options, run, fetched);
      const { values, tags } = await localValues(client, parameters, scratch, options.stop.cancelled);
      await setTags(client, run, tags);
      const environment = await environmentOf(options, folder, project, manager);
      await recordEnvironment(options, run, folder, environment);
      if (entry.steps.length > 0)
        await runWorkflow({ options, fetched, project, environment, manager }, entry, run, values, scratch);
      else {
        const { extra } = parameters;
        await runCommand(options, run, { folder, project: project.name, entry, values, extra, environment });
      }
    });
  } finally {
    if (options.fetched === undefined) await fetched.remove();
  }
}

/** In an image there is nothing to make: what it has is the environment. */
function managerOf({ backend, environmentManager, note }: RunProjectOptions, project: Project): WhatMakes {
  if (backend.elsewhere === undefined) return chooseManager(project.environment, environmentManager);
  if (environmentManager !== undefined && environmentManager !== "local")
    throw invalid(
      `--env-manager ${environmentManager} makes an environment on this machine, and the backend ${backend.name} runs the project in an image: leave it out.`,
    );
  const { kind } = project.environment;
  if (kind !== "docker" && kind !== "none")
    note(`The project's ${kind}_env is not made in the image: the command runs with what the image has.`);
  return "image";
}

async function environmentOf(
  { backend, env, note, stop }: RunProjectOptions,
  folder: string,
  project: Project,
  manager: WhatMakes,
): Promise<PreparedEnvironment> {
  const options = { env, note, signal: stop.cancelled };
  if (manager !== "image") return prepareEnvironment(folder, project.environment, manager, options);
  if (backend.elsewhere === undefined) throw new Error("Only a backend elsewhere has images.");
  return backend.elsewhere.prepare(folder, project, options);
}

/** Somebody's earlier run that was killed is no reason for this one not to run. */
async function endLeftOver({
  client,
  experimentId,
  clock = Date.now,
  note,
  backend,
}: RunProjectOptions): Promise<void> {
  const ended = await endAbandoned(client, { experimentId, backend: backend.name, now: clock() }).catch(() => []);
  if (ended.length > 0)
    await backend.endAbandoned?.(ended).catch((error: unknown) => {
      note(`What they had begun could not be ended: ${error instanceof Error ? error.message : String(error)}`);
    });
  if (ended.length > 0) note(`Ended as FAILED, because who ran them was killed: ${ended.join(", ")}`);
}

function checkAgain({ again }: RunProjectOptions, { name, steps }: EntryPoint): void {
  if (again === undefined) return;
  const names = steps.map((step) => step.name);
  if (names.length === 0)
    throw invalid(`Entry point '${name}' has no steps, and runs each time: leave --force and --from out.`);
  if (again.kind === "from" && !names.includes(again.step))
    throw invalid(
      `Entry point '${name}' has no step '${again.step}' (it has ${names.join(", ")})${suggestion(again.step, names) || "."}`,
    );
}

/** Where there is no command, there is nothing that could take them. */
function refuseExtra({ name, parameters }: EntryPoint, extra: ReadonlyMap<string, string>): void {
  const [first] = extra.keys();
  if (first === undefined) return;
  const names = parameters.map((parameter) => parameter.name);
  throw invalid(
    `Entry point '${name}' has steps, and no parameter '${first}' (it has ${names.join(", ") || "none"})${suggestion(first, names) || "."}`,
  );
}
