/**
 * Whether joining requests of one row into one call of the model would pay: what a row costs when a call takes 1, 8 and 32 of
 * them, by engine, beside what a whole request of one row costs the server's processor. A call can save the difference at
 * most; what waiting for others costs is not counted. docs/decisions/micro-batching.md says what follows from it.
 *
 *   npm run bench -- joining [--turns 2000]
 *
 * Needs libxgboost, which it finds as the main job does; Python's pyfunc is measured where the compatibility suite's is.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Booster } from "@esteira/models/engines/xgboost/booster";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { loadModel } from "@esteira/models/flavors/load-model";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import type { ColumnarTable } from "@esteira/models/format/table";
import { createScoringServer } from "@esteira/models/serving/scoring-server";
import { findOracle } from "../tests/compat/oracle.ts";
import { send } from "./call.ts";
import { printMachine } from "./figure.ts";
import { createModelText, createRows, featureNames } from "./scoring-model.ts";

const SHAPE = { trees: 200, depth: 6, features: 30 };
const SIZES = [1, 8, 32] as const;
const ROWS = 1024;

const { values: options } = parseArgs({ options: { turns: { type: "string", default: "2000" } } });
const turns = Number(options.turns);

const names = featureNames(SHAPE.features);
const values = createRows(ROWS, SHAPE.features);

function tableOf(first: number, size: number): ColumnarTable {
  const cell = (row: number, column: number): number => values[((first + row) % ROWS) * SHAPE.features + column]!;
  return {
    names,
    columns: names.map((_, column) => Float64Array.from({ length: size }, (_, row) => cell(row, column))),
    rowCount: size,
  };
}

/** Microseconds a row of calls with `size` rows: the median, without the first tenth, which warms the code. */
function perRow(size: number, call: (turn: number) => void): number {
  const took: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const began = performance.now();
    call(turn);
    took.push(((performance.now() - began) * 1000) / size);
  }
  const sorted = took.slice(turns / 10).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function print(engine: string, costs: readonly number[]): void {
  const [alone = Number.NaN] = costs;
  const saved = costs.map((cost) => `${cost.toFixed(1)} us`).join(" | ");
  console.log(`| ${engine} | ${saved} | ${(alone - (costs.at(-1) ?? Number.NaN)).toFixed(1)} us |`);
}

printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-joining-"));
try {
  const library = await locateXgboost({ onProgress: (line) => console.log(line) });
  const booster = Booster.load(openXgboost(library.path), Buffer.from(createModelText(SHAPE)), 1);
  await writeModelFolder(join(folder, "model"), {
    ubj: booster.save("ubj"),
    createdAt: 0,
    modelUuid: "0",
    signature: { inputs: columnsOf(names, "double").map((spec) => ({ ...spec, required: false })) },
  });
  const model = await loadModel(join(folder, "model"));
  console.log(`| engine | ${SIZES.map((size) => `${size} a call, per row`).join(" | ")} | saved a row at most |`);
  console.log(`| --- | ${SIZES.map(() => "---").join(" | ")} | --- |`);

  const tables = SIZES.map((size) => Array.from({ length: 64 }, (_, at) => tableOf(at * size, size)));
  print(
    "XGBoost in TypeScript",
    SIZES.map((size, i) => perRow(size, (turn) => void model.predict(tables[i]![turn % 64]!))),
  );
  print(
    "libxgboost by FFI",
    SIZES.map((size) => {
      const blocks = Array.from({ length: 16 }, (_, at) =>
        values.slice(at * size * SHAPE.features, (at + 1) * size * SHAPE.features),
      );
      return perRow(size, (turn) => void booster.predictNow(blocks[turn % 16]!, size));
    }),
  );
  const oracle = findOracle();
  if ("missing" in oracle) console.log(`(no Python: ${oracle.missing})`);
  else {
    const data = Array.from({ length: 64 }, (_, row) =>
      names.map((_, column) => {
        const value = values[row * SHAPE.features + column]!;
        return Number.isNaN(value) ? null : value;
      }),
    );
    await writeFile(join(folder, "rows.json"), JSON.stringify({ columns: names, data }));
    const script = new URL("joining.py", import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(
      oracle.python,
      ["-W", "ignore", script, join(folder, "model"), join(folder, "rows.json"), JSON.stringify(SIZES)],
      { env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true", OMP_WAIT_POLICY: "PASSIVE", OMP_NUM_THREADS: "1" } },
    );
    const found: Record<string, number> = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    print(
      "MLflow's pyfunc in Python",
      SIZES.map((size) => found[String(size)] ?? Number.NaN),
    );
  }

  const app = await createScoringServer({ model });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const data = [Array.from(values.subarray(0, SHAPE.features), (value) => (Number.isNaN(value) ? null : value))];
  const body = { dataframe_split: { columns: names, data } };
  const ask = async () => {
    for (let i = 0; i < turns; i++) await send(agent, url, { method: "POST", path: "/invocations", body });
  };
  await ask();
  const before = process.cpuUsage();
  await ask();
  const used = process.cpuUsage(before);
  agent.destroy();
  await app.close();
  console.log(
    `\na whole request of one row, server and caller in one process: ${((used.user + used.system) / turns).toFixed(0)} us of the processor`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
