/**
 * This server against `mlflow server`, in one run on one machine and databases of one kind: time to start, idle memory, and
 * requests per second of the calls that training makes most, over kept connections and new ones. The peer's answers on a kept
 * connection wait for TCP's delayed acknowledgement, so the ratio that a figure quotes is the one on new connections.
 * Ratios are ours to theirs: how many times faster, smaller or sooner.
 *
 *   node --conditions=@esteira/source --import tsx bench/server.ts [--seconds 3] [--backend sqlite|postgres] [--alone]
 *
 * Ends with 1 when a target is missed. With --alone, and without the real MLflow (see tests/compat/oracle.sh), it measures this
 * server alone. Beside each rate stands how long the server's processor worked for a request, which a busy machine changes little.
 * Needs /proc (Linux); `postgres` needs a PostgreSQL server's programs, and starts its own with its durable defaults.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findPostgres, startCluster } from "../packages/store/src/testing/postgres-cluster.ts";
import { findOracle } from "../tests/compat/oracle.ts";
import { startMlflow } from "../tests/compat/servers.ts";
import { type Operation, send } from "./call.ts";
import { Caller } from "./caller.ts";
import { type Figure, printFigure, printMachine } from "./figure.ts";
import { packCommand, type Served, startOwnServer } from "./own-server.ts";
import { proportionalMb, type TreeUse, treeUse, untilIdle } from "./process-tree.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    backend: { type: "string", default: "sqlite" },
    alone: { type: "boolean", default: false },
  },
});
const SECONDS = Number(values.seconds);
const CONNECTIONS = [1, 8] as const;
const STARTS = 5;
const M = "/api/2.0/mlflow";
const DURABILITY = {
  sqlite: "SQLite: WAL, synced for a group of writes before any of them is answered",
  postgres: "PostgreSQL: fsync and synchronous_commit on",
};
if (!Object.hasOwn(DURABILITY, values.backend)) throw new Error("--backend takes sqlite or postgres.");
const backend = values.backend === "postgres" ? "postgres" : "sqlite";

/** A run to write to and another five hundred to search among. */
async function seed(target: Served): Promise<readonly Operation[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const post = async (path: string, body: object) =>
    JSON.parse(await send(agent, target.url, { method: "POST", path: M + path, body }));
  const { experiment_id } = await post("/experiments/create", { name: "bench" });
  const newRun = async (index: number): Promise<string> => {
    const { run } = await post("/runs/create", { experiment_id, start_time: index });
    const id: string = run.info.run_id;
    const params = Array.from({ length: 10 }, (_, number) => ({ key: `p${number}`, value: String(index % 7) }));
    const metrics = Array.from({ length: 10 }, (_, number) => ({ key: `m${number}`, value: index, timestamp: 1 }));
    await post("/runs/log-batch", { run_id: id, params, metrics });
    return id;
  };
  const run_id = await newRun(0);
  const plain_id = await newRun(0);
  for (let index = 1; index <= 500; index += 1) await newRun(index);
  // A param cannot change: each call logs another.
  let params = 0;
  const batch = Array.from({ length: 100 }, (_, number) => `metric${number}`);
  const timestamp = 1_700_000_000_000;
  const posting = (path: string, body: object) => ({ method: "POST", path: M + path, body });
  const operations: readonly Operation[] = [
    {
      name: "log-metric",
      next: (step) =>
        posting("/runs/log-metric", { run_id, key: "loss", value: 1 / (step + 1), timestamp: timestamp + step, step }),
    },
    {
      name: "log-batch (100 metrics)",
      next: (step) =>
        posting("/runs/log-batch", { run_id, metrics: batch.map((key) => ({ key, value: step, timestamp, step })) }),
    },
    {
      name: "log-param",
      next: (index) => posting("/runs/log-parameter", { run_id, key: `param${params++}-${index}`, value: "v" }),
    },
    { name: "set-tag", next: (index) => posting("/runs/set-tag", { run_id, key: "progress", value: String(index) }) },
    { name: "create run", next: (index) => posting("/runs/create", { experiment_id, start_time: 1000 + index }) },
    { name: "get run", next: () => ({ method: "GET", path: `${M}/runs/get?run_id=${plain_id}` }) },
    {
      name: "search runs (71 of 500)",
      next: () =>
        posting("/runs/search", {
          experiment_ids: [experiment_id],
          filter: "params.p1 = '3'",
          order_by: ["metrics.m1 DESC"],
          max_results: 100,
        }),
    },
  ];
  // Of several who log a key for the first time at once, the peer refuses all but one.
  for (const { next } of operations) await send(agent, target.url, next(requests++));
  agent.destroy();
  return operations;
}
/** Of these the targets speak. */
const TARGETED = ["log-metric", "log-batch (100 metrics)", "log-param", "create run", "get run"];

interface Speed {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Microseconds that the server's processor worked for a request. */
  readonly cpu: number;
}

/** So long each operation is driven over either kind of connections before any is measured: code that is compiled while it runs is compiled then. */
const WARMING_MS = 2000;

