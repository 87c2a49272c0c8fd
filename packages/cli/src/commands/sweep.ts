import { availableParallelism } from "node:os";
import { invalid } from "@esteira/core/errors";
import type { Trial } from "@esteira/projects/sweep/trials";
import pc from "picocolors";
import { type Command, text, texts, type Values } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { wholeOption } from "../whole-option.ts";
import { backendConfig, experimentOf, INTERRUPTED, parametersOf, stopFrom, userOf } from "./run.ts";

/** As a run ends that has failed: no trial gave the metric. */
const FAILED = 1;

export const sweep: Command = {
  name: "sweep",
  summary: "Search parameters of an MLproject's entry point: each trial is a run nested in the sweep's",
  arguments: [{ name: "uri", summary: "a folder, or an address of a git repository; #FOLDER for a folder in it" }],
  options: [
    { flags: "-e, --entry-point <name>", summary: "an entry point of the project", default: "main" },
    { flags: "-v, --version <version>", summary: "a branch, tag or commit of the project's git repository" },
    { flags: "-P, --param-list <name=value>", summary: "a parameter that is the same in every trial", repeats: true },
    {
      flags: "--param <name=values>",
      summary: "a parameter to search: uniform(A, B), loguniform(A, B), int(A, B), logint(A, B) or choice(A, B, ...)",
      repeats: true,
    },
    { flags: "--space <file>", summary: "a YAML or JSON map of parameters to search" },
    { flags: "--metric <name>", summary: "the metric that says which trial is best: its last value", required: true },
    { flags: "--goal <goal>", summary: "min or max", default: "max" },
    { flags: "--method <method>", summary: "tpe, random or grid", default: "tpe" },
    { flags: "--trials <number>", summary: "how many; a grid ends with its last point", default: "20" },
    { flags: "--workers <number>", summary: "how many at a time; by default one for each core" },
    { flags: "--seed <number>", summary: "of what is tried", default: "0" },
    {
      flags: "--prune <metric>",
      summary: "give a trial up when this metric, logged by step, is worse than the finished trials' median",
    },
    { flags: "--prune-after <step>", summary: "the first step at which a trial may be given up", default: "0" },
    { flags: "--experiment-name <name>", summary: "the experiment of the runs, made when there is none" },
    { flags: "--experiment-id <id>", summary: "the experiment of the runs" },
    { flags: "--run-name <name>", summary: "a name for the sweep's run" },
    { flags: "--env-manager <manager>", summary: "as of esteira run" },
    { flags: "-c, --backend-config <json>", summary: "of each trial, as of esteira run on this machine" },
    { flags: "--json", summary: "print the result as JSON" },
  ],
  async run(values, terminal) {
    const [{ runSweep }, { METHODS }, { readSpace }, { chooseBackend }] = await Promise.all([
      import("@esteira/projects/sweep/run-sweep"),
      import("@esteira/projects/sweep/sampler"),
      import("@esteira/projects/sweep/read-space"),
      import("../projects/backends.ts"),
    ]);
    const goal = oneOf("goal", values, ["min", "max"]);
    const metric = text(values, "metric") ?? "";
    const prune = text(values, "prune");
    const parameters = parametersOf(texts(values, "paramList"));
    const space = await readSpace(text(values, "space"), texts(values, "param"));
    const method = oneOf("method", values, METHODS);
    const [trials, seed] = [wholeOption(values, "trials", 1, 100_000), wholeOption(values, "seed", 0, 2 ** 31 - 1)];
    const workers =
      text(values, "workers") === undefined ? availableParallelism() : wholeOption(values, "workers", 1, 1000);
    const warmup = wholeOption(values, "pruneAfter", 0, Number.MAX_SAFE_INTEGER);
    const client = trackingClient(terminal);
    const { env } = terminal;
    const experimentId = await experimentOf(values, env, client);
    const config = await backendConfig(text(values, "backendConfig"));
    const { backend, settings } = await chooseBackend("local", config, terminal);
    const asJson = values.json === true;
    const stop = stopFrom(terminal);
    const work = runSweep({
      client,
      uri: text(values, "uri") ?? "",
      version: text(values, "version"),
      entryPoint: text(values, "entryPoint") ?? "main",
      parameters,
      experimentId,
      runName: text(values, "runName"),
      user: userOf(env),
      environmentManager: text(values, "envManager"),
      backend,
      settings,
      cwd: process.cwd(),
      env,
      note: (line) => terminal.note(pc.dim(line)),
      stop,
      ...{ space, method, trials, seed, metric, goal, workers },
      prune: prune === undefined ? undefined : { metric: prune, warmup },
      onTrial: (trial, best) => terminal.note(lineOf(trial, best)),
    });
    const result = await work.catch((error: unknown) => {
      if (!stop.cancelled.aborted) throw error;
      terminal.note(`${pc.red("esteira:")} Interrupted: the same command goes on where it was.`);
      return undefined;
    });
    if (result === undefined) return INTERRUPTED;
    const { best } = result;
    if (result.reason !== undefined) terminal.note(`${pc.red("esteira:")} ${result.reason}`);
    if (asJson) {
      const shown = result.trials.map((trial) => ({ ...trial, assignment: Object.fromEntries(trial.assignment) }));
      terminal.out(JSON.stringify({ run: result.runId, best: best?.runId, trials: shown }, null, 2));
    } else if (best !== undefined) {
      terminal.out(`Best: trial ${best.number}, ${metric} ${best.value}, run ${best.runId}`);
      for (const [name, value] of best.assignment) terminal.out(`  ${name}=${value}`);
    }
    return best === undefined ? FAILED : 0;
  },
};

function lineOf({ number, state, value, assignment }: Trial, best: Trial | undefined): string {
  const mark = state === "finished" ? pc.green("✓") : state === "pruned" ? pc.dim("-") : pc.red("✗");
  const tried = [...assignment].map(([name, one]) => `${name}=${one}`).join(" ");
  const outcome = state === "finished" ? (value ?? "no value") : state;
  return `${mark} trial ${number}: ${outcome}  ${tried}${best?.number === number ? pc.bold("  best so far") : ""}`;
}

function oneOf<const T extends readonly string[]>(name: string, values: Values, allowed: T): T[number] {
  const given = text(values, name);
  const found = allowed.find((one) => one === given);
  if (found === undefined) throw invalid(`--${name} is '${given}': expected ${allowed.join(", ")}.`);
  return found;
}
