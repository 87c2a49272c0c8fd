/**
 * The native route of the fraud service, as a payment would meet it: one raw transfer in; features from the online state,
 * score, decision and reasons out (reasons are asked for every transfer, which is the most work). A model trained here, on
 * the flagship's features, is served by one process on one core; another process sends the transfers that follow, in their
 * order, at a fixed rate whatever the answers take. A request's time counts from the instant it was due. Before it, the same
 * load meets a server that only answers, on the same core: what of the time is the machine's and the load's own; and how long
 * the host took the core away meanwhile.
 *
 * `--vegeta FILE` names the program of an open load tester, which then is the load in our own's place: it sends at a fixed rate
 * too, counts from sending, and shares no runtime with what it measures.
 *
 * `--awake` keeps the cores from sleeping (see pinned-process.ts): what is measured then is the service, not how soon the host wakes a core.
 *
 *   npm run bench -- decision [--rate 1000] [--seconds 20] [--transfers 200000] [--awake] [--vegeta FILE]
 *
 * Needs libxgboost, which it finds as the main job does. Ends with 1 when the target is missed or a request fails.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { computeFeatures } from "../pix-fraud/src/features/offline.ts";
import { splitTimeline } from "../pix-fraud/src/job/timeline.ts";
import { transferToWire } from "../pix-fraud/src/service/ledger-wire.ts";
import { judgeModel, fit as train } from "../pix-fraud/src/training/candidate.ts";
import { packageModel } from "../pix-fraud/src/training/package-model.ts";
import { rowsIn } from "../pix-fraud/src/training/rows.ts";
import { prepareStudy } from "../pix-fraud/src/training/study.ts";
import { simulateWorld } from "../pix-fraud/src/world/simulate.ts";
import type { ServerOrder } from "./decision-server.ts";
import { printFigure, printMachine } from "./figure.ts";
import {
  ask,
  keepAwake,
  OTHER_CORES as others,
  isPinned as pinned,
  SERVER_CORE,
  start,
  stolenSeconds,
} from "./pinned-process.ts";
import type { LoadReport } from "./scoring-load.ts";
import { vegetaLoad } from "./vegeta-load.ts";

const TARGET_MS = 2;
const SEED = 7;
const DAYS = 240;
const WARM_UP_SECONDS = 5;

const { values: options } = parseArgs({
  options: {
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "20" },
    transfers: { type: "string", default: "200000" },
    awake: { type: "boolean", default: false },
    vegeta: { type: "string" },
  },
});
const rate = Number(options.rate);
const seconds = Number(options.seconds);
const transfers = Number(options.transfers);

/** Trains and packages a model; the transfers of the live span, as a caller sends them. */
async function prepare(folder: string) {
  const ledger = simulateWorld({ transfers, seed: SEED, days: DAYS });
  const time = ledger.transfers.time;
  const timeline = splitTimeline(time[0]!, time[ledger.rows - 1]!);
  const study = prepareStudy(ledger, computeFeatures(ledger), timeline);
  const library = await locateXgboost({ onProgress: (line) => console.log(line) });
  const { signal } = new AbortController();
  const model = await train(openXgboost(library.path), study, { trainer: "xgboost", params: {}, seed: SEED, signal });
  const judged = await judgeModel(study, model, {}, SEED);
  await packageModel(folder, study, judged, { createdAt: 0, modelId: "0".repeat(32) });
  const live = rowsIn(ledger, timeline.live);
  const wanted = rate * (seconds + WARM_UP_SECONDS);
  if (live.to - live.from < wanted) {
    throw new Error(
      `The live span has ${live.to - live.from} transfers, the load takes ${wanted}: raise --transfers, or lower --rate or --seconds.`,
    );
  }
  console.log(
    `${study.table.names.length} features, ${model.bestIteration + 1} rounds, ${live.from} transfers past; every request another transfer, with reasons`,
  );
  const bodies = Array.from({ length: wanted }, (_, at) =>
    JSON.stringify({ ...transferToWire(ledger, live.from + at), explain: true }),
  );
  return { bodies, past: live.from };
}

