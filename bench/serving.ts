/**
 * `esteira models serve` beside `mlflow models serve`, one folder that both load, in one run: time from the command to the
 * first answer (of ours over seven starts), memory after the load, one row a request over 1 and 8 kept connections, and 100 rows
 * a request. The two are measured in turns, never at once, and the ratios are of medians over the turns. Their answers are compared
 * too.
 *
 *   npm run bench -- serving [--seconds 5] [--turns 3]
 *
 * The Python is the one of the compatibility suite (`tests/compat/oracle.sh`, or ESTEIRA_ORACLE_PYTHON). Needs libxgboost, which
 * it finds as the main job does, and /proc (Linux). Ends with 1 when a target is missed or answers differ by more than 1e-6.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { findOracle } from "../tests/compat/oracle.ts";
import { type Figure, printFigure, printMachine } from "./figure.ts";
import { freePort, packCommand } from "./own-server.ts";
import { treeUse } from "./process-tree.ts";
import { writeScoringModel } from "./scoring-folder.ts";
import { createRows, featureNames } from "./scoring-model.ts";
import type { LoadFound, LoadOrder } from "./serving-load.ts";

const SHAPE = { trees: 200, depth: 6, features: 30 };
const BATCH = 100;
/** How often our command is started for the time that it takes: a fraction of a second is soon doubled by something else. */
const STARTS = 7;
/** MLflow's server takes seconds to start, and more on a busy machine. */
const START_MS = 180_000;

const { values: options } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, turns: { type: "string", default: "3" } },
});
const seconds = Number(options.seconds);
const turns = Number(options.turns);

interface Turn {
  readonly startSeconds: number;
  readonly residentMb: number;
  readonly one: LoadFound;
  readonly eight: LoadFound;
  readonly hundred: LoadFound;
  readonly answers: readonly number[];
}

const names = featureNames(SHAPE.features);
const values = createRows(BATCH * 10, SHAPE.features);
const rowsFrom = (first: number, count: number): object => ({
  dataframe_split: {
    columns: names,
    data: Array.from({ length: count }, (_, i) => {
      const at = (first + i) * SHAPE.features;
      return Array.from(values.subarray(at, at + SHAPE.features), (value) => (Number.isNaN(value) ? null : value));
    }),
  },
});
const SINGLES = Array.from({ length: 256 }, (_, i) => JSON.stringify(rowsFrom(i, 1)));
const HUNDREDS = Array.from({ length: 9 }, (_, i) => JSON.stringify(rowsFrom(i * BATCH, BATCH)));

async function drive(order: LoadOrder): Promise<LoadFound> {
  const child = fork(new URL("serving-load.ts", import.meta.url).pathname);
  const answer = once(child, "message");
  const ended = once(child, "exit").then(([code]: unknown[]) => {
    throw new Error(`The load ended with code ${String(code)} before it told what it found.`);
  });
  // A load that has told its figures ends too.
  ended.catch(() => undefined);
  child.send(order);
  return ((await Promise.race([answer, ended])) as [LoadFound])[0];
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket.destroy() === socket));
    socket.once("error", () => resolve(false));
  });

async function waitUntilServing(child: ChildProcess, port: number, said: () => string): Promise<void> {
  const late = performance.now() + START_MS;
  for (;;) {
    // Fetching where nobody listens would take a good part of a core from what starts.
    const isUp =
      (await accepts(port)) &&
      (await fetch(`http://127.0.0.1:${port}/ping`).then(
        ({ ok }) => ok,
        () => false,
      ));
    if (isUp) return;
    if (child.exitCode !== null || performance.now() > late)
      throw new Error(`${child.spawnargs.join(" ")} does not serve: ${said().slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** MLflow's command asks the shell for uvicorn: its folder must be on the path. */
const pathWith = (command: string): string => `${dirname(command)}:${process.env.PATH ?? ""}`;

interface Serving {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  readonly startSeconds: number;
  stop(): Promise<void>;
}

/** Starts the command on a free port, and resolves when it answers that it serves. */
async function serve(command: string, args: (port: number) => readonly string[]): Promise<Serving> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  // A process group of its own: MLflow's command starts the server as a child.
  const child = spawn(command, args(port), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: {
      ...process.env,
      ...{ PATH: pathWith(command), NODE_OPTIONS: "", MLFLOW_DISABLE_TELEMETRY: "true", OMP_WAIT_POLICY: "PASSIVE" },
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => {
      said = (said + text.toString()).slice(-10_000);
    });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    process.kill(-(child.pid ?? 0), "SIGTERM");
    await ended;
  };
  try {
    await waitUntilServing(child, port, () => said);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, url, pid: child.pid ?? 0, startSeconds: (performance.now() - began) / 1000, stop };
}

/** Starts the command, measures it, and ends it and the processes that it started. */
async function measure(command: string, args: (port: number) => readonly string[]): Promise<Turn> {
  const { port, url, pid, startSeconds, stop } = await serve(command, args);
  try {
    const first = await fetch(`${url}/invocations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: HUNDREDS[0] ?? "",
    });
    const { predictions }: { predictions: number[] } = JSON.parse(await first.text());
    const load = (connections: number, bodies: readonly string[], forSeconds = seconds) =>
      drive({ port, connections, seconds: forSeconds, bodies });
    await load(1, SINGLES, 1);
    const one = await load(1, SINGLES);
    const eight = await load(8, SINGLES);
    const hundred = await load(1, HUNDREDS);
    const { residentMb } = await treeUse(pid);
    return { startSeconds, residentMb, one, eight, hundred, answers: predictions };
  } finally {
    await stop();
  }
}

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

