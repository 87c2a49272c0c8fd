/**
 * `esteira models serve` for many minutes, as production asks of it: steady requests over kept connections, two workers, a
 * champion, a canary with a fifth of the requests and a shadow, while every few seconds one of the three aliases moves to
 * another version. No request may fail, every version must have answered, and the processes must hold no more memory at the
 * end than at the start, plus a slack for what a heap keeps free: a model that was not let go weighs megabytes a move.
 *
 *   npm run bench -- soak [--minutes 10] [--rate 200] [--every 3]
 *
 * Memory is the sum over the processes of the command, the median of the samples in the second tenth of the time and in the
 * last. Needs libxgboost, which it finds as the main job does, and /proc (Linux). Ends with 1 when a target is missed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Booster } from "@esteira/models/engines/xgboost/booster";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { startRun } from "@esteira/sdk/active-run";
import { type Client, createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { printFigure, printMachine, thousands } from "./figure.ts";
import { freePort, packCommand, startOwnServer } from "./own-server.ts";
import { treeUse } from "./process-tree.ts";
import { createModelText, createRows, featureNames } from "./scoring-model.ts";

const FEATURES = 30;
/** Trees of versions 1, 2, 3 ...: models of different size and answers. */
const VERSIONS = [100, 150, 200, 250];
const ALIASES = ["champion", "canary", "shadow"] as const;
const CONNECTIONS = 8;
const WORKERS = 2;
/** Three processes: the one that watches and the workers. */
const SLACK_MB = 64;

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "200" },
    every: { type: "string", default: "3" },
  },
});
const seconds = Number(options.minutes) * 60;
const rate = Number(options.rate);
const every = Number(options.every);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

async function registerVersions(client: Client, folder: string): Promise<void> {
  const library = await locateXgboost({ onProgress: (line) => console.log(line) });
  const xgboost = openXgboost(library.path);
  const experimentId = await client.experiments.ensure("soak");
  await client.registeredModels.create({ name: "soak" });
  for (const trees of VERSIONS) {
    await startRun({ client, experimentId }, async (run) => {
      const model = await logModel(client, run, { name: "model" }, async ({ modelId }) => {
        const target = join(folder, modelId);
        const text = createModelText({ trees, depth: 6, features: FEATURES });
        await writeModelFolder(target, {
          ubj: Booster.load(xgboost, Buffer.from(text)).save("ubj"),
          createdAt: 0,
          modelUuid: modelId,
          signature: {
            inputs: columnsOf(featureNames(FEATURES), "double").map((spec) => ({ ...spec, required: false })),
          },
        });
        return target;
      });
      await client.modelVersions.create({ name: "soak", source: `models:/${model.modelId}`, modelId: model.modelId });
    });
  }
  for (const alias of ALIASES) await client.registeredModels.setAlias("soak", alias, "1");
}

/** What callers saw. */
class Answers {
  asked = 0;
  failed = 0;
  readonly faults = new Map<string, number>();
  /** Requests by the version that answered and its part. */
  readonly by = new Map<string, number>();
  readonly took: number[] = [];

  fail(reason: string): void {
    this.failed++;
    this.faults.set(reason, (this.faults.get(reason) ?? 0) + 1);
  }
}

/** Sends one row; resolves when it is answered or has failed, which `answers` keeps. */
function ask(agent: Agent, url: string, body: string, key: string, answers: Answers): Promise<void> {
  answers.asked++;
  const sent = performance.now();
  return new Promise((resolve) => {
    const outgoing = request(
      `${url}/invocations`,
      { agent, method: "POST", headers: { "content-type": "application/json", "x-esteira-key": key } },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.on("error", (error) => {
          answers.fail(error.message);
          resolve();
        });
        incoming.on("end", () => {
          const { "x-esteira-model": model, "x-esteira-variant": variant } = incoming.headers;
          if (incoming.statusCode !== 200 || !/^\{"predictions": \[[\d.e-]+\]\}$/.test(text))
            answers.fail(`status ${incoming.statusCode}: ${text.slice(0, 100)}`);
          else {
            const who = `${variant} ${model}`;
            answers.by.set(who, (answers.by.get(who) ?? 0) + 1);
            answers.took.push(performance.now() - sent);
          }
          resolve();
        });
      },
    );
    outgoing.on("error", (error) => {
      answers.fail(error.message);
      resolve();
    });
    outgoing.end(body);
  });
}

