import { execFileSync, spawn } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { experimentId, runId } from "@esteira/core/ids";
import { localBackend } from "@esteira/projects/backends/local";
import type { RunProjectOptions } from "@esteira/projects/run/options";
import { runProject } from "@esteira/projects/run-project";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const command = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));

/** Each step writes its name into a file beside the project, and what it was given into its output. */
const MLPROJECT = `entry_points:
  prepare:
    parameters: {rows: path, count: float}
    outputs: [data]
    command: node step.mjs prepare data/rows.txt {rows} {count}
  train:
    parameters: {data: path, seed: {type: float, default: 7}}
    outputs: [model.txt]
    command: node step.mjs train model.txt {data}/rows.txt {seed}
  judge:
    parameters: {model: path, note: {default: plain}}
    command: node step.mjs judge "" {model} {note}
  report:
    cached: false
    command: node step.mjs report "" step.mjs ""
  main:
    parameters: {rows: path, count: {type: float, default: 3}, note: {default: plain}}
    steps:
      judge:
        parameters: {model: "{train.model.txt}", note: "{note}"}
      prepare:
        parameters: {rows: "{rows}", count: "{count}"}
      train:
        parameters: {data: "{prepare.data}"}
      report:
        after: [judge]
`;
const STEP = `import { appendFileSync, readFileSync, existsSync, unlinkSync, writeFileSync } from "node:fs";
const [name, output, input, ...values] = process.argv.slice(2);
const { env } = process;
appendFileSync(env.DIARY, name + "\\n");
if (env.FAIL === name) { console.error("no luck"); process.exit(3); }
if (env.TOUCH === name) appendFileSync("step.mjs", "// changed meanwhile\\n");
if (env.HANG === name) { console.log("hanging"); await new Promise((resolve) => setTimeout(resolve, 600_000)); }
const text = readFileSync(input, "utf8");
if (output !== "" && env.SKIP !== name) {
  const get = await fetch(env.MLFLOW_TRACKING_URI + "/api/2.0/mlflow/runs/get?run_id=" + env.MLFLOW_RUN_ID);
  const { run } = await get.json();
  const path = new URL(run.info.artifact_uri).pathname;
  const put = await fetch(env.MLFLOW_TRACKING_URI + "/api/2.0/mlflow-artifacts/artifacts" + path + "/" + output, { method: "PUT", body: [name, ...values, text].join(" ") });
  if (!put.ok) throw new Error(await put.text());
}
`;

let home: string;
let server: RunningServer;
let client: Client;
let folder: string;
let number = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-workflow-"));
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(home, "tracking.db")}`,
    artifactsDestination: join(home, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = join(home, `project${++number}`);
  await mkdir(folder);
  await writeFile(join(folder, "MLproject"), MLPROJECT);
  await writeFile(join(folder, "step.mjs"), `${STEP}// ${number}\n`);
  await writeFile(join(home, `rows${number}.csv`), "amount\n1\n");
});

const diary = () => join(home, `diary${number}`);

interface Asked {
  readonly env?: Readonly<Record<string, string>>;
  readonly onOutput?: (text: string, pid: number) => void;
}

/** A workflow's end: which steps it ran, its run and the runs of its steps. */
async function ending(code: number | null, errors: string, id: string | undefined) {
  const run = id === undefined ? undefined : await client.runs.get(runId(id));
  const ran = (await readFile(diary(), "utf8")).split("\n").filter((line) => line !== "");
  return { code, errors, run, ran, steps: run === undefined ? {} : stepsOf(run) };
}

const environment = (env: Asked["env"] = {}) => ({
  ...process.env,
  DIARY: diary(),
  MLFLOW_TRACKING_URI: server.url,
  NO_COLOR: "1",
  ...env,
});
const rowsFile = () => join(home, `rows${number}.csv`);

/** The workflow, run in this process. */
async function workflow(
  given: Partial<Pick<RunProjectOptions, "again" | "runId">> & { readonly parameters?: Record<string, string> } = {},
  env: Asked["env"] = {},
) {
  await writeFile(diary(), "");
  const notes: string[] = [];
  const never = new AbortController().signal;
  const { parameters = {}, ...options } = given;
  const result = await runProject({
    client,
    uri: folder,
    entryPoint: "main",
    parameters: new Map(Object.entries({ rows: rowsFile(), ...parameters })),
    experimentId: experimentId("0"),
    user: "ana",
    backend: localBackend(),
    settings: { timeoutSeconds: undefined, retries: 0 },
    cwd: home,
    env: environment(env),
    onOutput: () => undefined,
    note: (line) => void notes.push(line),
    stop: { cancelled: never, killed: never },
    ...options,
  });
  const errors = [...notes, result.reason ?? ""].join("\n");
  return ending(result.status === "FINISHED" ? 0 : 1, errors, result.runId);
}

