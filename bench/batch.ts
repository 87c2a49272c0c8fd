/**
 * A file of rows scored from Parquet to Parquet, as users run it: the packed command beside a Python process that reads with
 * pandas, scores with xgboost and writes with pandas. Whole processes, start included; equal answers are checked.
 *
 *   npm run bench -- batch [--rows 1000000] [--turns 3]
 *
 * The Python is the one of the compatibility suite (`tests/compat/oracle.sh`, or ESTEIRA_ORACLE_PYTHON). Ends with 1 when Python
 * is faster, or an answer differs by more than 1e-6.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { Booster } from "@esteira/models/engines/xgboost/booster";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { findOracle } from "../tests/compat/oracle.ts";
import { printFigure, printMachine, thousands } from "./figure.ts";
import { treeUse } from "./process-tree.ts";
import { createModelText, createRows, featureNames } from "./scoring-model.ts";

const SHAPE = { trees: 200, depth: 6, features: 30 };
const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, turns: { type: "string", default: "3" } },
});
const rows = Number(options.rows);
const turns = Number(options.turns);
const run = promisify(execFile);

interface Turn {
  readonly seconds: number;
  readonly peakMb: number;
  readonly output: string;
}

/** Rows of float32 as double columns, and an id to keep. */
function writeRows(path: string): void {
  const values = createRows(rows, SHAPE.features);
  const column = (at: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => values[row * SHAPE.features + at]!);
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: "id", data: Int32Array.from({ length: rows }, (_, row) => row), type: "INT32" },
      ...featureNames(SHAPE.features).map((name, at) => ({ name, data: column(at), type: "DOUBLE" as const })),
    ],
    rowGroupSize: 131_072,
  });
}

async function packed(): Promise<string> {
  const out = join(ROOT, "node_modules", ".cache", "esteira-bench");
  await run(
    process.execPath,
    ["--conditions=@esteira/source", "--import", "tsx", "packages/cli/pack/pack.ts", "--out", out],
    {
      cwd: ROOT,
    },
  );
  return join(out, "dist/main.js");
}

/** From the command to its end; the memory is looked at five times a second. */
async function timed(command: string, args: readonly string[]): Promise<Turn> {
  const began = performance.now();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  let peakMb = 0;
  const watch = setInterval(() => {
    void treeUse(child.pid ?? 0).then(({ residentMb }) => {
      peakMb = Math.max(peakMb, residentMb);
    });
  }, 200);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`${command} ended with code ${code}: ${errors.slice(-2000)}`);
  return { seconds: (performance.now() - began) / 1000, peakMb, output };
}

/** As `timed`, with the peak that the script itself tells: its own process, as the system counted it. */
async function timedPython(python: string, args: readonly string[]): Promise<Turn> {
  const turn = await timed(python, args);
  const peakMb = Number(turn.output.trim().split(/\s+/).at(-1));
  if (!(peakMb > 0)) throw new Error(`batch.py told no peak memory: ${turn.output}`);
  return { ...turn, peakMb };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const oracle = findOracle();
if ("missing" in oracle) throw new Error(oracle.missing);
printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-batch-"));
try {
  const library = await locateXgboost({ onProgress: (line) => console.log(line) });
  const booster = Booster.load(openXgboost(library.path), Buffer.from(createModelText(SHAPE)));
  const ubj = booster.save("ubj");
  await writeFile(join(folder, "model.ubj"), ubj);
  await writeModelFolder(join(folder, "model"), {
    ubj,
    createdAt: 0,
    modelUuid: "0",
    // Every tenth value is missing.
    signature: {
      inputs: columnsOf(featureNames(SHAPE.features), "double").map((spec) => ({ ...spec, required: false })),
    },
  });
  writeRows(join(folder, "in.parquet"));
  const command = await packed();
  const ours: Turn[] = [];
  const theirs: Turn[] = [];
  const file = (name: string): string => join(folder, name);
  const script = fileURLToPath(new URL("batch.py", import.meta.url));
  for (let turn = 0; turn < turns; turn++) {
    ours.push(
      await timed(process.execPath, [
        ...[command, "models", "predict", "-m", file("model"), "-t", "parquet", "-i", file("in.parquet")],
        ...["-o", file("ours.parquet"), "--keep", "id"],
      ]),
    );
    theirs.push(
      await timedPython(oracle.python, [script, file("in.parquet"), file("model.ubj"), file("theirs.parquet")]),
    );
    console.log(
      `turn ${turn + 1}: esteira ${ours[turn]!.seconds.toFixed(2)} s, ${ours[turn]!.peakMb.toFixed(0)} MiB; Python ${theirs[turn]!.seconds.toFixed(2)} s, ${theirs[turn]!.peakMb.toFixed(0)} MiB`,
    );
  }
  const read = async (name: string): Promise<Record<string, unknown>[]> =>
    parquetReadObjects({ file: await asyncBufferFromFile(file(name)) });
  const [mine, other] = [await read("ours.parquet"), await read("theirs.parquet")];
  let apart = mine.length === other.length ? 0 : Number.POSITIVE_INFINITY;
  for (const [row, answer] of mine.entries()) {
    if (answer.id !== other[row]?.id) apart = Number.POSITIVE_INFINITY;
    apart = Math.max(apart, Math.abs(Number(answer.prediction) - Number(other[row]?.prediction)));
  }
  const ratio = median(theirs.map(({ seconds }) => seconds)) / median(ours.map(({ seconds }) => seconds));
  printFigure({
    name: `${thousands(rows)} rows Parquet to Parquet, Python's time over ours`,
    target: "> 1, answers within 1e-6",
    measured: `${ratio.toFixed(2)} (${median(ours.map(({ seconds }) => seconds)).toFixed(1)} s, ${median(ours.map(({ peakMb }) => peakMb)).toFixed(0)} MiB; Python ${median(theirs.map(({ peakMb }) => peakMb)).toFixed(0)} MiB), apart by ${apart.toExponential(1)}`,
    isMet: ratio > 1 && apart <= 1e-6,
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
