import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runId } from "@esteira/core/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Stage, write } from "./git-project.testing.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await write(join(stage.home, "search"), {
    MLproject: `entry_points:
  main:
    parameters: {x: float, kind: string, gate: {type: string, default: ""}, fail: {type: float, default: 99}}
    command: node train.mjs {x} {kind} "{gate}" {fail}
`,
    // Logs a curve that ends at what it is worth; waits while a file is there, and writes down that it was run.
    "train.mjs": `import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
const [x, kind, gate, fail] = process.argv.slice(2);
const { MLFLOW_TRACKING_URI: server, MLFLOW_RUN_ID: run_id } = process.env;
appendFileSync("started", x + "\\n");
if (Number(x) > Number(fail)) throw new Error("x is too large");
const log = (step, value) => fetch(server + "/api/2.0/mlflow/runs/log-metric", {
  method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ run_id, key: "loss", value, timestamp: Date.now(), step }),
});
const worth = (Number(x) - 3) ** 2 + (kind === "b" ? 0 : 1);
await log(0, worth + 1);
while (gate !== "" && existsSync(gate)) await sleep(20);
if (Number(x) === 9) await sleep(600000);
await log(1, worth);
`,
  });
});
afterAll(() => stage.close());

const command = (...args: string[]) => ["sweep", "search", "--metric", "loss", "--goal", "min", ...args];

async function sweepOf(id: string) {
  const parent = await stage.client.runs.get(runId(id));
  const { items } = await stage.client.runs.search({
    experimentIds: [parent.info.experimentId],
    filter: `tags."mlflow.parentRunId" = '${id}'`,
    orderBy: ["attributes.start_time ASC"],
  });
  const tagsOf = (run: (typeof items)[number]) =>
    Object.fromEntries(run.data.tags.map(({ key, value }) => [key, value]));
  const trials = items.map((run) => ({
    status: run.info.status,
    tags: tagsOf(run),
    params: Object.fromEntries(run.data.params.map(({ key, value }) => [key, value])),
  }));
  return { parent, tags: tagsOf(parent), trials };
}

