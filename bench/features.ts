/**
 * Features: transfers a second of the offline table, with the whole catalogue over a simulated ledger, the memory it
 * takes, and microseconds a transfer of the online state (vector and update, by names).
 *
 *   node --conditions=@esteira/source --import tsx bench/features.ts [--rows 300000,1000000] [--turns 3]
 *
 * Ends with 1 when the target is missed at any size.
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { computeFeatures } from "../pix-fraud/src/features/offline.ts";
import { createOnlineFeatures, type NamedTransfer } from "../pix-fraud/src/features/online.ts";
import { emptyTransfer, type Ledger, readTransfer } from "../pix-fraud/src/ledger/ledger.ts";
import { simulateWorld } from "../pix-fraud/src/world/simulate.ts";

const TARGET = 300_000;
const ONLINE_ROWS = 100_000;

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "300000,1000000" }, turns: { type: "string", default: "3" } },
});
const turns = Number(options.turns);

interface Cost {
  readonly seconds: number;
  /** Of all threads: what the work cost, however busy the machine was. */
  readonly cpuSeconds: number;
}

const timed = (work: () => void): Cost => {
  const start = performance.now();
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
};

const perSecond = (rows: number, seconds: number): string => Math.round(rows / seconds).toLocaleString("en");

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

console.log(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
);
let missed = false;
for (const rows of options.rows.split(",").map(Number)) {
  const ledger = simulateWorld({ transfers: rows, seed: 1 });
  let names: readonly string[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 1; turn <= turns; turn++) {
    const cost = timed(() => {
      names = computeFeatures(ledger).names;
    });
    best = Math.min(best, cost.seconds);
    console.log(
      `${ledger.rows.toLocaleString("en")} transfers, ${names.length} features, turn ${turn}: ` +
        `${perSecond(ledger.rows, cost.seconds)}/s (${perSecond(ledger.rows, cost.cpuSeconds)} per CPU second)`,
    );
  }
  const micros = online(ledger, names);
  const at = (share: number): string => micros[Math.floor(share * (micros.length - 1))]!.toFixed(1);
  console.log(`  online: median ${at(0.5)} µs, p99 ${at(0.99)} µs, p99.9 ${at(0.999)} µs a transfer`);
  console.log(`  peak resident memory so far: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
  if (ledger.rows / best < TARGET) missed = true;
}
console.log(
  missed ? `Below ${TARGET.toLocaleString("en")} transfers/s.` : `At least ${TARGET.toLocaleString("en")} transfers/s.`,
);
process.exitCode = missed ? 1 : 0;
