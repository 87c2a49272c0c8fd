/**
 * What prepared statements save: CPU time of PostgreSQL and of this process for each call of the store, with statements that
 * are prepared once a connection and with `prepared_statements=off`, in turns on two databases of one server.
 *
 *     node --conditions=@esteira/source --import tsx bench/statements.ts [--calls 1000] [--rounds 3] [--only TEXT]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { experimentId, type RunId } from "@esteira/core/ids";
import { openStore, type Store } from "@esteira/store/open";
import { findPostgres, startCluster } from "@esteira/store/testing/postgres-cluster";
import { printMachine } from "./figure.ts";
import { treeUse } from "./process-tree.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
  },
});
const CALLS = Number(values.calls);
const ROUNDS = Number(values.rounds);
const EXPERIMENT = experimentId("0");

type Call = (store: Store, run: RunId, count: number) => Promise<unknown>;
const newRun = (store: Store) => store.createRun({ experimentId: EXPERIMENT, userId: "ana", startTime: 1, tags: [] });
const points = (keys: number, count: number) =>
  Array.from({ length: keys }, (_, at) => ({ key: `m${at}`, value: count, timestamp: count, step: BigInt(count) }));
const CALLS_OF: Readonly<Record<string, Call>> = {
  "create a run": newRun,
  "log a metric": (store, run, count) => store.logBatch(run, { metrics: points(1, count), params: [], tags: [] }),
  "log 10 metrics": (store, run, count) => store.logBatch(run, { metrics: points(10, count), params: [], tags: [] }),
  "get a run": (store, run) => store.getRun(run),
  "search, 100 runs": (store) => store.searchRuns({ experimentIds: [EXPERIMENT], maxResults: 100 }),
};

const postgres = await findPostgres();
if ("missing" in postgres) throw new Error(postgres.missing);
const cluster = await startCluster(postgres.bin);
try {
  const postmaster = Number(
    (await readFile(join(cluster.socketFolder, "data", "postmaster.pid"), "utf8")).split("\n")[0],
  );
  const ways: { way: string; store: Store; run: RunId }[] = [];
  for (const way of ["on", "off"]) {
    await cluster.createDatabase(way);
    const uri = `${cluster.uri(way)}?prepared_statements=${way}`;
    const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
    const { info } = await newRun(store);
    for (let count = 0; count < 100; count++) {
      const run = (await newRun(store)).info.runId;
      await store.logBatch(run, { metrics: points(10, count), params: [], tags: [] });
    }
    ways.push({ way, store, run: info.runId });
  }
  printMachine();
  console.log("CPU, ms a call        PostgreSQL: on     off  saved     this process: on     off  saved");
  for (const [name, call] of Object.entries(CALLS_OF).filter(([name]) => name.includes(values.only))) {
    const spent = new Map(ways.map(({ way }) => [way, { server: 0, own: 0 }]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const { way, store, run } of ways) {
        const [server, own] = [(await treeUse(postmaster)).cpuSeconds, process.cpuUsage()];
        for (let count = 0; count < CALLS; count++) await call(store, run, round * CALLS + count);
        const { user, system } = process.cpuUsage(own);
        const sum = spent.get(way);
        if (sum === undefined) continue;
        sum.server += (await treeUse(postmaster)).cpuSeconds - server;
        sum.own += (user + system) / 1e6;
      }
    }
    const cells = (["server", "own"] as const).map((part) => {
      const [on = 0, off = 0] = ways.map(({ way }) => ((spent.get(way)?.[part] ?? 0) * 1000) / (CALLS * ROUNDS));
      return `${on.toFixed(2).padStart(16)}${off.toFixed(2).padStart(8)}${`${((1 - on / off) * 100).toFixed(0)} %`.padStart(7)}`;
    });
    console.log(name.padEnd(18) + cells.join("   "));
  }
  for (const { store } of ways) await store.close();
} finally {
  await cluster.remove();
}
