import { mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { type ExperimentId, experimentId, type RunId, runId } from "@esteira/core/ids";
import type { Stop } from "@esteira/projects/run/execute";
import type { RunProjectOptions } from "@esteira/projects/run/options";
import type { Client } from "@esteira/sdk/client";
import pc from "picocolors";
import { type Command, type Terminal, text, texts, type Values } from "../command.ts";
import { trackingClient } from "../tracking.ts";

/** As `mlflow run` ends when the run has failed; stopped by Ctrl-C, as a shell tells it. */
const FAILED = 1;
export const INTERRUPTED = 130;
const DEFAULT_EXPERIMENT = "0";

export const run: Command = {
  name: "run",
  summary: "Run an entry point of an MLproject: a folder or a git repository",
  arguments: [{ name: "uri", summary: "a folder, or an address of a git repository; #FOLDER for a folder in it" }],
  options: [
    {
      flags: "-e, --entry-point <name>",
      summary: "an entry point, or a .py, .sh or .R file of the project",
      default: "main",
    },
    { flags: "-v, --version <version>", summary: "a branch, tag or commit of the project's git repository" },
    { flags: "-P, --param-list <name=value>", summary: "a parameter; once for each", repeats: true },
    { flags: "--experiment-name <name>", summary: "the experiment of the run, made when there is none" },
    { flags: "--experiment-id <id>", summary: "the experiment of the run" },
    { flags: "--run-name <name>", summary: "a name for the run" },
    { flags: "--run-id <id>", summary: "a run that is there already, in place of a new one" },
    { flags: "--run-id-file <file>", summary: "write the run's id into this file, when it has ended" },
    { flags: "--force", summary: "run every step of a workflow, whatever was finished before" },
    { flags: "--from <step>", summary: "run this step of a workflow and all after it again" },
    {
      flags: "--env-manager <manager>",
      summary: "local (things as they are), virtualenv, uv or node; by default what the project declares",
    },
    {
      flags: "-b, --backend <backend>",
      summary: "where the project runs: local, docker in containers of this machine, or kubernetes as a Job",
      default: "local",
    },
    {
      flags: "-c, --backend-config <json>",
      summary: 'a .json file or JSON: {"timeoutSeconds": 3600, "retries": 2}, and what is of a cluster',
    },
    { flags: "--storage-dir <folder>", summary: "where files are kept that a parameter of type path names elsewhere" },
    { flags: "--build-image", summary: "taken with -b docker, which puts the project into an image in any case" },
    {
      flags: "-A, --docker-args <name=value>",
      summary: "refused: --backend-config has what is to be had",
      repeats: true,
    },
  ],
  async run(values, terminal) {
    refuseImages(values);
    const parameters = parametersOf(texts(values, "paramList"));
    const [{ runProject }, { chooseBackend }] = await Promise.all([
      import("@esteira/projects/run-project"),
      import("../projects/backends.ts"),
    ]);
    const { env } = terminal;
    const client = trackingClient(terminal);
    const { backend, settings, close } = await chooseBackend(
      text(values, "backend") ?? "local",
      await backendConfig(text(values, "backendConfig")),
      terminal,
    );
    const stop = stopFrom(terminal);
    const project = runProject({
      client,
      uri: text(values, "uri") ?? "",
      version: text(values, "version"),
      entryPoint: text(values, "entryPoint") ?? "main",
      parameters,
      experimentId: await experimentOf(values, env, client),
      runName: text(values, "runName"),
      runId: runIdOf(values),
      again: againOf(values),
      user: userOf(env),
      environmentManager: text(values, "envManager"),
      backend,
      settings,
      storageDir: text(values, "storageDir") ?? (env.MLFLOW_TMP_DIR || undefined),
      cwd: process.cwd(),
      env,
      onOutput: (chunk, stream) => void (stream === "out" ? process.stdout : process.stderr).write(chunk),
      note: (line) => terminal.note(pc.dim(line)),
      stop,
    });
    const result = await project.finally(close).catch((error: unknown) => {
      if (!stop.cancelled.aborted) throw error;
      terminal.note(`${pc.red("esteira:")} ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (result === undefined) return INTERRUPTED;
    const idFile = text(values, "runIdFile");
    if (idFile !== undefined) {
      await mkdir(dirname(idFile), { recursive: true });
      await writeFile(idFile, `${result.runId}\n`);
    }
    if (result.status === "FINISHED") {
      terminal.note(`${pc.green("✓")} Run ${result.runId} finished.`);
      return 0;
    }
    terminal.note(`${pc.red("esteira:")} Run ${result.runId} is ${result.status}. ${result.reason ?? ""}`.trimEnd());
    return stop.cancelled.aborted ? INTERRUPTED : FAILED;
  },
};

function againOf(values: Values): RunProjectOptions["again"] {
  const step = text(values, "from");
  if (values.force !== true) return step === undefined ? undefined : { kind: "from", step };
  if (step !== undefined) throw invalid("--force runs all steps, and --from some of them: give one of the two.");
  return { kind: "all" };
}

function runIdOf(values: Values): RunId | undefined {
  const id = text(values, "runId");
  if (id === undefined) return undefined;
  const other = ["runName", "experimentName", "experimentId"].find((name) => text(values, name) !== undefined);
  if (other !== undefined)
    throw invalid(
      `--run-id takes a run as it is: leave --${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} out.`,
    );
  return runId(id);
}

function refuseImages(values: Values): void {
  const backend = text(values, "backend");
  if (values.buildImage === true && backend !== "docker")
    throw invalid("--build-image is for projects in images: give -b docker, which builds the image each time.");
  if (texts(values, "dockerArgs").length > 0)
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      "--docker-args hands on what an engine's own command takes: say memory, cpus and network in --backend-config with -b docker.",
    );
}

export function parametersOf(given: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const one of given) {
    const at = one.indexOf("=");
    if (at < 1) throw invalid(`-P ${one} is no parameter: expected -P NAME=VALUE.`);
    const name = one.slice(0, at);
    if (parameters.has(name)) throw invalid(`-P ${name} is given twice.`);
    parameters.set(name, one.slice(at + 1));
  }
  return parameters;
}

/** JSON's value of `--backend-config`. */
export async function backendConfig(given: string | undefined): Promise<unknown> {
  if (given === undefined) return {};
  try {
    return JSON.parse(given.endsWith(".json") ? await readFile(given, "utf8") : given);
  } catch (error) {
    throw invalid(
      `--backend-config is neither a .json file nor JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** As MLflow, by name or by id and not by both; what is given to the command goes before its variables. */
export async function experimentOf(values: Values, env: Terminal["env"], client: Client): Promise<ExperimentId> {
  const run = runIdOf(values);
  if (run !== undefined) return (await client.runs.get(run)).info.experimentId;
  const given = { name: text(values, "experimentName"), id: text(values, "experimentId") };
  const isGiven = given.name !== undefined || given.id !== undefined;
  const { name, id } = isGiven
    ? given
    : { name: env.MLFLOW_EXPERIMENT_NAME || undefined, id: env.MLFLOW_EXPERIMENT_ID || undefined };
  if (name !== undefined && id !== undefined)
    throw invalid(
      isGiven
        ? "--experiment-name and --experiment-id both name the experiment: give one of them."
        : "MLFLOW_EXPERIMENT_NAME and MLFLOW_EXPERIMENT_ID both name the experiment: keep one of them.",
    );
  return name === undefined ? experimentId(id ?? DEFAULT_EXPERIMENT) : client.experiments.ensure(name);
}

/** As Python's getpass names the user. */
export const userOf = (env: Terminal["env"]): string =>
  env.LOGNAME || env.USER || env.LNAME || env.USERNAME || userInfo().username;

/** The first Ctrl-C asks the run to end, the second does not wait. Who hangs up or closes the pipe has stopped it too. */
export function stopFrom(terminal: Terminal): Stop {
  const cancelled = new AbortController();
  const killed = new AbortController();
  void terminal
    .interrupted()
    .then(() => {
      cancelled.abort(new Error("interrupted"));
      return terminal.interrupted();
    })
    .then(() => killed.abort());
  process.once("SIGHUP", () => cancelled.abort(new Error("hung up")));
  process.stdout.on("error", () => cancelled.abort(new Error("nobody reads the output")));
  return { cancelled: cancelled.signal, killed: killed.signal };
}
