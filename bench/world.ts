/**
 * The simulator: transfers a second of a Pix world, its ledger's digest included. The figure counts seconds of the
 * processor, so that it holds on a busy machine, too.
 *
 *   node --conditions=@esteira/source --import tsx bench/world.ts [--rows 300000,1000000] [--turns 3]
 *
 * Ends with 1 when the target is missed at any size, or two worlds of one seed differ.
 */
import { parseArgs } from "node:util";
import { simulateWorld } from "../pix-fraud/src/world/simulate.ts";
import { costOf } from "./cost.ts";
import { printFigure, printMachine, thousands } from "./figure.ts";

const TARGET = 200_000;

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "300000,1000000" }, turns: { type: "string", default: "3" } },
});
const turns = Number(options.turns);

printMachine();
for (const rows of options.rows.split(",").map(Number)) {
  let best = 0;
  const digests = new Set<string>();
  for (let turn = 1; turn <= turns; turn++) {
    const { seconds, cpuSeconds } = costOf(() => {
      digests.add(simulateWorld({ transfers: rows, seed: 1 }).origin.digest);
    });
    best = Math.max(best, rows / cpuSeconds);
    console.log(
      `${thousands(rows)} transfers, turn ${turn}: ${thousands(rows / seconds)}/s (${thousands(rows / cpuSeconds)} per CPU second)`,
    );
  }
  if (digests.size > 1) throw new Error(`${turns} worlds of one seed have ${digests.size} different digests`);
  printFigure({
    name: `Simulator, ${thousands(rows)} transfers`,
    target: `≥ ${thousands(TARGET)}/s`,
    measured: `${thousands(best)} per CPU second`,
    isMet: best >= TARGET,
  });
}