const quantiles = (milliseconds: readonly number[]): string => {
  const sorted = Float64Array.from(milliseconds).sort();
  const at = (share: number) => `p${100 * share} ${quantile(sorted, share).toFixed(2)} ms`;
  return `${[0.5, 0.99, 0.999].map(at).join(", ")}, slowest ${sorted.at(-1)?.toFixed(2)} ms`;
};
const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

const folder = await mkdtemp(join(tmpdir(), "esteira-bench-"));
printMachine();
let letSleep = (): void => {};
try {
  const { bodies, past } = await prepare(join(folder, "model"));
  const loadCores = pinned ? others.join(",") : undefined;
  const { vegeta } = options;
  const send = async (port: number, part: readonly string[], forSeconds: number) => {
    if (vegeta !== undefined) {
      const url = `http://127.0.0.1:${port}/v1/transfers`;
      return vegetaLoad({ program: vegeta, cores: loadCores, folder, url, rate, seconds: forSeconds, bodies: part });
    }
    const child = start("scoring-load.ts", loadCores);
    return ask<LoadReport>(child, { port, path: "/v1/transfers", rate, seconds: forSeconds, bodies: part });
  };
  const warmUp = rate * WARM_UP_SECONDS;
  const core = pinned ? String(SERVER_CORE) : undefined;

  if (options.awake) letSleep = keepAwake();
  const echo = start("echo-server.ts", core);
  const { port: echoPort } = await ask<{ port: number }>(echo, {});
  await send(echoPort, bodies.slice(0, warmUp), WARM_UP_SECONDS);
  const floor = await send(echoPort, bodies.slice(warmUp), seconds);
  echo.disconnect();

  const server = start("decision-server.ts", core);
  const order: ServerOrder = { folder: join(folder, "model"), transfers, seed: SEED, days: DAYS, past };
  const { port } = await ask<{ port: number }>(server, order);
  await send(port, bodies.slice(0, warmUp), WARM_UP_SECONDS);
  const before = await ask<{ cpuMicros: number }>(server, {});
  const stolenBefore = stolenSeconds();
  const report = await send(port, bodies.slice(warmUp), seconds);
  const stolen = stolenSeconds() - stolenBefore;
  const after = await ask<{ cpuMicros: number; residentMb: number; inside: number[] }>(server, {});
  server.disconnect();
  const answered = report.took.length;
  console.log(
    pinned ? `service on core ${SERVER_CORE}, load on ${others.join(", ")}` : "taskset is missing: not pinned",
  );
  console.log(`a server that only answers: ${quantiles(floor.sinceDue)}`);
  console.log(
    `the host took ${stolen.toFixed(2)} s of ${(report.seconds * availableParallelism()).toFixed(0)} core seconds`,
  );
  console.log(`answered ${answered}, failed ${report.failed}, ${(answered / report.seconds).toFixed(0)} a second`);
  console.log(`in the service ${quantiles(after.inside)}`);
  console.log(`from sending   ${quantiles(report.took)}`);
  console.log(`from when due  ${quantiles(report.sinceDue)}`);
  console.log(
    `service: ${((after.cpuMicros - before.cpuMicros) / answered).toFixed(0)} µs of its core a request, peak ${after.residentMb.toFixed(0)} MiB`,
  );
  const p99 = quantile(Float64Array.from(report.sinceDue).sort(), 0.99);
  printFigure({
    name: `Native scoring route, p99 at ${rate} requests/s${pinned ? " on one core" : ""}${options.awake ? ", cores kept awake" : ""}${vegeta === undefined ? "" : ", by vegeta"}`,
    target: `< ${TARGET_MS} ms`,
    measured: report.failed > 0 ? `${report.failed} requests failed` : `${p99.toFixed(2)} ms`,
    isMet: report.failed === 0 && p99 < TARGET_MS,
  });
} finally {
  letSleep();
  await rm(folder, { recursive: true, force: true });
}
