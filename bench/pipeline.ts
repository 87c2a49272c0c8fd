/**
 * A whole Spark pipeline over one row in process, without Spark: cells in, prediction out. The pipelines are those of the
 * engine's tests: text indexed and one-hot encoded, numbers imputed, scaled and assembled, then a model.
 *
 *   node --conditions=@esteira/source --import tsx bench/pipeline.ts [--turns N]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { unpackFixture } from "@esteira/models/engines/mllib/fixtures/fixture";
import { fillCell } from "@esteira/models/engines/mllib/golden";
import { readPipeline } from "@esteira/models/engines/mllib/pipeline";
import { printFigure, printMachine } from "./figure.ts";

const LIMIT_US = 20;
const PIPELINES = ["forest", "boosted", "logistic-classes"];
/** A turn is timed as a whole: one row alone is shorter than the clock is fine. */
const ROWS_A_TURN = 200;

const { values } = parseArgs({ options: { turns: { type: "string", default: "500" } } });
const turns = Number(values.turns);

printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-"));
try {
  for (const name of PIPELINES) await measure(name);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(name: string): Promise<void> {
  const golden = unpackFixture(name, join(folder, name));
  const pipeline = await readPipeline(join(folder, name, "model"));
  const plan = pipeline.plan(golden.inputs, ["prediction", "probability"]);
  const row = plan.createRow();
  const output = plan.outputs[0]!;
  let sum = 0;
  const score = (index: number): void => {
    const cells = golden.rows[index % golden.rows.length]!;
    for (let i = 0; i < plan.inputs.length; i++) fillCell(row, plan.inputs[i]!, cells[i] ?? null);
    if (plan.run(row)) sum += row.numbers[output.at]!;
  };
  const took: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const start = performance.now();
    for (let i = 0; i < ROWS_A_TURN; i++) score(turn * ROWS_A_TURN + i);
    took.push(((performance.now() - start) * 1000) / ROWS_A_TURN);
  }
  // The first tenth warms the code.
  const sorted = took.slice(turns / 10).sort((a, b) => a - b);
  const p50 = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  if (!Number.isFinite(sum)) throw new Error(`${name} gave predictions that are no numbers`);
  printFigure({
    name: `Spark pipeline of ${pipeline.classNames.length} stages (${name}), one row`,
    target: `≤ ${LIMIT_US} us`,
    measured: `p50 ${p50.toFixed(1)} us, p99 ${p99.toFixed(1)} us`,
    isMet: p50 <= LIMIT_US,
  });
}
