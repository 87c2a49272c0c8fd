/**
 * This server against `mlflow server`, in one run on one machine: requests per second of the calls that training makes
 * most, over kept connections and new ones, time to start and memory. Prints a table; the ratio is ours to theirs.
 *
 *     node --conditions=@esteira/source --import tsx bench/server.ts [--seconds 3]
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { findOracle } from "../tests/compat/oracle.ts";
import { startMlflow } from "../tests/compat/servers.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "3" } } });
const SECONDS = Number(values.seconds);
const CONNECTIONS = [1, 8] as const;
const M = "/api/2.0/mlflow";

interface Target {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly startMs: number;
  close(): Promise<void>;
}

interface Operation {
  readonly name: string;
  next(index: number): { readonly method: string; readonly path: string; readonly body?: object };
}

/** The packed command, as users run it: what is measured is what is shipped. */
async function startOurs(): Promise<Target> {
  const home = await mkdtemp(join(tmpdir(), "esteira-bench-"));
  const root = fileURLToPath(new URL("..", import.meta.url));
  const packed = join(root, "node_modules", ".cache", "esteira-bench");
  const pack = ["--conditions=@esteira/source", "--import", "tsx", "packages/cli/pack/pack.ts", "--out", packed];
  await promisify(execFile)(process.execPath, pack, { cwd: root });
  const port = await freePort();
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [join(packed, "dist/main.js"), "server", "--port", String(port), "--backend-store-uri", "sqlite:///esteira.db"],
    { cwd: home, stdio: ["ignore", "ignore", "inherit"] },
  );
  const url = `http://127.0.0.1:${port}`;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode} before it was ready`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    name: "esteira",
    url,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    close: async () => {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
      await rm(home, { recursive: true, force: true });
    },
  };
}

const isHealthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startTheirs(python: string): Promise<Target> {
  const began = performance.now();
  const { url, pid, close } = await startMlflow(python);
  return { name: "mlflow", url, pid: pid ?? 0, startMs: performance.now() - began, close };
}

function send(agent: Agent, url: string, method: string, path: string, body?: object): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    const outgoing = request(url + path, { agent, method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks);
        if (incoming.statusCode === 200) resolve(text);
        else reject(new Error(`${method} ${path} answered ${incoming.statusCode}: ${text.toString().slice(0, 300)}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}

/** A run to write to and another thousand to search among. */
async function seed(target: Target): Promise<readonly Operation[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const post = async (path: string, body: object) =>
    JSON.parse((await send(agent, target.url, "POST", M + path, body)).toString());
  const { experiment_id } = (await post("/experiments/create", { name: "bench" })) as { experiment_id: string };
  const newRun = async (index: number) => {
    const { run } = (await post("/runs/create", { experiment_id, start_time: index })) as {
      run: { info: { run_id: string } };
    };
    const id = run.info.run_id;
    const params = Array.from({ length: 10 }, (_, number) => ({ key: `p${number}`, value: String(index % 7) }));
    const metrics = Array.from({ length: 10 }, (_, number) => ({ key: `m${number}`, value: index, timestamp: 1 }));
    await post("/runs/log-batch", { run_id: id, params, metrics });
    return id;
  };
  const run_id = await newRun(0);
  const plain_id = await newRun(0);
  for (let index = 1; index <= 500; index += 1) await newRun(index);
  agent.destroy();
  // A param cannot change: each call logs another.
  let params = 0;
  const batch = Array.from({ length: 100 }, (_, number) => `metric${number}`);
  return [
    {
      name: "log-metric",
      next: (index) => ({
        method: "POST",
        path: `${M}/runs/log-metric`,
        body: { run_id, key: "loss", value: 1 / (index + 1), timestamp: 1_700_000_000_000 + index, step: index },
      }),
    },
    {
      name: "log-batch (100 metrics)",
      next: (index) => ({
        method: "POST",
        path: `${M}/runs/log-batch`,
        body: {
          run_id,
          metrics: batch.map((key) => ({ key, value: index, timestamp: 1_700_000_000_000, step: index })),
        },
      }),
    },
    {
      name: "log-param",
      next: (index) => ({
        method: "POST",
        path: `${M}/runs/log-parameter`,
        body: { run_id, key: `param${params++}-${index}`, value: "v" },
      }),
    },
    {
      name: "set-tag",
      next: (index) => ({
        method: "POST",
        path: `${M}/runs/set-tag`,
        body: { run_id, key: "progress", value: String(index) },
      }),
    },
    {
      name: "create run",
      next: (index) => ({
        method: "POST",
        path: `${M}/runs/create`,
        body: { experiment_id, start_time: 1000 + index },
      }),
    },
    { name: "get run", next: () => ({ method: "GET", path: `${M}/runs/get?run_id=${plain_id}` }) },
    {
      name: "search runs (71 of 500)",
      next: () => ({
        method: "POST",
        path: `${M}/runs/search`,
        body: {
          experiment_ids: [experiment_id],
          filter: "params.p1 = '3'",
          order_by: ["metrics.m1 DESC"],
          max_results: 100,
        },
      }),
    },
  ];
}

