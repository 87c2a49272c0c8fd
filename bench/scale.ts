/**
 * What grows with the page and what with the store: p50 in milliseconds of the store's own calls on SQLite files of a
 * thousand to a million runs, and how long our indexes take to be added to a database that has none, as one that MLflow has
 * filled. Fills a database of each size once, by bulk SQL; the sizes are measured in turns, so that a busy moment hits all, and
 * growth is that of the least processor time.
 *
 *     node --conditions=@esteira/source --import tsx bench/scale.ts [--sizes 1000,10000,100000,1000000] [--times 20] [--no-indexes]
 */
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { experimentId, runId } from "@esteira/core/ids";
import { openStore, type Store } from "@esteira/store/open";
import Libsql from "libsql";
import { printFigure, printMachine, thousands } from "./figure.ts";
import { fillDatabase, LARGE_EXPERIMENT } from "./search-data.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,10000,100000,1000000" },
    folder: { type: "string", default: join(tmpdir(), "esteira-bench-scale") },
    times: { type: "string", default: "20" },
    indexes: { type: "boolean", default: true },
  },
  allowNegative: true,
});
const TIMES = Number(values.times);
/** Calls before those that count: code that is compiled while it runs is compiled then. */
const WARMING = 20;
const SIZES = values.sizes.split(",").map(Number);
/** The page of the largest store may take this much longer than the smallest one's: colder pages of the file, deeper trees. */
const MOST_GROWTH = 5;
const EXPERIMENTS = [experimentId(String(LARGE_EXPERIMENT))];
/** What the small experiment takes of every database. */
const SMALL_RUNS = 1000;
const SOME_RUN = runId((SMALL_RUNS + 500).toString(16).padStart(32, "0"));

interface Call {
  readonly name: string;
  /** Its cost is to follow the page alone. */
  readonly isPaged: boolean;
  readonly run: (store: Store, count: number) => Promise<unknown>;
}

const page = (name: string, query: { filter?: string; orderBy?: string[]; maxResults: number }): Call => ({
  name,
  isPaged: true,
  run: (store) => store.searchRuns({ experimentIds: EXPERIMENTS, ...query }),
});
const point = (count: number) => ({ key: "scale", value: count, timestamp: count, step: BigInt(count) });

const CALLS: readonly Call[] = [
  page("newest 10 runs", { maxResults: 10 }),
  page("newest 100 runs", { maxResults: 100 }),
  page("newest 1000 runs", { maxResults: 1000 }),
  page("best 100 by a metric", { orderBy: ["metrics.auc DESC"], maxResults: 100 }),
  page("best 100 of a filter that half of all pass", {
    filter: "metrics.loss > 0.5",
    orderBy: ["metrics.auc DESC"],
    maxResults: 100,
  }),
  page("newest 100 of a quarter of all", { filter: "params.model = '1'", maxResults: 100 }),
  page("100 by name", { orderBy: ["run_name"], maxResults: 100 }),
  { name: "get a run", isPaged: true, run: (store) => store.getRun(SOME_RUN) },
  {
    name: "log a metric",
    isPaged: true,
    run: (store, count) => store.logBatch(SOME_RUN, { metrics: [point(count)], params: [], tags: [] }),
  },
  {
    name: "count a filter (no page)",
    isPaged: false,
    run: (store) =>
      store.queryRuns({
        experimentIds: EXPERIMENTS,
        filter: "params.model = '1' and metrics.auc > 0.5",
        maxResults: 1,
        count: true,
      }),
  },
];

const open = (path: string) => openStore({ uri: `sqlite:///${path}`, artifactRoot: "mlflow-artifacts:/" });
const pathOf = (size: number) => join(values.folder, `scale-${size}.db`);

/** Seconds to add our indexes to a database without them. */
async function indexSeconds(path: string): Promise<number> {
  const database = new Libsql(path);
  const found = database
    .prepare(
      "select name from sqlite_master where type = 'index' and name like 'esteira\\_%' escape '\\' and sql is not null",
    )
    .all() as readonly { name: string }[];
  for (const { name } of found) database.exec(`DROP INDEX "${name}"`);
  database.close();
  const began = performance.now();
  await (await open(path)).close();
  return (performance.now() - began) / 1000;
}

async function millisecondsOf(work: Promise<unknown>, began = performance.now()): Promise<number> {
  await work;
  return performance.now() - began;
}

const median = (taken: readonly number[]): number =>
  [...taken].sort((a, b) => a - b)[Math.floor(taken.length / 2)] ?? 0;
const row = (name: string, cells: readonly string[]) =>
  console.log(name.padEnd(46) + cells.map((cell) => cell.padStart(12)).join(""));

printMachine();
for (const size of SIZES) await fillDatabase(pathOf(size), SMALL_RUNS + size);
row("", [...SIZES.map((size) => `${thousands(size)} runs`), "growth"]);
row("file, MB", await Promise.all(SIZES.map(async (size) => thousands((await stat(pathOf(size))).size / 1e6))));
if (values.indexes) {
  const seconds: string[] = [];
  for (const size of SIZES) seconds.push((await indexSeconds(pathOf(size))).toFixed(1));
  row("our indexes added, s", seconds);
}
const stores = await Promise.all(SIZES.map((size) => open(pathOf(size))));
let mostGrowth = 0;
for (const { name, isPaged, run } of CALLS) {
  const taken = stores.map((): number[] => []);
  const worked = stores.map((): number[] => []);
  for (let count = -WARMING; count < TIMES; count++) {
    for (const [at, store] of stores.entries()) {
      const before = process.cpuUsage();
      const milliseconds = await millisecondsOf(run(store, count + WARMING));
      const { user, system } = process.cpuUsage(before);
      if (count < 0) continue;
      taken[at]?.push(milliseconds);
      worked[at]?.push(user + system);
    }
  }
  const p50 = taken.map(median);
  // What others do on the machine makes some calls longer, and the least processor time hardly.
  const least = worked.map((microseconds) => Math.min(...microseconds));
  const growth = (least.at(-1) ?? 0) / (least[0] ?? 0);
  if (isPaged) mostGrowth = Math.max(mostGrowth, growth);
  row(name, [...p50.map((milliseconds) => milliseconds.toFixed(2)), `${growth.toFixed(1)}x`]);
}
for (const store of stores) await store.close();
const [smallest = 0, largest = 0] = [SIZES[0], SIZES.at(-1)];
console.log();
printFigure({
  name: `a page of ${thousands(largest)} runs beside one of ${thousands(smallest)}`,
  target: `at most ${MOST_GROWTH}x`,
  measured: `${mostGrowth.toFixed(1)}x for the worst call`,
  isMet: mostGrowth <= MOST_GROWTH,
});
