import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExperimentId, experimentId } from "@esteira/core/ids";
import { localBackend } from "@esteira/projects/backends/local";
import type { ProjectRun } from "@esteira/projects/run/options";
import { runProject } from "@esteira/projects/run-project";
import { type Client, createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";

const command = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));

/** A server and a folder for projects, as a test has them for itself. */
export interface Stage {
  readonly home: string;
  readonly url: string;
  readonly client: Client;
  readonly experiment: ExperimentId;
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
  /** Runs a project here, in this process. */
  run(folder: string, parameters?: Record<string, string>, entryPoint?: string): Promise<ProjectRun>;
  /** The command in a process of its own, whose id is told when it has begun. */
  esteira(args: readonly string[], onStart?: (pid: number) => void): Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export async function openStage(): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), "esteira-stage-"));
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(home, "tracking.db")}`,
    artifactsDestination: join(home, "artifacts"),
  });
  const client = createClient({ baseUrl: server.url });
  const env = Object.fromEntries(
    Object.entries({
      ...process.env,
      MLFLOW_TRACKING_URI: server.url,
      NO_COLOR: "1",
      XDG_CACHE_HOME: join(home, "cache"),
      XDG_CONFIG_HOME: join(home, "config"),
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  const never = new AbortController().signal;
  return {
    home,
    url: server.url,
    client,
    experiment: experimentId("0"),
    env,
    close: async () => {
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
    run: (folder, parameters = {}, entryPoint = "main") =>
      runProject({
        client,
        uri: folder,
        entryPoint,
        parameters: new Map(Object.entries(parameters)),
        experimentId: experimentId("0"),
        user: "ana",
        backend: localBackend(),
        settings: { timeoutSeconds: undefined, retries: 0 },
        cwd: home,
        env,
        onOutput: () => undefined,
        note: () => undefined,
        stop: { cancelled: never, killed: never },
      }),
    esteira: (args, onStart = () => undefined) => spawned(args, home, env, onStart),
  };
}

async function spawned(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onStart: (pid: number) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [command, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid !== undefined) onStart(child.pid);
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output, errors };
}

export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}

/** Commits everything in a folder, which becomes a repository. */
export function commitAll(folder: string, message = "change"): void {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], { cwd: folder });
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", message);
}

/** A small training: logs a curve, a result, a file, and how long it took. */
export const TRAINING: Readonly<Record<string, string>> = {
  MLproject: `entry_points:
  main:
    parameters:
      rows: {type: path, default: rows.csv}
      rate: {type: float, default: 0.5}
    command: node train.mjs {rows} {rate}
`,
  "rows.csv": "1\n2\n3\n",
  "train.mjs": `import { readFileSync } from "node:fs";
const [rows, rate] = process.argv.slice(2);
const { MLFLOW_TRACKING_URI: server, MLFLOW_RUN_ID: run_id } = process.env;
const call = async (path, body, method = "POST") => {
  const answer = await fetch(server + path, { method, headers: { "content-type": "application/json" }, body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
};
const started = Date.now();
const noise = () => 0;
let weight = readFileSync(rows, "utf8").trim().split("\\n").map(Number).reduce((a, b) => a + b);
const timestamp = Date.now();
const metrics = [];
for (let step = 0; step < 3; step++) metrics.push({ key: "loss", value: (weight *= Number(rate)) + noise(), timestamp, step });
metrics.push({ key: "fit_seconds", value: (Date.now() - started) / 1000 + Math.random(), timestamp, step: 0 });
await call("/api/2.0/mlflow/runs/log-batch", JSON.stringify({ run_id, metrics }));
const { run } = await (await fetch(server + "/api/2.0/mlflow/runs/get?run_id=" + run_id)).json();
const root = run.info.artifact_uri.replace(/^mlflow-artifacts:\\/*/, "/api/2.0/mlflow-artifacts/artifacts/");
await call(root + "/model.json", JSON.stringify({ weight: weight + noise() }), "PUT");
`,
};