interface Speed {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** Drives an operation over `connections` at once, kept or new for each request, after a short warm-up. */
async function measure(target: Target, operation: Operation, connections: number, keepAlive: boolean): Promise<Speed> {
  const agent = new Agent({ keepAlive, maxSockets: connections });
  let index = 0;
  let times: number[] = [];
  const drive = async (until: number) => {
    while (performance.now() < until) {
      const { method, path, body } = operation.next(index++);
      const began = performance.now();
      await send(agent, target.url, method, path, body);
      times.push(performance.now() - began);
    }
  };
  const all = async (ms: number) => {
    times = [];
    const began = performance.now();
    await Promise.all(Array.from({ length: connections }, () => drive(began + ms)));
    return times.length / ((performance.now() - began) / 1000);
  };
  await all(500);
  const rate = await all(SECONDS * 1000);
  agent.destroy();
  times.sort((a, b) => a - b);
  return { rate, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

/** Resident memory in MiB of a process and all in its group; on Linux, else undefined. */
async function memory(pid: number): Promise<number | undefined> {
  try {
    let kib = 0;
    for (const entry of await readdir("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
      const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
      if (Number(entry) !== pid && group !== pid) continue;
      const status = await readFile(`/proc/${entry}/status`, "utf8").catch(() => "");
      kib += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    }
    return kib / 1024;
  } catch {
    return undefined;
  }
}

const oracle = findOracle();
const theirs = "python" in oracle ? await startTheirs(oracle.python) : undefined;
const ours = await startOurs();
if ("missing" in oracle) console.log(`Without the peer: ${oracle.missing}`);
const row = (name: string, ...cells: string[]) =>
  console.log(name.padEnd(42) + cells.map((cell) => cell.padStart(12)).join(""));
const ratio = (a: number | undefined, b: number | undefined): string =>
  a === undefined || b === undefined ? "-" : `${(a / b).toFixed(1)}x`;
const whole = (value: number | undefined): string => value?.toFixed(0) ?? "-";

try {
  const [idle, peerIdle] = [await memory(ours.pid), theirs === undefined ? undefined : await memory(theirs.pid)];
  console.log(`${cpus()[0]?.model} x ${cpus().length}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`);
  console.log("Every acknowledged write is on the disk first (SQLite: WAL, synchronous=FULL, group commit).");
  row("", "esteira", "mlflow", "ratio");
  row("start to /health (ms)", whole(ours.startMs), whole(theirs?.startMs), ratio(theirs?.startMs, ours.startMs));
  row("idle memory (MiB)", whole(idle), whole(peerIdle), ratio(peerIdle, idle));
  const [mine, peer] = [await seed(ours), theirs === undefined ? undefined : await seed(theirs)];
  row("requests a second", "esteira", "mlflow", "ratio", "p99 ms", "p99 mlflow", "p99 ratio");
  for (const keepAlive of [true, false]) {
    for (const connections of CONNECTIONS) {
      for (const [index, operation] of mine.entries()) {
        const other = peer?.[index];
        const own = await measure(ours, operation, connections, keepAlive);
        const its = theirs && other ? await measure(theirs, other, connections, keepAlive) : undefined;
        row(
          `${operation.name}, ${connections} ${keepAlive ? "kept" : "new"}`,
          whole(own.rate),
          whole(its?.rate),
          ratio(own.rate, its?.rate),
          own.p99.toFixed(1),
          its?.p99.toFixed(1) ?? "-",
          ratio(its?.p99, own.p99),
        );
      }
    }
  }
  const [rss, peerRss] = [await memory(ours.pid), theirs === undefined ? undefined : await memory(theirs.pid)];
  row("memory afterwards (MiB)", whole(rss), whole(peerRss), ratio(peerRss, rss));
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await ours.close();
  await theirs?.close();
}