function figuresOf(ours: readonly Turn[], theirs: readonly Turn[], starts: readonly number[]): Figure[] {
  const of = (all: readonly Turn[], pick: (turn: Turn) => number): number => median(all.map(pick));
  const faster = (name: string, load: "one" | "eight" | "hundred", times: number, tail: number | undefined): Figure => {
    const [rate, theirRate] = [of(ours, (turn) => turn[load].rate), of(theirs, (turn) => turn[load].rate)];
    const [p99, theirP99] = [of(ours, (turn) => turn[load].p99), of(theirs, (turn) => turn[load].p99)];
    return {
      name,
      target: `≥ ${times}x${tail === undefined ? "" : `, p99 ≤ 1/${tail}`}`,
      measured: `${(rate / theirRate).toFixed(1)}x (${rate.toFixed(0)}/s beside ${theirRate.toFixed(0)}/s), p99 1/${(theirP99 / p99).toFixed(1)} (${p99.toFixed(2)} ms beside ${theirP99.toFixed(1)} ms)`,
      isMet: rate >= times * theirRate && (tail === undefined || p99 * tail <= theirP99),
    };
  };
  const [start, theirStart] = [median(starts), of(theirs, (turn) => turn.startSeconds)];
  const [memory, theirMemory] = [of(ours, (turn) => turn.residentMb), of(theirs, (turn) => turn.residentMb)];
  return [
    {
      name: "Serving, from the command to the first answer",
      target: "< 0.4 s",
      measured: `${start.toFixed(2)} s, ${Math.min(...starts).toFixed(2)} to ${Math.max(...starts).toFixed(2)} (MLflow ${theirStart.toFixed(1)} s)`,
      isMet: start < 0.4,
    },
    {
      name: "Serving, memory after the load",
      target: "< 120 MB",
      // Megabytes of a million bytes, as the target has them.
      measured: `${(memory * 1.048576).toFixed(0)} MB (MLflow ${(theirMemory * 1.048576).toFixed(0)} MB)`,
      isMet: memory * 1.048576 < 120,
    },
    faster("Serving, one row a request, 1 connection, beside MLflow", "one", 20, 10),
    faster("Serving, one row a request, 8 connections, beside MLflow", "eight", 80, 50),
    faster("Serving, 100 rows a request, beside MLflow", "hundred", 20, undefined),
  ];
}

const oracle = findOracle();
if ("missing" in oracle) throw new Error(oracle.missing);
printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-serving-"));
try {
  const model = join(folder, "model");
  await writeScoringModel(model, SHAPE);
  const command = await packCommand();
  const ourArgs = (port: number) => [command, "models", "serve", "-m", model, "-p", String(port)];
  const ours: Turn[] = [];
  const theirs: Turn[] = [];
  for (let turn = 1; turn <= turns; turn++) {
    theirs.push(
      await measure(oracle.python, (port) => [
        ...["-m", "mlflow", "models", "serve", "-m", model, "-h", "127.0.0.1", "-p", String(port)],
        ...["--env-manager", "local"],
      ]),
    );
    ours.push(await measure(process.execPath, ourArgs));
    for (const [who, { startSeconds, residentMb, one, eight, hundred }] of [
      ["MLflow", theirs.at(-1)!],
      ["esteira", ours.at(-1)!],
    ] as const)
      console.log(
        `turn ${turn}, ${who}: start ${startSeconds.toFixed(2)} s, ${residentMb.toFixed(0)} MiB; ${[one, eight, hundred]
          .map(({ rate, p50, p99 }) => `${rate.toFixed(0)}/s p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms`)
          .join("; ")}`,
      );
  }
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const { startSeconds, stop } = await serve(process.execPath, ourArgs);
    starts.push(startSeconds);
    await stop();
  }
  const apart = Math.max(
    ...(ours[0]?.answers ?? []).map((answer, row) => Math.abs(answer - (theirs[0]?.answers[row] ?? Number.NaN))),
  );
  console.log(`answers differ by ${apart.toExponential(1)} at most\n`);
  if (!(apart <= 1e-6)) process.exitCode = 1;
  for (const figure of figuresOf(ours, theirs, starts)) printFigure(figure);
} finally {
  await rm(folder, { recursive: true, force: true });
}
