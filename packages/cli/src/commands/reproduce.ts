import { invalid } from "@esteira/core/errors";
import type { Verdict } from "@esteira/core/reproduction";
import type { Tolerance } from "@esteira/projects/diff/compare";
import type { IgnoredName } from "@esteira/projects/diff/volatile";
import pc from "picocolors";
import { type Command, text, texts } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { backendConfig, INTERRUPTED, stopFrom, userOf } from "./run.ts";

/** As the job ends when a gate refuses a candidate: everything worked, and the answer is no. */
const DIFFERS = 3;

export const reproduce: Command = {
  name: "reproduce",
  summary: "Run again what a run ran, from its code, environment and data, and say whether it gives the same",
  arguments: [{ name: "run", summary: "the run's id" }],
  options: [
    {
      flags: "--tolerance <metric=number>",
      summary: "how far a metric may lie apart, relative to values above one; * stands for any characters",
      repeats: true,
    },
    { flags: "--data <name=path>", summary: "where the file of a parameter is now", repeats: true },
    {
      flags: "--ignore <group:name>",
      summary: "do not compare a metric, model file or artifact (metrics:NAME, models:NAME, artifacts:NAME)",
      repeats: true,
    },
    { flags: "-b, --backend <backend>", summary: "where it runs, as of esteira run; by default where the run did" },
    { flags: "-c, --backend-config <json>", summary: "as of esteira run" },
    { flags: "--code <folder>", summary: "run the code of this folder as it is, in place of the run's own" },
    { flags: "--explain", summary: "where the results differ, run once more, to tell chance from change" },
    { flags: "--json", summary: "print the verdict as JSON" },
  ],
  async run(values, terminal) {
    const tolerances = texts(values, "tolerance").map(toleranceOf);
    const ignored = texts(values, "ignore").map(ignoredOf);
    const data = new Map(texts(values, "data").map((one) => pairOf("--data", one)));
    const client = trackingClient(terminal);
    const [
      { reproduceRun },
      { backendOf },
      { chooseBackend },
      { givenRun },
      { signingKeyFile },
      { describeComparison },
    ] = await Promise.all([
      import("@esteira/projects/reproduce/reproduce-run"),
      import("@esteira/projects/reproduce/recorded-run"),
      import("../projects/backends.ts"),
      import("@esteira/projects/diff/read-facts"),
      import("@esteira/projects/reproduce/signing-key"),
      import("@esteira/projects/diff/describe"),
    ]);
    const run = givenRun(text(values, "run") ?? "");
    const name = text(values, "backend") ?? backendOf((await client.runs.get(run)).data.tags);
    const config = await backendConfig(text(values, "backendConfig"));
    const { backend, settings, close } = await chooseBackend(name, config, terminal);
    const stop = stopFrom(terminal);
    const asJson = values.json === true;
    const work = reproduceRun({
      client,
      run,
      code: text(values, "code"),
      data,
      tolerances,
      ignored,
      explain: values.explain === true,
      keyFile: signingKeyFile(terminal.env),
      user: userOf(terminal.env),
      backend,
      settings,
      cwd: process.cwd(),
      env: terminal.env,
      // Standard output is the verdict's alone.
      onOutput: (chunk) => void process.stderr.write(chunk),
      note: (line) => terminal.note(pc.dim(line)),
      stop,
    });
    const result = await work.finally(close).catch((error: unknown) => {
      if (!stop.cancelled.aborted) throw error;
      terminal.note(`${pc.red("esteira:")} ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
    if (result === undefined) return INTERRUPTED;
    const { verdict, comparison, original, reproduction, keyId } = result;
    if (asJson) terminal.out(JSON.stringify(verdict, null, 2));
    else {
      for (const line of describeComparison(original, reproduction, comparison)) terminal.out(line);
      for (const line of verdict.notVerified) terminal.out(`Not verified: ${line}`);
      terminal.out("");
      for (const line of conclusion(verdict)) terminal.out(line);
      terminal.out(`The verdict is signed with ${keyId}, and kept with run ${verdict.reproduction}.`);
    }
    return verdict.outcome === "reproduced" ? 0 : DIFFERS;
  },
};

export function conclusion({ outcome, agreement, withinTolerance, tolerances, causes }: Verdict): readonly string[] {
  if (outcome === "differs")
    return [`${pc.red("✗")} Not reproduced.`, ...causes.map(({ kind, text: why }) => `  ${kind}: ${why}`)];
  if (agreement === "bitwise") return [`${pc.green("✓")} Reproduced, bit by bit.`];
  const allowed = tolerances.map(({ metric, tolerance }) => `${metric} ${tolerance}`).join(", ");
  const names = withinTolerance.map(({ name }) => name).join(", ");
  return [`${pc.green("✓")} Reproduced within the stated tolerance (${allowed}), which ${names} needed.`];
}

function pairOf(flag: string, given: string): readonly [string, string] {
  const at = given.lastIndexOf("=");
  if (at < 1) throw invalid(`${flag} ${given}: expected ${flag} NAME=VALUE.`);
  return [given.slice(0, at), given.slice(at + 1)];
}

function toleranceOf(given: string): Tolerance {
  const [metric, value] = pairOf("--tolerance", given);
  const tolerance = Number(value);
  if (value.trim() === "" || !(tolerance >= 0 && tolerance < 1))
    throw invalid(`--tolerance ${given}: expected METRIC=NUMBER with a number from 0 to 1, such as auc=1e-6.`);
  return { metric, tolerance };
}

function ignoredOf(given: string): IgnoredName {
  const [, group, pattern] = /^(metrics|models|artifacts):(.+)$/.exec(given) ?? [];
  if (group === undefined || pattern === undefined)
    throw invalid(`--ignore ${given}: expected metrics:NAME, models:NAME or artifacts:NAME.`);
  return { group, pattern, why: "left out by --ignore" };
}