describe("esteira sweep", { timeout: 300_000 }, () => {
  it("tries a grid, several at a time, and marks the best", async () => {
    const args = ["--param", "x=int(1, 4)", "--param", "kind=choice(a, b)", "--method", "grid", "--workers", "3"];
    const { code, output, errors } = await stage.esteira(command(...args, "-P", "fail=3", "--json"));
    expect(code, errors).toBe(0);
    const result = JSON.parse(output);
    const { parent, tags, trials } = await sweepOf(result.run);
    expect(parent.info.status).toBe("FINISHED");
    expect(trials.map(({ params }) => `${params.x}${params.kind}`).sort()).toEqual([
      "1a",
      "1b",
      "2a",
      "2b",
      "3a",
      "3b",
      "4a",
      "4b",
    ]);
    // A trial that fails is one of the trials.
    expect(trials.filter(({ status }) => status === "FAILED").map(({ params }) => params.x)).toEqual(["4", "4"]);
    const best = trials.filter((trial) => trial.tags["esteira.sweep.best"] === "true");
    expect(best.map(({ params }) => [params.x, params.kind])).toEqual([["3", "b"]]);
    expect(tags["esteira.sweep.best_run"]).toBe(result.best);
    expect(parent.data.metrics.find(({ key }) => key === "best_objective")?.value).toBe(0);
  });

  /** Runs with a first value and without a second, as soon as there are so many. */
  async function waiting(gate: string, count: number) {
    for (;;) {
      const filter = `params.gate = '${gate}' and metrics.loss > -1 and attributes.status = 'RUNNING'`;
      const { items } = await stage.client.runs.search({ experimentIds: [stage.experiment], filter });
      if (items.length === count) return items;
      await sleep(50);
    }
  }

  it("goes on after its process was killed: no trial twice, none lost, nothing left at work", async () => {
    const gate = join(stage.home, "gate");
    await writeFile(gate, "");
    const args = command(
      "--param",
      "x=uniform(0, 6)",
      "--param",
      "kind=choice(a, b)",
      "--trials",
      "6",
      "--workers",
      "2",
    );
    const held = [...args, "-P", `gate=${gate}`];
    const pids: number[] = [];
    const first = stage.esteira(held, (pid) => pids.push(pid));
    const interrupted = await waiting(gate, 2);
    process.kill(pids[0] ?? 0, "SIGKILL");
    await first;
    // The trainings of the first are still waiting; another sweep of the same kind ends them.
    const second = stage.esteira([...held, "--json"]);
    while ((await stage.client.runs.get(runId(interrupted[0]?.info.runId ?? ""))).info.status === "RUNNING")
      await sleep(50);
    await rm(gate);
    const { code, output, errors } = await second;
    expect(code, errors).toBe(0);
    expect(errors).toContain("0 trials are there already, 2 were interrupted");
    const { trials } = await sweepOf(JSON.parse(output).run);
    const finished = trials.filter(({ status }) => status === "FINISHED");
    expect(finished.map(({ tags }) => tags["esteira.sweep.trial"]).sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
    const killed = trials.filter(({ status }) => status === "KILLED");
    expect(killed.map(({ tags }) => tags["esteira.sweep.state"])).toEqual(["interrupted", "interrupted"]);
    // What was interrupted tried the same again.
    const assignments = (list: typeof trials) => list.map(({ tags }) => tags["esteira.sweep.assignment"]);
    for (const one of assignments(killed))
      expect(assignments(finished).filter((other) => other === one)).toHaveLength(1);
    const started = new Set(finished.map(({ params }) => params.x));
    expect(started.size).toBe(6);
  });

  it("ends at Ctrl-C with its trials, and goes on", async () => {
    const gate = join(stage.home, "held");
    await writeFile(gate, "");
    const args = command("--param", "x=int(1, 3)", "-P", "kind=b", "-P", `gate=${gate}`, "--method", "grid");
    const pids: number[] = [];
    const first = stage.esteira([...args, "--workers", "2"], (pid) => pids.push(pid));
    await waiting(gate, 2);
    process.kill(pids[0] ?? 0, "SIGINT");
    const interrupted = await first;
    expect([interrupted.code, interrupted.errors]).toEqual([130, expect.stringContaining("the same command goes on")]);
    const [, id = ""] = /Sweep run (\S+)/.exec(interrupted.errors) ?? [];
    const stopped = await sweepOf(id);
    expect([stopped.parent.info.status, ...stopped.trials.map(({ status }) => status)]).toEqual(
      Array(3).fill("KILLED"),
    );
    await rm(gate);
    const { code, output, errors } = await stage.esteira([...args, "--json"]);
    expect(code, errors).toBe(0);
    expect(JSON.parse(output).run).toBe(id);
    const { parent, trials } = await sweepOf(id);
    expect(parent.info.status).toBe("FINISHED");
    expect(
      trials
        .filter(({ status }) => status === "FINISHED")
        .map(({ params }) => params.x)
        .sort(),
    ).toEqual(["1", "2", "3"]);
  });

  it("gives up a trial that is worse than the median of the finished ones", async () => {
    // The last one would take ten minutes: nobody waits for it.
    const space = ["--param", "x=choice(3, 2, 4, 1, 9)", "-P", "kind=b", "--method", "grid"];
    const { code, output, errors } = await stage.esteira(
      command(...space, "--workers", "2", "--prune", "loss", "--json"),
    );
    expect(code, errors).toBe(0);
    const { trials } = await sweepOf(JSON.parse(output).run);
    const pruned = trials.filter(({ tags }) => tags["esteira.sweep.state"] === "pruned");
    expect(pruned.map(({ status, params, tags }) => [status, params.x, tags["esteira.failure"]])).toEqual([
      ["KILLED", "9", "Pruned at step 0: worse than the median of the finished trials."],
    ]);
    expect(trials.filter(({ status }) => status === "FINISHED")).toHaveLength(4);
  });

  it("ends a trial that takes longer than it may", async () => {
    // The second would take ten minutes.
    const space = ["--param", "x=choice(3, 9)", "-P", "kind=b", "--method", "grid", "--workers", "2"];
    const { code, output, errors } = await stage.esteira(command(...space, "-c", '{"timeoutSeconds": 15}', "--json"));
    expect(code, errors).toBe(0);
    const { trials } = await sweepOf(JSON.parse(output).run);
    expect(trials.map(({ status, params, tags }) => [params.x, status, tags["esteira.failure"]]).sort()).toEqual([
      ["3", "FINISHED", undefined],
      ["9", "FAILED", "The command took more than 15 s and was ended."],
    ]);
  });

  it("refuses a sweep that is at work, and what no trial could do", async () => {
    const gate = join(stage.home, "busy");
    await writeFile(gate, "");
    const args = command("--param", "x=int(1, 2)", "-P", "kind=b", "-P", `gate=${gate}`, "--method", "grid");
    const first = stage.esteira(args);
    await waiting(gate, 2);
    expect((await stage.esteira(args)).errors).toMatch(/This sweep is at work already, as run \w+ by process \d+ on/);
    await rm(gate);
    expect((await first).code).toBe(0);
    const hopeless = await stage.esteira(
      command("--param", "x=int(1, 2)", "-P", "kind=b", "-P", "fail=0", "--method", "grid"),
    );
    expect([hopeless.code, hopeless.errors]).toEqual([
      1,
      expect.stringContaining("No trial has logged the metric 'loss'"),
    ]);
  });

  it.each([
    [["--param", "x=uniform(0, 1)", "-P", "kind=a", "-P", "x=1"], "'x' is both searched and given with -P"],
    [
      ["--param", "y=uniform(0, 1)", "-P", "kind=a", "-P", "x=1", "--trials", "0"],
      "--trials is '0': expected a whole number",
    ],
    [["--param", "x=normal(0, 1)", "-P", "kind=a"], "The values of 'x' are 'normal(0, 1)'"],
    [["--param", "x=uniform(0, 1)"], "needs 'kind'"],
    [["-P", "kind=a"], "There is nothing to search"],
    [
      ["--param", "x=uniform(0, 1)", "-P", "kind=a", "-c", '{"retires": 1}'],
      "The local backend has no setting 'retires' (it has memory, cpus, timeoutSeconds, retries); did you mean 'retries'?",
    ],
  ])("refuses %j before there is a run", async (args, expected) => {
    const { code, errors } = await stage.esteira(command(...args));
    expect([code, errors]).toEqual([2, expect.stringContaining(expected)]);
  });
});
