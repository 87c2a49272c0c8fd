/**
 * Features: transfers a second of the offline table, with the whole catalogue over a simulated ledger, the memory it
 * takes, and microseconds a transfer of the online state (vector and update, by names). The figure counts seconds of the
 * processor, so that it holds on a busy machine, too.
 *
 *   node --conditions=@esteira/source --import tsx bench/features.ts [--rows 300000,1000000] [--turns 3]
 *
 * Ends with 1 when the target is missed at any size.
 */
import { parseArgs } from "node:util";
import { computeFeatures } from "../pix-fraud/src/features/offline.ts";
import { createOnlineFeatures, type NamedTransfer } from "../pix-fraud/src/features/online.ts";
import { emptyTransfer, type Ledger, readTransfer } from "../pix-fraud/src/ledger/ledger.ts";
import { simulateWorld } from "../pix-fraud/src/world/simulate.ts";
import { costOf } from "./cost.ts";
import { printFigure, printMachine, thousands } from "./figure.ts";

const TARGET = 300_000;
const ONLINE_ROWS = 100_000;

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "300000,1000000" }, turns: { type: "string", default: "3" } },
});
const turns = Number(options.turns);

/** Replays the last rows of the ledger through a warmed online state, and returns each one's microseconds, sorted. */
function online(ledger: Ledger, names: readonly string[]): Float64Array {
  const from = Math.max(0, ledger.rows - ONLINE_ROWS);
  const state = createOnlineFeatures({ names, utcOffset: ledger.utcOffset });
  state.warm(ledger, from);
  const transfers = Array.from({ length: ledger.rows - from }, (_, at): NamedTransfer => {
    const { payer, payee, device, ...rest } = readTransfer(ledger.transfers, from + at, emptyTransfer());
    return {
      ...rest,
      payer: ledger.accountOf(payer),
      payee: ledger.accountOf(payee),
      device: device < 0 ? null : ledger.deviceOf(device),
    };
  });
  return Float64Array.from(transfers, (transfer) => {
    const start = performance.now();
    state.process(transfer);
    return (performance.now() - start) * 1000;
  }).sort();
}

printMachine();
for (const rows of options.rows.split(",").map(Number)) {
  const ledger = simulateWorld({ transfers: rows, seed: 1 });
  let names: readonly string[] = [];
  let best = 0;
  for (let turn = 1; turn <= turns; turn++) {
    const { seconds, cpuSeconds } = costOf(() => {
      names = computeFeatures(ledger).names;
    });
    best = Math.max(best, rows / cpuSeconds);
    console.log(
      `${thousands(rows)} transfers, ${names.length} features, turn ${turn}: ` +
        `${thousands(rows / seconds)}/s (${thousands(rows / cpuSeconds)} per CPU second)`,
    );
  }
  const micros = online(ledger, names);
  const at = (share: number): string => micros[Math.floor(share * (micros.length - 1))]!.toFixed(1);
  console.log(`  online: median ${at(0.5)} µs, p99 ${at(0.99)} µs, p99.9 ${at(0.999)} µs a transfer`);
  console.log(`  peak resident memory so far: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
  printFigure({
    name: `Features (${names.length}), ${thousands(rows)} transfers`,
    target: `≥ ${thousands(TARGET)}/s`,
    measured: `${thousands(best)} per CPU second`,
    isMet: best >= TARGET,
  });
}
