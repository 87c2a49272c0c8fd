/**
 * This server against `mlflow server`, in one run on one machine: requests per second of the calls that training makes
 * most, over kept connections, and time to start and memory. Prints a table; the ratio is ours to theirs.
 *
 *     node --conditions=@esteira/source --import tsx bench/server.ts [--seconds 3]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
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

async function startOurs(): Promise<Target> {
  const home = await mkdtemp(join(tmpdir(), "esteira-bench-"));
  const code = `
    import { startServer } from "@esteira/server/start";
    const server = await startServer({
      host: "127.0.0.1", port: 0,
      backendStoreUri: "sqlite:///" + process.env.BENCH_HOME + "/esteira.db",
      artifactsDestination: process.env.BENCH_HOME + "/artifacts",
    });
    console.log(server.url);
    process.on("SIGTERM", () => server.close().then(() => process.exit(0)));`;
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ["--conditions=@esteira/source", "--import", "tsx", "--input-type=module", "-e", code],
    { cwd: import.meta.dirname, env: { ...process.env, BENCH_HOME: home }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const url = await firstLine(child);
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

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    child.stdout?.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
    child.once("exit", (code) => reject(new Error(`the server ended with code ${code} before it was ready`)));
  });

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
  for (let index = 1; index <= 500; index += 1) await newRun(index);
  agent.destroy();
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
      name: "create run",
      next: (index) => ({
        method: "POST",
        path: `${M}/runs/create`,
        body: { experiment_id, start_time: 1000 + index },
      }),
    },
    { name: "get run", next: () => ({ method: "GET", path: `${M}/runs/get?run_id=${run_id}` }) },
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

/** Requests per second over `connections` kept connections, after a short warm-up. */
async function measure(target: Target, operation: Operation, connections: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let index = 0;
  const drive = async (until: number) => {
    let count = 0;
    while (performance.now() < until) {
      const { method, path, body } = operation.next(index++);
      await send(agent, target.url, method, path, body);
      count += 1;
    }
    return count;
  };
  const all = async (ms: number) => {
    const began = performance.now();
    const counts = await Promise.all(Array.from({ length: connections }, () => drive(began + ms)));
    return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - began) / 1000);
  };
  await all(300);
  const rate = await all(SECONDS * 1000);
  agent.destroy();
  return rate;
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
const ours = await startOurs();
const theirs = "python" in oracle ? await startTheirs(oracle.python) : undefined;
if ("missing" in oracle) console.log(`Without the peer: ${oracle.missing}`);
const row = (name: string, mine: string, peer: string, ratio: string) =>
  console.log(`${name.padEnd(32)}${mine.padStart(12)}${peer.padStart(12)}${ratio.padStart(9)}`);

try {
  const [mine, peer] = [await seed(ours), theirs === undefined ? undefined : await seed(theirs)];
  row("", "esteira", "mlflow", "ratio");
  for (const connections of CONNECTIONS) {
    for (const [index, operation] of mine.entries()) {
      const other = peer?.[index];
      const rate = await measure(ours, operation, connections);
      const peerRate =
        theirs === undefined || other === undefined ? undefined : await measure(theirs, other, connections);
      row(
        `${operation.name}, ${connections} conn (req/s)`,
        rate.toFixed(0),
        peerRate?.toFixed(0) ?? "-",
        peerRate === undefined ? "-" : `${(rate / peerRate).toFixed(1)}x`,
      );
    }
  }
  const [rss, peerRss] = [await memory(ours.pid), theirs === undefined ? undefined : await memory(theirs.pid)];
  row("start (ms)", ours.startMs.toFixed(0), theirs?.startMs.toFixed(0) ?? "-", ratioOf(theirs?.startMs, ours.startMs));
  row("memory after (MiB)", rss?.toFixed(0) ?? "-", peerRss?.toFixed(0) ?? "-", ratioOf(peerRss, rss));
} finally {
  await ours.close();
  await theirs?.close();
}

function ratioOf(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? "-" : `${(a / b).toFixed(1)}x`;
}
