/**
 * Searches and histories as the store grows, over HTTP: p50, p99 and CPU time of an answer in milliseconds for this server,
 * and with `--peer` for `mlflow server` on the very same database, in one run, each a process of its own. On a busy machine
 * the CPU times tell more than the clock. Fills a database of each size, on SQLite once, by bulk SQL.
 *
 *     node --conditions=@esteira/source --import tsx bench/search.ts [--sizes 1000,10000,100000] [--times 20] [--peer]
 *         [--only TEXT] [--backend sqlite|postgres]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPostgres, startCluster } from "@esteira/store/testing/postgres-cluster";
import { findOracle } from "../tests/compat/oracle.ts";
import { startMlflow } from "../tests/compat/servers.ts";
import { send } from "./call.ts";
import { packCommand, startOwnServer } from "./own-server.ts";
import { treeUse, untilIdle } from "./process-tree.ts";
import {
  fillDatabase,
  fillPostgres,
  HISTORY_RUN,
  LARGE_EXPERIMENT,
  LONG_HISTORY_RUN,
  SMALL_EXPERIMENT,
} from "./search-data.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,10000,100000" },
    folder: { type: "string", default: join(tmpdir(), "esteira-bench-search") },
    times: { type: "string", default: "20" },
    peer: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    backend: { type: "string", default: "sqlite" },
  },
});
const TIMES = Number(values.times);
/** The peer takes seconds for a call: fewer of them tell enough. */
const PEER_TIMES = Math.max(3, Math.ceil(TIMES / 5));
/** Calls before those that count: at least as many as the peer has workers, and for so long, until code that is compiled while it runs is. */
const WARMING = 4;
const WARMING_MS = 2000;
const M = "/api/2.0/mlflow";

const OWN = "/api/esteira/v1";

interface Question {
  readonly name: string;
  readonly path: string;
  readonly body?: object;
}
/** The peer has no answer to these. */
const isOwn = ({ path }: Question): boolean => path.startsWith(OWN);

const search = (name: string, experiment: number, more: object): Question => ({
  name,
  path: `${M}/runs/search`,
  body: { experiment_ids: [String(experiment)], max_results: 100, ...more },
});
/** What is asked when somebody looks for the best runs. The peer is quick with the first of them alone. */
const BEST: Readonly<Record<string, string>> = {
  "a param and the metric": "params.model = '1' and metrics.auc > 0.5",
  "a param": "params.depth = '3'",
  "another metric": "metrics.loss < 0.5",
  "the metric": "metrics.auc > 0.5",
  "their status": "attributes.status = 'FINISHED'",
};
const QUESTIONS: readonly Question[] = [
  ...Object.entries(BEST).map(([what, filter]) =>
    search(`best 100 runs filtered by ${what}`, LARGE_EXPERIMENT, { filter, order_by: ["metrics.auc DESC"] }),
  ),
  search("three comparisons, newest first, 100 runs", LARGE_EXPERIMENT, {
    filter: "params.model = '1' and params.depth = '3' and metrics.f1 > 0.9",
  }),
  search("newest 100 runs", LARGE_EXPERIMENT, {}),
  search("newest 1000 runs", LARGE_EXPERIMENT, { max_results: 1000 }),
  search("best 100 runs of an experiment with 1000", SMALL_EXPERIMENT, { order_by: ["metrics.auc DESC"] }),
  search("best 100 runs by end", LARGE_EXPERIMENT, { order_by: ["end_time DESC"] }),
  search("100 runs by name", LARGE_EXPERIMENT, { order_by: ["run_name"] }),
  { name: "history of 100,000 points", path: `${M}/metrics/get-history?run_id=${HISTORY_RUN}&metric_key=loss` },
  {
    name: "1,000,000 points thinned to 2,000",
    path: `${M}/metrics/get-history-bulk-interval?run_ids=${LONG_HISTORY_RUN}&metric_key=loss&max_results=2000`,
  },
  {
    name: "1,000,000 points for a chart of 2,000, peaks kept",
    path: `${OWN}/metrics/history?run_ids=${LONG_HISTORY_RUN}&metric_key=loss&max_points=2000`,
  },
  {
    ...search("own search: two columns, 100 runs, counted", LARGE_EXPERIMENT, {
      filter: "params.model = '1' and metrics.auc > 0.5",
      order_by: ["metrics.auc DESC"],
      columns: ["metrics.auc", "params.depth"],
      count: true,
    }),
    path: `${OWN}/runs/search`,
  },
];

