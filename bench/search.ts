/**
 * Searches and histories as the store grows, over HTTP: p50, p99 and CPU time of an answer in milliseconds for this server,
 * and with `--peer` for `mlflow server` on the very same SQLite file, in one run. On a busy machine the CPU times tell more
 * than the clock; this server's include the bench's own client. Fills a database of each size once, by bulk SQL.
 *
 *     node --conditions=@esteira/source --import tsx bench/search.ts [--sizes 1000,10000,100000] [--times 20] [--peer] [--only TEXT]
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findOracle } from "../tests/compat/oracle.ts";
import { type Peer, startEsteira, startMlflow } from "../tests/compat/servers.ts";
import { treeUse } from "./process-tree.ts";
import { fillDatabase, HISTORY_RUN, LARGE_EXPERIMENT, LONG_HISTORY_RUN, SMALL_EXPERIMENT } from "./search-data.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,10000,100000" },
    folder: { type: "string", default: join(tmpdir(), "esteira-bench-search") },
    times: { type: "string", default: "20" },
    peer: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const TIMES = Number(values.times);
/** The peer takes seconds for a call: fewer of them tell enough. */
const PEER_TIMES = Math.max(3, Math.ceil(TIMES / 5));
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
const QUESTIONS: readonly Question[] = [
  search("filter + order by a metric, 100 runs", LARGE_EXPERIMENT, {
    filter: "params.model = '1' and metrics.auc > 0.5",
    order_by: ["metrics.auc DESC"],
  }),
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

/** On a new connection each time: a kept one would add the peer's 40 ms of TCP waiting to each of its answers. */
async function once(url: string, { path, body }: Question): Promise<number> {
  const began = performance.now();
  const headers = { connection: "close", "content-type": "application/json" };
  const response = await fetch(
    url + path,
    body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers },
  );
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return performance.now() - began;
}

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
}

async function measure({ url, pid }: Peer, question: Question, times: number): Promise<Measured> {
  await once(url, question);
  const cpuNow = async () => (pid === undefined ? ownCpu() : (await treeUse(pid)).cpuSeconds);
  const before = await cpuNow();
  const taken: number[] = [];
  for (let index = 0; index < times; index++) taken.push(await once(url, question));
  const cpu = (((await cpuNow()) - before) * 1000) / times;
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), cpu };
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
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

for (const size of values.sizes.split(",").map(Number)) {
  const database = join(values.folder, `${size}.db`);
  await fillDatabase(database, size);
  const ours = await startEsteira({ database });
  const theirs: Peer | undefined = python === undefined ? undefined : await startMlflow(python, { database });
  try {
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
    await theirs?.close();
  }
}