async function warmUp(target: Served, operations: readonly Operation[]): Promise<void> {
  for (const keepAlive of [true, false]) {
    for (const operation of operations) {
      const callers = Array.from({ length: 8 }, () => new Caller(target.url, keepAlive));
      await driven(operation, callers, WARMING_MS);
      for (const caller of callers) caller.close();
    }
  }
}

/** What each request took, in milliseconds, of callers who go on for `ms`. */
async function driven(operation: Operation, callers: readonly Caller[], ms: number): Promise<number[]> {
  const until = performance.now() + ms;
  const times: number[] = [];
  const drive = async (caller: Caller) => {
    while (performance.now() < until) {
      const call = operation.next(requests++);
      const began = performance.now();
      await caller.send(call);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(callers.map(drive));
  return times;
}
/** No two requests are equal, and steps go on: what was logged before is not logged again. */
let requests = 0;

/** Drives an operation over `connections` at once, kept or new for each request, after a short warm-up. */
async function measure(
  target: Pick<Served, "url" | "pid">,
  operation: Operation,
  connections: number,
  keepAlive: boolean,
): Promise<Speed> {
  const callers = Array.from({ length: connections }, () => new Caller(target.url, keepAlive));
  await driven(operation, callers, 500);
  const [before, began] = [await treeUse(target.pid), performance.now()];
  const times = await driven(operation, callers, SECONDS * 1000);
  const rate = times.length / ((performance.now() - began) / 1000);
  const after = await treeUse(target.pid);
  for (const caller of callers) caller.close();
  times.sort((a, b) => a - b);
  return {
    rate,
    p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    cpu: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / times.length,
  };
}

const row = (name: string, ...cells: string[]) =>
  console.log(name.padEnd(36) + cells.map((cell) => cell.padStart(12)).join(""));
const times = (a: number, b: number): string => `${(a / b).toFixed(1)}x`;

interface Compared {
  readonly name: string;
  readonly connections: number;
  readonly kept: boolean;
  readonly own: Speed;
  readonly their: Speed | undefined;
}

async function compare(ours: Served, theirs: Served | undefined): Promise<Compared[]> {
  const [mine, peer] = [await seed(ours), theirs === undefined ? undefined : await seed(theirs)];
  await warmUp(ours, mine);
  if (theirs && peer) await warmUp(theirs, peer);
  const found: Compared[] = [];
  row("requests a second", "esteira", "mlflow", "ratio", "p99 ms", "p99 mlflow", "p99 ratio", "cpu us");
  for (const kept of [true, false]) {
    for (const connections of CONNECTIONS) {
      for (const [index, operation] of mine.entries()) {
        const other = peer?.[index];
        const own = await measure(ours, operation, connections, kept);
        const their = theirs && other ? await measure(theirs, other, connections, kept) : undefined;
        found.push({ name: operation.name, connections, kept, own, their });
        row(
          `${operation.name}, ${connections} ${kept ? "kept" : "new"}`,
          own.rate.toFixed(0),
          their?.rate.toFixed(0) ?? "-",
          their === undefined ? "-" : times(own.rate, their.rate),
          own.p99.toFixed(1),
          their?.p99.toFixed(1) ?? "-",
          their === undefined ? "-" : times(their.p99, own.p99),
          own.cpu.toFixed(0),
        );
      }
    }
  }
  return found;
}

/** What the machine itself, Node's HTTP and the load take: the rate of a server that only answers. */
async function printFloor(): Promise<void> {
  const child = fork(fileURLToPath(new URL("echo-server.ts", import.meta.url)));
  child.send({});
  const [listening]: { port: number }[] = await once(child, "message");
  const echo = { url: `http://127.0.0.1:${listening?.port}`, pid: child.pid ?? 0 };
  const body = { run_id: "a".repeat(32), key: "loss", value: 0.5, timestamp: 1_700_000_000_000, step: 1 };
  const operation = { name: "an answer", next: () => ({ method: "POST", path: "/", body }) };
  for (const kept of [true, false]) {
    const { rate, p99, cpu } = await measure(echo, operation, 8, kept);
    const name = `a server that only answers, 8 ${kept ? "kept" : "new"}`;
    row(name, rate.toFixed(0), "-", "-", p99.toFixed(1), "-", "-", cpu.toFixed(0));
  }
  child.disconnect();
}

/** The rows for docs/reference/performance.md that a peer makes possible: the least of the targeted calls, by connections. */
function throughputFigures(found: readonly Compared[]): Figure[] {
  return [true, false].flatMap((kept): Figure[] => {
    const those = found.flatMap(({ their, ...rest }) =>
      their !== undefined && rest.kept === kept && rest.connections === 8 && TARGETED.includes(rest.name)
        ? [{ name: rest.name, rate: rest.own.rate / their.rate, p99: their.p99 / rest.own.p99 }]
        : [],
    );
    if (those.length === 0) return [];
    const told = (pick: "rate" | "p99") =>
      [...those].sort((a, b) => a[pick] - b[pick]).map((one) => `${one.name} ${one[pick].toFixed(0)}x`);
    const where = `8 ${kept ? "kept" : "new"} connections, ${backend}`;
    return [
      {
        name: `Requests a second over MLflow's, ${where}`,
        target: "≥ 30x each",
        measured: told("rate").join(", "),
        isMet: those.every(({ rate }) => rate >= 30),
      },
      {
        name: `MLflow's p99 over ours, ${where}`,
        target: "≥ 10x each",
        measured: told("p99").join(", "),
        isMet: those.every(({ p99 }) => p99 >= 10),
      },
    ];
  });
}

interface IdleUse extends TreeUse {
  readonly proportionalMb: number;
}

/** What a server holds that has started whole and has nothing to do. */
async function idleUse({ pid }: Served): Promise<IdleUse> {
  await untilIdle(pid);
  return { ...(await treeUse(pid)), proportionalMb: await proportionalMb(pid) };
}

const toldIdle = ({ residentMb, proportionalMb, processes }: IdleUse): string =>
  `${residentMb.toFixed(0)} MiB resident in ${processes} processes, ${proportionalMb.toFixed(0)} MiB with shared pages divided`;

async function startTheirs(python: string, databaseUri: string | undefined): Promise<Served> {
  const began = performance.now();
  const { url, pid, close } = await startMlflow(python, { databaseUri });
  return { url, pid: pid ?? 0, startMs: performance.now() - began, close };
}

const startOurs = (name: string): Promise<Served> =>
  startOwnServer(command, home, ["--backend-store-uri", cluster?.uri(name) ?? `sqlite:///${join(home, `${name}.db`)}`]);

/** The median of several first starts, each on a database of its own, in milliseconds. */
async function startedAlone(): Promise<number> {
  const took: number[] = [];
  for (let turn = 0; turn < STARTS; turn++) {
    await cluster?.createDatabase(`start${turn}`);
    const server = await startOurs(`start${turn}`);
    took.push(server.startMs);
    await server.close();
  }
  took.sort((a, b) => a - b);
  console.log(`starts: ${took.map((ms) => (ms / 1000).toFixed(2)).join(", ")} s`);
  return took[STARTS >> 1] ?? Number.NaN;
}

const home = await mkdtemp(join(tmpdir(), "esteira-bench-"));
const found = await findPostgres();
if (backend === "postgres" && "missing" in found) throw new Error(found.missing);
const cluster =
  backend === "postgres" && "bin" in found ? await startCluster(found.bin, { settings: { fsync: "on" } }) : undefined;
await cluster?.createDatabase("ours");
await cluster?.createDatabase("theirs");
const command = await packCommand();
const oracle = values.alone ? { missing: "--alone was asked for." } : findOracle();
if ("missing" in oracle) console.log(`Without the peer: ${oracle.missing}`);
printMachine();
// Ours starts while the machine has nothing else to do: the peer's workers and jobs go on starting for seconds after its first answer.
const startMs = await startedAlone();
const theirs = "python" in oracle ? await startTheirs(oracle.python, cluster?.uri("theirs")) : undefined;
const ours = await startOurs("ours");
try {
  console.log(`Every acknowledged write is on the disk first (${DURABILITY[backend]}).`);
  // Not before the peer has started all of its processes: a second after its first answer it has half of them.
  const [idle, peerIdle] = [await idleUse(ours), theirs && (await idleUse(theirs))];
  console.log(`idle: ${toldIdle(idle)}${peerIdle === undefined ? "" : `; mlflow ${toldIdle(peerIdle)}`}`);
  const compared = await compare(ours, theirs);
  await printFloor();
  const [used, peerUsed] = [await treeUse(ours.pid), theirs === undefined ? undefined : await treeUse(theirs.pid)];
  console.log(
    `memory afterwards: ${used.residentMb.toFixed(0)} MiB${peerUsed === undefined ? "" : `, mlflow ${peerUsed.residentMb.toFixed(0)} MiB`}\n`,
  );
  printFigure({
    name: `Start to the first healthy answer, ${backend}`,
    target: "< 0.5 s, ≥ 25x MLflow's",
    measured: `${(startMs / 1000).toFixed(2)} s${theirs === undefined ? "" : ` (${times(theirs.startMs, startMs)}: ${(theirs.startMs / 1000).toFixed(2)} s)`}`,
    isMet: startMs < 500 && (theirs === undefined || theirs.startMs / startMs >= 25),
  });
  printFigure({
    name: `Idle memory, ${backend}`,
    target: "≤ 1/25 of MLflow's",
    measured: `${idle.residentMb.toFixed(0)} MiB${peerIdle === undefined ? "" : ` (1/${(peerIdle.residentMb / idle.residentMb).toFixed(1)})`}`,
    isMet: peerIdle === undefined || peerIdle.residentMb / idle.residentMb >= 25,
  });
  for (const figure of throughputFigures(compared)) printFigure(figure);
} finally {
  await ours.close();
  await theirs?.close();
  await cluster?.remove();
  await rm(home, { recursive: true, force: true });
}
