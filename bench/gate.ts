/**
 * What a gate's verdict costs on many rows: all metrics of the evaluation, and the comparison with the champion by drawing
 * whole customers and whole days. Both models' scores are given: scoring them is `npm run bench -- batch`.
 *
 *   npm run bench -- gate [--rows 1000000] [--replicates 2000]
 */

import { parseArgs } from "node:util";
import { evaluateGate } from "@esteira/lifecycle/gates/evaluate-gate";
import { parseGate } from "@esteira/lifecycle/gates/parse-gate";
import { evaluateBinary } from "@esteira/models/evaluation/evaluate";
import { Random } from "@esteira/models/evaluation/random";
import { tieKeysOf } from "@esteira/models/evaluation/ranking";
import { printFigure, printMachine, thousands } from "./figure.ts";

const TARGET_SECONDS = 10;
const DAYS = 30;
const ROWS_PER_CUSTOMER = 5;
const FRAUD_SHARE = 0.0024;

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, replicates: { type: "string", default: "2000" } },
});
const rows = Number(options.rows);
const replicates = Number(options.replicates);

const random = new Random(1);
const uniform = (): number => (random.next32() + 0.5) / 2 ** 32;
const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
const probability = (z: number): number => 1 / (1 + Math.exp(7 - z));

const labels = Uint8Array.from({ length: rows }, () => (uniform() < FRAUD_SHARE ? 1 : 0));
const amounts = Float64Array.from({ length: rows }, () => Math.exp(4 + 1.2 * normal()));
const clusters = Int32Array.from({ length: rows }, () => random.below(Math.ceil(rows / ROWS_PER_CUSTOMER)));
const days = Int32Array.from({ length: rows }, (_, row) => Math.floor((row * DAYS) / rows));
const tieKeys = tieKeysOf(rows, (row) => `tx-${row}`);
const hidden = Float64Array.from(labels, (label) => normal() + 3 * label);
const champion = hidden.map((z) => probability(z + 0.4 * normal()));
const challenger = hidden.map((z) => probability(z + 0.4 * normal()));
const channel = { codes: Int32Array.from({ length: rows }, () => random.below(4)), names: ["a", "b", "c", "d"] };

/** The verdict on a gate's checks, from scores to sentences. */
function judge(checks: string): { readonly seconds: number; readonly cpu: number } {
  const gate = parseGate(`{ version: 1, name: bench, checks: [${checks}] }`);
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const evaluation = evaluateBinary({
    ...{ scores: challenger, labels, amounts, tieKeys, threshold: 0.01, days, slices: { channel } },
  });
  const verdict = evaluateGate(gate, {
    digests: { model: "m", data: "d", gate: "g", code: "c" },
    evaluatedAt: 0,
    evaluation,
    champion: {
      name: "champion",
      digest: null,
      rows: { labels, amounts, tieKeys, clusters },
      days,
      scores: { champion, challenger },
    },
  });
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - begun) / 1000;
  for (const { title, status, found } of verdict.checks) console.log(`  ${status.padEnd(8)} ${title}  ${found}`);
  if (verdict.checks.some(({ status }) => status === "not_enough_evidence"))
    throw new Error("The bench's gate lacks evidence.");
  return { seconds, cpu: (user + system) / 1e6 };
}

const absolute = "{ check: metric, metric: auc_roc, min: 0.5 }, { check: slice, slice: channel, min: 0.01 }";
const against = `check: champion, replicates: ${replicates}, resample: widest`;
printMachine();
for (const [what, check] of [
  ["recall at a fixed alert budget", `{ ${against}, metric: recall, budget: 0.005, margin: 0.02 }`],
  ["average precision", `{ ${against}, metric: auc_pr, margin: 0.02 }`],
] as const) {
  const { seconds, cpu } = judge(`${absolute}, ${check}`);
  printFigure({
    name: `a gate over ${thousands(rows)} rows, ${thousands(replicates)} paired draws of customers and as many of days, by ${what}`,
    target: `< ${TARGET_SECONDS} s`,
    measured: `${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of CPU)`,
    isMet: seconds < TARGET_SECONDS,
  });
}