/** A new connection each time: a kept one would add the peer's 40 ms of TCP waiting to each of its answers. */
const agent = new Agent({ keepAlive: false });

async function once(url: string, { path, body }: Question): Promise<number> {
  const began = performance.now();
  await send(agent, url, body === undefined ? { method: "GET", path } : { method: "POST", path, body });
  return performance.now() - began;
}

interface Target {
  readonly url: string;
  readonly pid: number;
}

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
}

async function measure({ url, pid }: Target, question: Question, times: number): Promise<Measured> {
  const warm = performance.now() + WARMING_MS;
  for (let index = 0; index < WARMING || performance.now() < warm; index++) await once(url, question);
  const before = await treeUse(pid);
  const taken: number[] = [];
  for (let index = 0; index < times; index++) taken.push(await once(url, question));
  const cpu = (((await treeUse(pid)).cpuSeconds - before.cpuSeconds) * 1000) / times;
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), cpu };
}

const row = (...cells: readonly string[]) =>
  console.log(
    (cells[0] ?? "").padEnd(50) +
      cells
        .slice(1)
        .map((cell) => cell.padStart(10))
        .join(""),
  );
const oracle = findOracle();
const python = values.peer && "python" in oracle ? oracle.python : undefined;
if (values.peer && "missing" in oracle) console.log(`Without the peer: ${oracle.missing}`);

const postgres = values.backend === "postgres" ? await findPostgres() : undefined;
if (postgres !== undefined && "missing" in postgres) throw new Error(postgres.missing);
const cluster = postgres && (await startCluster(postgres.bin, { settings: { fsync: "on" } }));
const command = await packCommand();

/** The URI of a database with so many runs. */
async function filled(size: number): Promise<string> {
  if (cluster === undefined) {
    const path = join(values.folder, `${size}.db`);
    await fillDatabase(path, size);
    return `sqlite:///${path}`;
  }
  const name = `runs_${size}`;
  await cluster.createDatabase(name);
  await fillPostgres(cluster.uri(name), size);
  return cluster.uri(name);
}

for (const size of values.sizes.split(",").map(Number)) {
  const databaseUri = await filled(size);
  const home = await mkdtemp(join(tmpdir(), "esteira-bench-"));
  const ours = await startOwnServer(command, home, ["--backend-store-uri", databaseUri]);
  const peer = python === undefined ? undefined : await startMlflow(python, { databaseUri });
  const theirs = peer?.pid === undefined ? undefined : { url: peer.url, pid: peer.pid };
  try {
    // Its workers start their own long after the first answer, and would take the processor from who is measured first.
    if (theirs !== undefined) await untilIdle(theirs.pid);
    row(`${size} runs (ms)`, "p50", "p99", "CPU", "peer p50", "peer p99", "peer CPU", "ratio", "CPU ratio");
    for (const question of QUESTIONS.filter(({ name }) => name.includes(values.only))) {
      const own = await measure(ours, question, TIMES);
      const other = theirs === undefined || isOwn(question) ? undefined : await measure(theirs, question, PEER_TIMES);
      row(
        question.name,
        own.p50.toFixed(1),
        own.p99.toFixed(1),
        own.cpu.toFixed(1),
        other?.p50.toFixed(0) ?? "-",
        other?.p99.toFixed(0) ?? "-",
        other?.cpu.toFixed(0) ?? "-",
        other === undefined ? "-" : `${(other.p50 / own.p50).toFixed(0)}x`,
        other === undefined ? "-" : `${(other.cpu / own.cpu).toFixed(0)}x`,
      );
    }
  } finally {
    await ours.close();
    await peer?.close();
    await rm(home, { recursive: true });
  }
}
await cluster?.remove();
