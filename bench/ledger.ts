/**
 * What it costs to keep decisions. `models serve` with and without `--decisions` in turns, each on one core under the same fixed rate, the load on the
 * other: the 99th percentile, median of the turns, counted from when a request was due. Then decisions of 40 features as quickly as they can be written
 * by one process, while another on another core collects them.
 *
 *   npm run bench -- ledger [--turns 5] [--seconds 5] [--rate 500] [--decisions 200000] [--awake]
 *
 * Needs libxgboost, which it finds as the main job does, and taskset. Ends with 1 when a target is missed or a request fails.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { printFigure, printMachine } from "./figure.ts";
import type { CollectorFound, CollectorOrder } from "./ledger-collector.ts";
import { freePort, packCommand } from "./own-server.ts";
import { ask, isPinned, keepAwake, OTHER_CORES, serveOnCore, start, stolenSeconds } from "./pinned-process.ts";
import { writeScoringModel } from "./scoring-folder.ts";
import type { LoadReport } from "./scoring-load.ts";
import { createRows, featureNames } from "./scoring-model.ts";

const SHAPE = { trees: 200, depth: 6, features: 40 };
const { values: options } = parseArgs({
  options: {
    turns: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    rate: { type: "string", default: "500" },
    decisions: { type: "string", default: "200000" },
    awake: { type: "boolean", default: false },
  },
});
const [turns, seconds, rate, count] = [options.turns, options.seconds, options.rate, options.decisions].map(Number) as [
  number,
  number,
  number,
  number,
];
const names = featureNames(SHAPE.features);
const values = createRows(256, SHAPE.features);
const rowAt = (row: number) => values.subarray((row % 256) * SHAPE.features, ((row % 256) + 1) * SHAPE.features);
const bodies = Array.from({ length: 256 }, (_, row) =>
  JSON.stringify({
    dataframe_split: {
      columns: names,
      data: [Array.from(rowAt(row), (value) => (Number.isNaN(value) ? null : value))],
    },
  }),
);
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

if (!isPinned)
  throw new Error("taskset and a second core are needed: the load must not take the core of what it measures.");
const stops: (() => Promise<void>)[] = [];

/** `models serve` on the measured core; its port. */
async function serve(command: string, model: string, args: readonly string[]): Promise<number> {
  const port = await freePort();
  const { stop } = await serveOnCore(command, ["models", "serve", "-m", model, ...args], port);
  stops.push(stop);
  return port;
}

printMachine();
const letSleep = options.awake ? keepAwake() : () => {};
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-ledger-"));
try {
  await measureLatency();
  await measureKept();
} finally {
  letSleep();
  for (const stop of stops.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}

async function measureLatency(): Promise<void> {
  const model = join(folder, "model");
  await writeScoringModel(model, SHAPE);
  const command = await packCommand();
  const plain = await serve(command, model, []);
  const kept = await serve(command, model, ["--decisions", join(folder, "served"), "--decisions-threshold", "0.9"]);
  const cores = OTHER_CORES.join(",");
  const p99 = async (port: number, length: number): Promise<number> => {
    const order = { port, path: "/invocations", rate, bodies, seconds: length };
    const { sinceDue, failed } = await ask<LoadReport>(start("scoring-load.ts", cores), order);
    if (failed > 0) throw new Error(`${failed} requests failed.`);
    const sorted = Float64Array.from(sinceDue).sort();
    return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  };
  for (const port of [plain, kept]) await p99(port, 2);
  const stolen = stolenSeconds();
  const found: { plain: number[]; kept: number[] } = { plain: [], kept: [] };
  for (let turn = 0; turn < turns; turn++) {
    found.plain.push(await p99(plain, seconds));
    found.kept.push(await p99(kept, seconds));
  }
  const shown = (all: readonly number[]) => all.map((ms) => ms.toFixed(2)).join(", ");
  console.log(`the host took ${(stolenSeconds() - stolen).toFixed(2)} s of the cores`);
  console.log(`p99 without records ${shown(found.plain)} ms; with them ${shown(found.kept)} ms\n`);
  const added = median(found.kept) / median(found.plain) - 1;
  printFigure({
    name: `Keeping decisions adds to scoring's p99 at ${rate} requests/s on one core`,
    target: "<= 5 %",
    measured: `${(100 * added).toFixed(1)} % (${median(found.kept).toFixed(2)} beside ${median(found.plain).toFixed(2)} ms)`,
    isMet: added <= 0.05,
  });
}

async function measureKept(): Promise<void> {
  const places = { decisions: join(folder, "records"), ledger: join(folder, "ledger") };
  const model = { name: "pix", version: "1", digest: "d".repeat(64), of: "folder" } as const;
  const columns = names.map((name) => ({ name, type: "f32" }) as const);
  const log = await openDecisionLog({ folder: places.decisions });
  const began = Date.now();
  const collector = start("ledger-collector.ts", OTHER_CORES.join(","));
  const collected = ask<CollectorFound>(collector, { ...places, count } satisfies CollectorOrder);
  for (let i = 0; i < count; i++) {
    const score = (i % 1000) / 1000;
    log.write({
      ...{ id: `t${i}`, at: Date.now(), eventAt: null, subjects: [`c${i % 5000}`, `p${i % 700}`], model, columns },
      ...{ values: rowAt(i), params: undefined, scorer: "table", prediction: score, oddsFactor: null, score },
      ...{ threshold: 0.99, action: score >= 0.99 ? "alert" : "allow", reasons: [], latencyMs: 1 },
    });
    // What waits for the disk is bounded, as it is in a service.
    if (i % 5000 === 4999) await log.settled();
  }
  await log.close();
  const written = (Date.now() - began) / 1000;
  const { rows, endedAt, memoryMiB } = await collected;
  const both = (endedAt - began) / 1000;
  console.log(
    `${count} decisions written in ${written.toFixed(1)} s, the last collected after ${both.toFixed(1)} s; the collector used ${memoryMiB.toFixed(0)} MiB at most\n`,
  );
  const perSecond = (seconds: number) => Math.round(count / seconds).toLocaleString("en");
  printFigure({
    name: "Decisions of 40 features sealed, chained, synced and collected into Parquet at once, on two cores",
    target: ">= 5,000/s, none missed",
    measured: `${perSecond(both)}/s (written ${perSecond(written)}/s), ${log.missed} missed`,
    isMet: rows === count && log.missed === 0 && count / both >= 5000,
  });
}