/** The command in a process of its own. */
async function esteira(args: readonly string[], { env = {}, onOutput = () => undefined }: Asked = {}) {
  await writeFile(diary(), "");
  const child = spawn(process.execPath, [command, "run", folder, "-P", `rows=${rowsFile()}`, ...args], {
    cwd: home,
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onOutput(output, child.pid ?? 0);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return ending(code, errors, /^Run ([0-9a-f]{32}) of/m.exec(errors)?.[1]);
}

interface State {
  readonly run?: string;
  readonly cached?: boolean;
  readonly needs: readonly string[];
}

const stepsOf = (run: Run): Record<string, State> =>
  Object.fromEntries(
    run.data.tags
      .filter(({ key }) => key.startsWith("esteira.workflow.step."))
      .map(({ key, value }) => [key.slice("esteira.workflow.step.".length), JSON.parse(value)]),
  );

const ALL = ["prepare", "train", "judge", "report"];

describe("a workflow", { timeout: 600_000 }, () => {
  it("runs its steps in order as nested runs, and what is finished not again", async () => {
    const first = await workflow();
    expect(first.code, first.errors).toBe(0);
    expect(first.ran).toEqual(ALL);
    expect(first.run?.info.status).toBe("FINISHED");
    expect(Object.fromEntries(Object.entries(first.steps).map(([name, { needs }]) => [name, needs]))).toEqual({
      prepare: [],
      train: ["prepare"],
      judge: ["train"],
      report: ["judge"],
    });
    const train = await client.runs.get(runId(first.steps.train?.run ?? ""));
    const prepare = await client.runs.get(runId(first.steps.prepare?.run ?? ""));
    expect(tagValue(train.data.tags, "mlflow.parentRunId")).toBe(first.run?.info.runId);
    expect(train.data.params).toContainEqual({ key: "data", value: `runs:/${prepare.info.runId}/data` });
    expect(await client.artifacts.readText(train.info.artifactUri, "model.txt")).toBe("train 7 prepare 3 amount\n1\n");

    const second = await workflow();
    expect(second.code, second.errors).toBe(0);
    expect(second.ran).toEqual(["report"]);
    expect(second.steps.train).toMatchObject({ run: train.info.runId, cached: true });
    expect(second.steps.report).toMatchObject({ cached: false });
    expect(second.errors).toContain(`Step train: taken from run ${train.info.runId}`);
    expect(second.errors).toContain("each time: its entry point says cached: false");

    const changed = await workflow({ parameters: { note: "other" } });
    expect(changed.ran).toEqual(["judge", "report"]);
    expect((await workflow({ again: { kind: "from", step: "train" } })).ran).toEqual(["train", "judge", "report"]);
    expect((await workflow({ again: { kind: "all" } })).ran).toEqual(ALL);
    expect((await workflow({ parameters: { count: "4" } })).ran).toEqual(ALL);
    expect((await workflow({ parameters: { count: "4" } })).ran).toEqual(["report"]);
  });

  it("runs a step again whose code, input file or finished run is not what it was", async () => {
    const rows = join(home, `rows${number}.csv`);
    const first = await workflow();
    await appendFile(rows, "2\n");
    expect((await workflow()).ran).toEqual(ALL);
    await writeFile(rows, "amount\n1\n");
    // The same bytes are the same step, whenever they were written.
    expect((await workflow()).ran).toEqual(["report"]);
    await appendFile(join(folder, "step.mjs"), "// changed\n");
    expect((await workflow()).ran).toEqual(ALL);
    await writeFile(join(folder, "step.mjs"), `${STEP}// ${number}\n`);
    expect((await workflow()).ran).toEqual(["report"]);

    const prepare = await client.runs.get(runId(first.steps.prepare?.run ?? ""));
    const train = await client.runs.get(runId(first.steps.train?.run ?? ""));
    await client.runs.delete(train.info.runId);
    const afterDeletion = await workflow();
    expect(afterDeletion.ran).toEqual(["train", "report"]);
    await client.runs.update(runId(afterDeletion.steps.train?.run ?? ""), { status: "FAILED" });
    expect((await workflow()).ran).toEqual(["train", "report"]);
    const where = join(home, "artifacts", new URL(prepare.info.artifactUri).pathname, "data");
    // As long as it was, and another.
    await writeFile(join(where, "rows.txt"), "prepare 3 amount\n2\n");
    const tampered = await workflow();
    expect(tampered.ran).toEqual(["prepare", "report"]);
    expect(tampered.errors).toContain("is not what the run left there: it is not used");
    await rm(where, { recursive: true });
    const again = runId(tampered.steps.prepare?.run ?? "");
    const { artifactUri } = (await client.runs.get(again)).info;
    await rm(join(home, "artifacts", new URL(artifactUri).pathname, "data"), { recursive: true });
    const lost = await workflow();
    expect(lost.ran).toEqual(["prepare", "report"]);
    expect(lost.errors).toContain("has no output 'data'");
  });

  it("takes uncommitted changes of a git repository for other code", async () => {
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], { cwd: folder });
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "first");
    expect((await workflow()).ran).toEqual(ALL);
    await writeFile(join(folder, "new.mjs"), "");
    expect((await workflow()).ran).toEqual(ALL);
    git("add", "--all");
    git("commit", "--quiet", "--message", "second");
    expect((await workflow()).ran).toEqual(["report"]);
  });

  it("ends with the step that fails, and goes on from there", async () => {
    const failed = await workflow({}, { FAIL: "train" });
    expect(failed.code).toBe(1);
    expect(failed.ran).toEqual(["prepare", "train"]);
    expect(failed.run?.info.status).toBe("FAILED");
    expect(tagValue(failed.run?.data.tags ?? [], "esteira.failure")).toBe(
      `Step 'train' did not finish (run ${failed.steps.train?.run}): The command ended with code 3: no luck`,
    );
    expect((await client.runs.get(runId(failed.steps.train?.run ?? ""))).info.status).toBe("FAILED");
    expect(failed.steps.judge).toEqual({ at: 2, entryPoint: "judge", needs: ["train"] });
    expect((await workflow()).ran).toEqual(["train", "judge", "report"]);
  });

  it("does not take for finished what left no output, or whose code changed while it ran", async () => {
    const without = await workflow({}, { SKIP: "prepare" });
    expect([without.code, without.ran]).toEqual([1, ["prepare"]]);
    expect(without.errors).toContain("has no output 'data'");
    const touched = await workflow({}, { TOUCH: "prepare" });
    expect(touched.code, touched.errors).toBe(0);
    expect(touched.errors).toContain("Step prepare: its code or input files changed while it ran");
    expect((await workflow()).ran).toEqual(["prepare", "report"]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("stopped by %s in the middle leaves no run at work", async (signal) => {
    let sent = false;
    const stopped = await esteira([], {
      env: { HANG: "train" },
      onOutput: (text, pid) => {
        if (text.includes("hanging") && !sent) sent = process.kill(pid, signal);
      },
    });
    expect([stopped.code, stopped.run?.info.status]).toEqual([130, "KILLED"]);
    const train = await client.runs.get(runId(stopped.steps.train?.run ?? ""));
    expect(train.info.status).toBe("KILLED");
    expect((await workflow()).ran).toEqual(["train", "judge", "report"]);
  });

  it("may be run twice at once", async () => {
    const both = await Promise.all([workflow(), workflow()]);
    for (const { code, errors, run } of both) expect([code, run?.info.status], errors).toEqual([0, "FINISHED"]);
    expect((await workflow()).ran).toEqual(["report"]);
  });

  it("takes up a run that is there", async () => {
    const { info } = await client.runs.create({ experimentId: experimentId("0"), startTime: Date.now() });
    await client.runs.logBatch(info.runId, { params: [{ key: "note", value: "'as real MLflow quotes it'" }] });
    const { code, errors, run } = await esteira(["--run-id", info.runId, "-P", "note=as real MLflow quotes it"]);
    expect(code, errors).toBe(0);
    expect(run?.info).toMatchObject({ runId: info.runId, status: "FINISHED" });
    await client.runs.delete(info.runId);
    await expect(workflow({ runId: info.runId })).rejects.toThrow("is deleted");
  });

  it("says what is wrong before a run begins", async () => {
    const count = async () => (await client.runs.search({ experimentIds: [experimentId("0")] })).items.length;
    const before = await count();
    for (const [args, expected] of [
      [["--from", "trian"], "has no step 'trian' (it has judge, prepare, train, report); did you mean 'train'?"],
      [["--from", "train", "--force"], "give one of the two"],
      [["-P", "speed=1"], "has steps, and no parameter 'speed' (it has rows, count, note)."],
      [["-e", "report", "--force"], "has no steps, and runs each time"],
      [["--run-id", "a".repeat(32)], "not found"],
      [["--run-id", "a".repeat(32), "--run-name", "x"], "leave --run-name out"],
    ] as const) {
      const { code, errors } = await esteira(args);
      expect([code, errors]).toEqual([2, expect.stringContaining(expected)]);
    }
    expect(await count()).toBe(before);
  });
});
