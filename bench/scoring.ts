/**
 * Scoring in TypeScript: one row, a thousand, one explanation, and one row over HTTP at a fixed rate from another
 * process. Beside Python's xgboost on the same model and rows when there is one.
 *
 *   [ESTEIRA_ORACLE_PYTHON=/path/to/python] node --conditions=@esteira/source --import tsx bench/scoring.ts [--quick]
 *
 * The Python needs xgboost 3.2.0. Ends with 1 when a margin differs from its, or a request fails.
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { parseXgboost } from "@esteira/models/engines/trees/parse-xgboost";
import { createScorer } from "@esteira/models/engines/trees/scorer";
import { createExplainer } from "@esteira/models/engines/trees/shap";
import { createXgboostModel } from "@esteira/models/flavors/xgboost";
import { columnsOf } from "@esteira/models/format/signature";
import { createScoringServer } from "@esteira/models/serving/scoring-server";
import type { LoadReport } from "./scoring-load.ts";
import { createModelText, createRows, featureNames, type Shape } from "./scoring-model.ts";

const SHAPE: Shape = { trees: 200, depth: 6, features: 30 };
const ROWS = 20_000;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rate: { type: "string", default: "1000" },
    seconds: { type: "string" },
  },
});
const rate = Number(options.rate);
const seconds = Number(options.seconds ?? (options.quick ? 3 : 10));

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

function percentiles(milliseconds: readonly number[]): Percentiles {
  const sorted = Float64Array.from(milliseconds).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Times each of many turns; the first tenth warms the code and does not count. */
function timed(turns: number, work: (turn: number) => void): Percentiles {
  const took: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const start = performance.now();
    work(turn);
    took.push(performance.now() - start);
  }
  return percentiles(took.slice(turns / 10));
}

const micro = ({ p50, p99 }: Percentiles): string =>
  `p50 ${(p50 * 1000).toFixed(1)} us, p99 ${(p99 * 1000).toFixed(1)} us`;
const milli = ({ p50, p99 }: Percentiles): string => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");

const text = createModelText(SHAPE);
const rows = createRows(ROWS, SHAPE.features);
const rowAt = (i: number): Float32Array =>
  rows.subarray((i % ROWS) * SHAPE.features, ((i % ROWS) + 1) * SHAPE.features);
const ensemble = parseXgboost(new TextEncoder().encode(text));
const scorer = createScorer(ensemble);
const explainer = createExplainer(ensemble);

console.log(
  `${SHAPE.trees} trees of depth ${SHAPE.depth}, ${ensemble.feature.length} nodes, ${SHAPE.features} features`,
);
console.log(
  `${cpus()[0]?.model ?? "unknown processor"} x ${cpus().length}, Node ${process.versions.node}, load ${load()}`,
);

console.log("\nIn process, TypeScript");
const one = timed(200_000, (i) => scorer.margin(rowAt(i)));
console.log(`  one row            ${micro(one)}`);
const thousand = timed(100, () => scorer.predict(rows, 1000));
console.log(`  1000 rows          ${milli(thousand)}`);
const explain = timed(1000, (i) => explainer.contributions(rowAt(i)));
console.log(`  one explanation    ${milli(explain)}`);

let differs = false;
const python = process.env.ESTEIRA_ORACLE_PYTHON;
if (python === undefined) console.log("\nNo ESTEIRA_ORACLE_PYTHON: no comparison with Python's xgboost");
else await compare(python);
const failed = await overHttp();
console.log(`\nload at the end ${load()}`);
process.exitCode = differs || failed > 0 ? 1 : 0;

async function compare(executable: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-bench-"));
  try {
    await writeFile(join(folder, "model.json"), text);
    await writeFile(join(folder, "rows.f32"), new Uint8Array(rows.buffer));
    const script = new URL("scoring.py", import.meta.url).pathname;
    const env = { ...process.env, OMP_WAIT_POLICY: "PASSIVE" };
    const { stdout } = await promisify(execFile)(executable, [script, folder, String(SHAPE.features)], { env });
    const theirs = JSON.parse(stdout) as Record<"one" | "thousand" | "explain", Percentiles>;
    console.log("\nIn process, Python's xgboost, one thread");
    console.log(`  one row            ${micro(theirs.one)}   ${(theirs.one.p50 / one.p50).toFixed(0)} x ours`);
    console.log(
      `  1000 rows          ${milli(theirs.thousand)}   ${(theirs.thousand.p50 / thousand.p50).toFixed(1)} x ours`,
    );
    console.log(
      `  one explanation    ${milli(theirs.explain)}   ${(theirs.explain.p50 / explain.p50).toFixed(1)} x ours`,
    );

    const floats = async (name: string): Promise<Float32Array> => {
      const bytes = await readFile(join(folder, name));
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    };
    const margins = await floats("margins.f32");
    const unequal = scorer.margins(rows, ROWS).reduce((n, margin, i) => n + Number(margin !== margins[i]), 0);
    const contributions = await floats("contributions.f32");
    const width = SHAPE.features + 1;
    let farthest = 0;
    for (let i = 0; i < contributions.length / width; i++)
      explainer.contributions(rowAt(i)).forEach((value, k) => {
        farthest = Math.max(farthest, Math.abs(value - contributions[i * width + k]!));
      });
    console.log(
      `  margins that differ: ${unequal} of ${ROWS}; largest difference of a contribution: ${farthest.toExponential(1)}`,
    );
    differs = unequal > 0 || farthest > 1e-5;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One row a request, at a fixed rate from a process of its own. Gives the number of failed requests. */
async function overHttp(): Promise<number> {
  const names = featureNames(SHAPE.features);
  const model = createXgboostModel(ensemble, "booster", {
    flavors: {},
    signature: { inputs: columnsOf(names, "double") },
  });
  const app = await createScoringServer({ model });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const bodies = Array.from({ length: 256 }, (_, i) =>
    JSON.stringify({
      dataframe_split: {
        columns: names,
        data: [Array.from(rowAt(i), (value) => (Number.isNaN(value) ? null : value))],
      },
    }),
  );
  const ask = async (forSeconds: number): Promise<LoadReport> => {
    const child = fork(new URL("scoring-load.ts", import.meta.url).pathname);
    const answer = once(child, "message");
    child.send({ port, path: "/invocations", rate, seconds: forSeconds, bodies });
    const [report] = (await answer) as [LoadReport];
    return report;
  };
  await ask(2);
  const before = process.cpuUsage();
  const report = await ask(seconds);
  const used = process.cpuUsage(before);
  await app.close();
  const done = report.took.length;
  console.log(`\nOver HTTP, one row a request, ${rate} requests a second for ${seconds} s (after 2 s to warm up)`);
  console.log(`  answered           ${done}, ${(done / report.seconds).toFixed(0)} a second; failed ${report.failed}`);
  console.log(`  from sending       ${milli(percentiles(report.took))}`);
  console.log(`  from when due      ${milli(percentiles(report.sinceDue))}`);
  console.log(`  server's processor ${((used.user + used.system) / done).toFixed(0)} us a request`);
  return report.failed;
}