/** Asks `rate` times a second until `until` says that it is over, whatever the answers take. */
async function askSteadily(url: string, bodies: readonly string[], answers: Answers, isOver: () => boolean) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const pending = new Set<Promise<void>>();
  const began = performance.now();
  for (let next = 0; !isOver(); ) {
    const due = ((performance.now() - began) / 1000) * rate;
    for (; next < due; next++) {
      const one = ask(agent, url, bodies[next % bodies.length] ?? "", `payer-${next % 1000}`, answers);
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
    await pause(5);
  }
  await Promise.all(pending);
  agent.destroy();
}

/** Moves one alias after another, each to the next version. Gives the number of moves. */
async function moveAliases(client: Client, isOver: () => boolean): Promise<number> {
  let moves = 0;
  for (; !isOver(); moves++) {
    await pause(every * 1000);
    const alias = ALIASES[moves % ALIASES.length] ?? "champion";
    const version = (Math.floor(moves / ALIASES.length) + (moves % ALIASES.length) + 1) % VERSIONS.length;
    await client.registeredModels.setAlias("soak", alias, String(version + 1));
  }
  return moves;
}

printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-soak-"));
const command = await packCommand();
const server = await startOwnServer(command, folder, [
  ...["--backend-store-uri", "sqlite:///soak.db", "--artifacts-destination", join(folder, "artifacts")],
]);
try {
  const client = createClient({ baseUrl: server.url });
  await mkdir(join(folder, "models"));
  await registerVersions(client, join(folder, "models"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    process.execPath,
    [
      ...[command, "models", "serve", "-m", "models:/soak@champion", "-p", String(port), "--refresh", "1"],
      ...["--workers", String(WORKERS), "--canary-uri", "models:/soak@canary", "--canary-share", "0.2"],
      ...["--shadow-uri", "models:/soak@shadow"],
    ],
    {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "", MLFLOW_TRACKING_URI: server.url },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => {
      said += text.toString();
    });
  try {
    while (!said.includes(url)) {
      if (child.exitCode !== null) throw new Error(`models serve ended: ${said}`);
      await pause(20);
    }
    const values = createRows(1000, FEATURES);
    const bodies = Array.from({ length: 1000 }, (_, i) =>
      JSON.stringify({
        dataframe_split: {
          columns: featureNames(FEATURES),
          data: [
            Array.from(values.subarray(i * FEATURES, (i + 1) * FEATURES), (value) =>
              Number.isNaN(value) ? null : value,
            ),
          ],
        },
      }),
    );
    const answers = new Answers();
    const end = performance.now() + seconds * 1000;
    const isOver = () => performance.now() >= end;
    const memory: number[] = [];
    const watch = async () => {
      while (!isOver()) {
        memory.push((await treeUse(child.pid ?? 0)).residentMb);
        await pause((seconds * 1000) / 200);
      }
    };
    const [moves] = await Promise.all([
      moveAliases(client, isOver),
      askSteadily(url, bodies, answers, isOver),
      watch(),
    ]);
    const tenth = Math.max(1, Math.floor(memory.length / 10));
    const [before, after] = [median(memory.slice(tenth, 2 * tenth)), median(memory.slice(-tenth))];
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const shadowed = Number(
      /esteira_scoring_shadow_requests_total\{outcome="compared"\} (\d+)/.exec(metrics)?.[1] ?? 0,
    );
    const swaps = said.split("\n").filter((line) => line.includes(" is now ")).length;
    const answered = new Set([...answers.by.keys()].map((who) => who.split("/").at(-1))).size;
    for (const [who, count] of [...answers.by].sort()) console.log(`${who}: ${thousands(count)}`);
    for (const [reason, count] of answers.faults) console.log(`FAILED ${count}: ${reason}`);
    const p99 = answers.took.sort((a, b) => a - b)[Math.floor(answers.took.length * 0.99)] ?? Number.NaN;
    console.log(`the shadow compared ${thousands(shadowed)}; ${swaps} swaps told of ${moves} moves of an alias\n`);
    printFigure({
      name: `Serving for ${options.minutes} min, ${rate} requests/s, ${WORKERS} workers, an alias moved every ${every} s`,
      target: `0 failed, memory at the end ≤ at the start + ${SLACK_MB} MiB`,
      measured: `${answers.failed} of ${thousands(answers.asked)} failed, ${swaps} swaps, p99 ${p99.toFixed(1)} ms, ${before.toFixed(0)} → ${after.toFixed(0)} MiB`,
      isMet:
        answers.failed === 0 &&
        after <= before + SLACK_MB &&
        swaps >= moves / 2 &&
        shadowed > 0 &&
        answered === VERSIONS.length,
    });
  } finally {
    if (child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
  }
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
