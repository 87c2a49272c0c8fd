/**
 * `esteira models route` in front of `esteira models serve`: what it adds to a request, and how late the slowest of a fixed rate are. Model
 * servers and router share one core, the load has the other. Direct and routed are measured in turns over one kept connection, and the
 * difference is of medians over the turns; then requests come at a fixed rate through the router, and count from when they were due.
 *
 * `--awake` keeps the cores from sleeping (see pinned-process.ts).
 *
 *   npm run bench -- router [--turns 5] [--seconds 2] [--rate 1000] [--awake]
 *
 * Needs libxgboost, which it finds as the main job does, and taskset. Ends with 1 when a target is missed or a request fails.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Routes } from "@esteira/core/wire/routes";
import { printFigure, printMachine } from "./figure.ts";
import { freePort, packCommand } from "./own-server.ts";
import { ask, isPinned, keepAwake, OTHER_CORES, serveOnCore, start, stolenSeconds } from "./pinned-process.ts";
import { writeScoringModel } from "./scoring-folder.ts";
import type { LoadReport } from "./scoring-load.ts";
import { createRows, featureNames } from "./scoring-model.ts";
import type { LoadFound } from "./serving-load.ts";

const SHAPE = { trees: 200, depth: 6, features: 30 };
const { values: options } = parseArgs({
  options: {
    turns: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    rate: { type: "string", default: "1000" },
    awake: { type: "boolean", default: false },
  },
});
const [turns, seconds, rate] = [Number(options.turns), Number(options.seconds), Number(options.rate)];

const names = featureNames(SHAPE.features);
const values = createRows(256, SHAPE.features);
const bodies = Array.from({ length: 256 }, (_, row) =>
  JSON.stringify({
    dataframe_split: {
      columns: names,
      data: [
        Array.from(values.subarray(row * SHAPE.features, (row + 1) * SHAPE.features), (value) =>
          Number.isNaN(value) ? null : value,
        ),
      ],
    },
  }),
);
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

if (!isPinned)
  throw new Error("taskset and a second core are needed: the load must not take the core of what it measures.");
const stops: (() => Promise<void>)[] = [];

printMachine();
const letSleep = options.awake ? keepAwake() : () => {};
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-router-"));
try {
  const model = join(folder, "model");
  await writeScoringModel(model, SHAPE);
  const command = await packCommand();
  const [served, canary, routed] = [await freePort(), await freePort(), await freePort()];
  const run = async (port: number, args: readonly string[]): Promise<void> => {
    const { stop } = await serveOnCore(command, args, port);
    stops.push(stop);
  };
  for (const port of [served, canary]) await run(port, ["models", "serve", "-m", model]);
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const routes: Routes = {
    generation: 1,
    primary: { url: url(served), model: "models:/pix/1" },
    canary: { url: url(canary), model: "models:/pix/2", share: 0.5 },
  };
  const file = join(folder, "routes.json");
  await writeFile(file, JSON.stringify(routes));
  await run(routed, ["models", "route", "--routes", file]);

  const cores = OTHER_CORES.join(",");
  const closed = (port: number): Promise<LoadFound> =>
    ask(start("serving-load.ts", cores), { port, connections: 1, seconds, bodies });
  const p50: { direct: number[]; routed: number[] } = { direct: [], routed: [] };
  for (const port of [served, canary, routed]) await closed(port);
  for (let turn = 0; turn < turns; turn++) {
    p50.direct.push((await closed(served)).p50);
    p50.routed.push((await closed(routed)).p50);
  }
  const before = stolenSeconds();
  const fixed = { port: routed, path: "/invocations", rate, bodies };
  const report = await ask<LoadReport>(start("scoring-load.ts", cores), { ...fixed, seconds: turns * seconds });
  console.log(
    `the host took ${(stolenSeconds() - before).toFixed(2)} s of ${(2 * report.seconds).toFixed(0)} core seconds`,
  );
  console.log(
    `direct p50 ${p50.direct.map((ms) => ms.toFixed(2)).join(", ")} ms; routed ${p50.routed.map((ms) => ms.toFixed(2)).join(", ")} ms\n`,
  );
  const added = median(p50.routed) - median(p50.direct);
  const sorted = Float64Array.from(report.sinceDue).sort();
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  printFigure({
    name: "The router adds to a request, p50",
    target: "< 0.3 ms",
    measured: `${added.toFixed(2)} ms (${median(p50.routed).toFixed(2)} beside ${median(p50.direct).toFixed(2)} ms)`,
    isMet: added < 0.3,
  });
  printFigure({
    name: `Through the router, p99 at ${rate} requests/s on one core${options.awake ? ", cores kept awake" : ""}`,
    target: "< 5 ms",
    measured: report.failed > 0 ? `${report.failed} requests failed` : `${p99.toFixed(2)} ms`,
    isMet: report.failed === 0 && p99 < 5,
  });
} finally {
  letSleep();
  for (const stop of stops.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
