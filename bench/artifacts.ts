/**
 * Artifacts through this server and through `mlflow server`, in one run on one machine: large files and many small ones,
 * up and down, each measurement alternating between the two, and the memory that ours needs for a large file. Ends with
 * code 1 when that memory grows with the file. Ours acknowledges an upload when it is on the disk (fsync); MLflow's does
 * not wait for the disk.
 *
 *     node --conditions=@esteira/source --import tsx bench/artifacts.ts [--rounds 5] [--memory-mb 200] [--peer no]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { findOracle } from "../tests/compat/oracle.ts";
import { startMlflow } from "../tests/compat/servers.ts";
import { untilIdle } from "./process-tree.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    "memory-mb": { type: "string", default: "200" },
    peer: { type: "string", default: "yes" },
  },
});
const ROUNDS = Number(values.rounds);
const MEMORY_MB = Number(values["memory-mb"]);
const LARGE_MB = 100;
const SMALL_FILES = 1000;
const SMALL_BYTES = 10_000;
const CONNECTIONS = 8;
/** What a server may take beside the file that passes through it. */
const MEMORY_LIMIT_MB = 100;
const A = "/api/2.0/mlflow-artifacts/artifacts/bench";

interface Target {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
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
  const child = spawn(
    process.execPath,
    ["--conditions=@esteira/source", "--import", "tsx", "--input-type=module", "-e", code],
    { cwd: import.meta.dirname, env: { ...process.env, BENCH_HOME: home }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return {
    name: "esteira",
    url: line.trim(),
    pid: child.pid ?? 0,
    close: async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function startTheirs(): Promise<Target | undefined> {
  const oracle = findOracle();
  if (values.peer === "no" || "missing" in oracle) {
    console.log(`Without the peer: ${"missing" in oracle ? oracle.missing : "--peer no"}`);
    return undefined;
  }
  const { url, pid, close } = await startMlflow(oracle.python);
  // Its workers start their own long after the first answer, and would take the processor from who is measured first.
  if (pid !== undefined) await untilIdle(pid);
  return { name: "mlflow", url, pid: pid ?? 0, close };
}

function put(agent: Agent, url: string, body: Buffer | Readable, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: "PUT", headers: { "content-length": length } }, (incoming) => {
      incoming.resume();
      incoming.on("end", () =>
        incoming.statusCode === 200 ? resolve() : reject(new Error(`PUT ${url} answered ${incoming.statusCode}`)),
      );
    });
    outgoing.on("error", reject);
    if (Buffer.isBuffer(body)) outgoing.end(body);
    else body.pipe(outgoing);
  });
}

/** Reads and drops the body; answers how long it was. */
function get(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (incoming) => {
      let bytes = 0;
      incoming.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      incoming.on("error", reject);
      incoming.on("end", () =>
        incoming.statusCode === 200 ? resolve(bytes) : reject(new Error(`GET ${url} answered ${incoming.statusCode}`)),
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function eachOnce(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const drive = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, drive));
}

/** One figure, higher is better, of one target in one round. */
interface Measurement {
  readonly name: string;
  measure(target: Target, agent: Agent, round: number): Promise<number>;
}

const large = Buffer.alloc(LARGE_MB * 1_000_000, "esteira!");
const small = Buffer.alloc(SMALL_BYTES, "pix");
const MEASUREMENTS: readonly Measurement[] = [
  {
    name: `${LARGE_MB} MB file up (MB/s)`,
    measure: async ({ url }, agent, round) =>
      LARGE_MB / (await timed(() => put(agent, `${url}${A}/large-${round}.bin`, large, large.length))),
  },
  {
    name: `${LARGE_MB} MB file down (MB/s)`,
    measure: async ({ url }, agent, round) =>
      LARGE_MB /
      (await timed(async () => {
        const bytes = await get(agent, `${url}${A}/large-${round}.bin`);
        if (bytes !== large.length) throw new Error(`${url} sent ${bytes} bytes of ${large.length}`);
      })),
  },
  {
    name: `${SMALL_FILES} files of ${SMALL_BYTES / 1000} kB up (files/s)`,
    measure: async ({ url }, agent, round) =>
      SMALL_FILES /
      (await timed(() =>
        eachOnce(SMALL_FILES, (n) => put(agent, `${url}${A}/s${round}/${n}.bin`, small, small.length)),
      )),
  },
  {
    name: `${SMALL_FILES} files of ${SMALL_BYTES / 1000} kB down (files/s)`,
    measure: async ({ url }, agent, round) =>
      SMALL_FILES / (await timed(() => eachOnce(SMALL_FILES, (n) => get(agent, `${url}${A}/s${round}/${n}.bin`)))),
  },
];

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

async function memoryMb(pid: number, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

/** How much a server grows while one file goes up and comes down again. */
async function growth(target: Target, megabytes: number): Promise<number> {
  const chunk = Buffer.alloc(1_000_000, "memory");
  const source = Readable.from(
    (function* () {
      for (let index = 0; index < megabytes; index += 1) yield chunk;
    })(),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const before = await memoryMb(target.pid, "VmRSS");
  let peak = before;
  const sampler = setInterval(async () => {
    peak = Math.max(peak, await memoryMb(target.pid, "VmRSS").catch(() => 0));
  }, 20);
  try {
    await put(agent, `${target.url}${A}/memory.bin`, source, megabytes * chunk.length);
    await get(agent, `${target.url}${A}/memory.bin`);
  } finally {
    clearInterval(sampler);
    agent.destroy();
  }
  return peak - before;
}

const ours = await startOurs();
const theirs = await startTheirs();
const row = (name: string, mine: string, peer: string, ratio: string) =>
  console.log(`${name.padEnd(36)}${mine.padStart(12)}${peer.padStart(12)}${ratio.padStart(9)}`);
try {
  if (process.platform === "linux") {
    const grown = await growth(ours, MEMORY_MB);
    row(`memory for ${MEMORY_MB} MB up and down (MB)`, grown.toFixed(0), "", "");
    if (grown > MEMORY_LIMIT_MB) {
      console.log(`FAILED: more than ${MEMORY_LIMIT_MB} MB: something collects the file in memory.`);
      process.exitCode = 1;
    }
  }
  row("", "esteira", "mlflow", "ratio");
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  for (const { name, measure } of MEASUREMENTS) {
    const [mine, peer]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      mine.push(await measure(ours, agent, round));
      if (theirs !== undefined) peer.push(await measure(theirs, agent, round));
    }
    const ratio = theirs === undefined ? "-" : `${(median(mine) / median(peer)).toFixed(1)}x`;
    row(name, median(mine).toFixed(0), theirs === undefined ? "-" : median(peer).toFixed(0), ratio);
  }
  agent.destroy();
} finally {
  await ours.close();
  await theirs?.close();
}
