/**
 * How busy a sweep keeps the machine: 64 short trainings, as many at a time as there are cores. From what the system says of all cores
 * (Linux), so that the start of each training, the server and the sweep itself count as much as the trainings do.
 *
 *   npm run bench -- sweep [--trials N] [--milliseconds N]
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { experimentId } from "@esteira/core/ids";
import { localBackend } from "@esteira/projects/backends/local";
import { runSweep } from "@esteira/projects/sweep/run-sweep";
import { createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { printFigure, printMachine } from "./figure.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "64" },
    milliseconds: { type: "string", default: "2000" },
  },
});
const [trials, milliseconds] = [Number(values.trials), Number(values.milliseconds)];

/** Works for so long of its own processor's time, and logs one value. */
const TRAINING = `const end = Number(process.argv[3]) * 1000;
let sum = 0;
while (process.cpuUsage().user < end) for (let i = 1; i < 1e5; i++) sum += 1 / i;
const { MLFLOW_TRACKING_URI: server, MLFLOW_RUN_ID: run_id } = process.env;
const body = JSON.stringify({ run_id, key: "loss", value: Number(process.argv[2]), timestamp: Date.now(), step: 0 });
await fetch(server + "/api/2.0/mlflow/runs/log-metric", { method: "POST", headers: { "content-type": "application/json" }, body });
`;

/** Ticks of all cores together, since the machine started. */
async function ticks(): Promise<{ readonly idle: number; readonly all: number }> {
  const [line = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const parts = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { idle: (parts[3] ?? 0) + (parts[4] ?? 0), all: parts.reduce((sum, part) => sum + part, 0) };
}

const home = await mkdtemp(join(tmpdir(), "esteira-bench-sweep-"));
const server = await startServer({
  host: "127.0.0.1",
  port: 0,
  backendStoreUri: `sqlite:///${join(home, "tracking.db")}`,
  artifactsDestination: join(home, "artifacts"),
});
try {
  printMachine();
  const command = `node train.mjs {x} ${milliseconds}`;
  const project = { entry_points: { main: { parameters: { x: "float" }, command } } };
  await writeFile(join(home, "MLproject"), JSON.stringify(project));
  await writeFile(join(home, "train.mjs"), TRAINING);
  const never = new AbortController().signal;
  const before = await ticks();
  const started = performance.now();
  const { trials: done } = await runSweep({
    client: createClient({ baseUrl: server.url }),
    uri: home,
    entryPoint: "main",
    parameters: new Map(),
    experimentId: experimentId("0"),
    user: "bench",
    backend: localBackend(),
    settings: { timeoutSeconds: undefined, retries: 0 },
    cwd: home,
    env: { ...process.env, MLFLOW_TRACKING_URI: server.url },
    note: () => undefined,
    stop: { cancelled: never, killed: never },
    space: new Map([["x", { kind: "uniform", low: 0, high: 1 }]]),
    method: "tpe",
    trials,
    seed: 0,
    metric: "loss",
    goal: "min",
    workers: availableParallelism(),
    onTrial: () => undefined,
  });
  const seconds = (performance.now() - started) / 1000;
  const after = await ticks();
  const busy = 1 - (after.idle - before.idle) / (after.all - before.all);
  const finished = done.filter(({ state }) => state === "finished").length;
  console.log(`${finished} of ${trials} trials in ${seconds.toFixed(1)} s`);
  printFigure({
    name: `a sweep of ${trials} trainings of ${(milliseconds / 1000).toFixed(1)} s keeps all cores busy`,
    target: ">= 90 %",
    measured: `${(100 * busy).toFixed(1)} %`,
    isMet: busy >= 0.9 && finished === trials,
  });
} finally {
  await server.close();
  await rm(home, { recursive: true, force: true });
}
