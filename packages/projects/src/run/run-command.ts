import type { Run } from "@esteira/core/entities/run";
import { renderCommand } from "../command/render.ts";
import type { PreparedEnvironment } from "../environments/environment.ts";
import type { EntryPoint } from "../mlproject/project.ts";
import { execute } from "./execute.ts";
import type { RunProjectOptions } from "./options.ts";
import { recordPrograms } from "./record-programs.ts";
import { setTags } from "./tracked-run.ts";
import { valuesElsewhere } from "./values-elsewhere.ts";

export interface CommandInput {
  readonly folder: string;
  /** The project's name, where it has one. */
  readonly project: string | undefined;
  readonly entry: EntryPoint;
  readonly values: ReadonlyMap<string, string>;
  /** What goes behind the command, as `--name value`. */
  readonly extra: ReadonlyMap<string, string>;
  readonly environment: PreparedEnvironment;
}

/** Runs the command of an entry point in its run, to its end. */
export async function runCommand(
  options: RunProjectOptions,
  run: Run,
  { folder, project, entry, values, extra, environment }: CommandInput,
): Promise<void> {
  const { elsewhere } = options.backend;
  const there = elsewhere === undefined ? values : valuesElsewhere(entry, values, folder, elsewhere.folder);
  const command = renderCommand(entry.command, there, extra);
  options.note(`Running ${command.shown}`);
  const { runId } = run.info;
  const env =
    elsewhere === undefined
      ? commandEnvironment(options, run, environment)
      : environmentElsewhere(options, run, environment);
  const image = environment.image === undefined ? {} : { image: environment.image };
  const task = { folder, command, env, onOutput: options.onOutput, runId, project, ...image };
  let attempts = 1;
  const recording =
    environment.asItIs === true
      ? recordPrograms(options, run, folder, entry.command).catch((error: unknown) => {
          options.note(
            `What programs it ran with was not kept: ${error instanceof Error ? error.message : String(error)}`,
          );
        })
      : undefined;
  try {
    await execute(options.backend, task, options.settings, options.stop, async (reason) => {
      options.note(`${reason} Trying again.`);
      await options.client.runs.update(run.info.runId, { status: "RUNNING" });
      await setTags(options.client, run, { "esteira.project.attempts": String(++attempts) });
    });
  } finally {
    await recording;
  }
}

/** Variables as they are here, with what the environment adds and what MLflow's clients need to find their run. */
function commandEnvironment(
  { env }: RunProjectOptions,
  { info }: Run,
  environment: PreparedEnvironment,
): Record<string, string> {
  const own = {
    // Lines come when they are written, not when a buffer is full.
    PYTHONUNBUFFERED: "1",
    ...env,
    MLFLOW_RUN_ID: info.runId,
    MLFLOW_EXPERIMENT_ID: info.experimentId,
    ...environment.variables,
    PATH: searchPath(env.PATH, environment),
  };
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** What a client of MLflow needs that is not here: where its run is kept, and who it is. */
const OF_THE_CLIENT = [
  "MLFLOW_TRACKING_URI",
  "MLFLOW_TRACKING_TOKEN",
  "MLFLOW_TRACKING_USERNAME",
  "MLFLOW_TRACKING_PASSWORD",
  "MLFLOW_TRACKING_INSECURE_TLS",
];

function environmentElsewhere(
  { env }: RunProjectOptions,
  { info }: Run,
  { variables }: PreparedEnvironment,
): Record<string, string> {
  const ofTheClient = OF_THE_CLIENT.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  return {
    PYTHONUNBUFFERED: "1",
    ...Object.fromEntries(ofTheClient),
    MLFLOW_RUN_ID: info.runId,
    MLFLOW_EXPERIMENT_ID: info.experimentId,
    ...variables,
  };
}

/** Where programs are looked for: in the environment first. */
export const searchPath = (path: string | undefined, environment: PreparedEnvironment): string =>
  [...environment.path, ...(path === undefined ? [] : [path])].join(":");
