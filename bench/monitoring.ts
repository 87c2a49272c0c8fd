/**
 * A day of decisions with 40 features compared with a reference, from Parquet, beside evidently on the same files and machine; PSI and
 * Kolmogorov-Smirnov are checked against NumPy and SciPy. The day is written first, under the system's folder for temporary files.
 *
 *   npm run bench -- monitoring [--rows 10000000] [--evidently-rows 10000000]
 *
 * Evidently wants a Python with evidently 0.7.14, pandas and pyarrow: ESTEIRA_EVIDENTLY_PYTHON, or ~/.cache/esteira/evidently/bin/python.
 * Evidently holds all rows in memory: 10 million take about 16 GB. Ends with 1 when a target is missed.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { printFigure, printMachine, thousands } from "./figure.ts";
import { FEATURES, writeDay } from "./monitoring-data.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);
/** So many that all their values are points: the distances are those of the rows, not of a thinned sample. */
const REFERENCE_ROWS = 16_000;

const { values: options } = parseArgs({
  options: { rows: { type: "string", default: "10000000" }, "evidently-rows": { type: "string" } },
});
const rows = Number(options.rows);
const theirRows = Number(options["evidently-rows"] ?? options.rows);
const python = process.env.ESTEIRA_EVIDENTLY_PYTHON ?? join(homedir(), ".cache/esteira/evidently/bin/python");
const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Ours {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly drift: Readonly<Record<string, { readonly psi: number; readonly ks: number; readonly level: string }>>;
}

interface Theirs {
  readonly rows: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly drifted: number;
}

async function told<T>(command: string, args: readonly string[]): Promise<T> {
  const { stdout } = await run(command, args, { maxBuffer: 1 << 26 });
  const answer: T = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  return answer;
}

printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-monitoring-"));
try {
  const [reference, day] = [join(folder, "reference.parquet"), join(folder, "day.parquet")];
  writeDay(reference, { rows: REFERENCE_ROWS, from: START - 7 * DAY, seed: 1, shift: 0 });
  const began = performance.now();
  writeDay(day, { rows, from: START, seed: 2, shift: 0.5 });
  console.log(
    `${thousands(rows)} rows of ${FEATURES.length} features written in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  const ours = await told<Ours>(process.execPath, [
    ...process.execArgv,
    here("monitoring-analysis.ts"),
    ...[reference, day, String(START)],
  ]);
  printFigure({
    name: `A day of ${thousands(ours.rows)} decisions x ${FEATURES.length} features analysed`,
    target: "< 60 s, < 1 GiB",
    measured: `${ours.seconds.toFixed(1)} s (${ours.cpuSeconds.toFixed(0)} s of processor), ${ours.peakMiB.toFixed(0)} MiB`,
    isMet: ours.seconds < 60 && ours.peakMiB < 1024,
  });
  if (!existsSync(python)) console.log(`${python} is not there: evidently and SciPy are left out`);
  else {
    const exact = await told<Record<string, readonly [number, number]>>(python, [
      ...[here("monitoring.py"), "scipy", reference, day],
    ]);
    const apart = Object.entries(exact).reduce((most, [name, [psi, ks]]) => {
      const { psi: ourPsi = Number.NaN, ks: ourKs = Number.NaN } = ours.drift[name] ?? {};
      return Math.max(most, Math.abs(ourPsi - psi), Math.abs(ourKs - ks));
    }, 0);
    printFigure({
      name: `PSI and KS of ${Object.keys(exact).length} columns beside NumPy's and SciPy's`,
      target: "within 1e-9",
      measured: apart.toExponential(1),
      isMet: apart <= 1e-9,
    });
    const theirs = await told<Theirs>(python, [here("monitoring.py"), "evidently", reference, day, String(theirRows)]);
    const ratio = theirs.seconds / theirs.rows / (ours.seconds / ours.rows);
    printFigure({
      name: "The same by evidently 0.7.14 (its default tests), its seconds a row over ours",
      target: "> 20",
      measured: `${ratio.toFixed(0)} (${thousands(theirs.rows)} rows in ${theirs.seconds.toFixed(1)} s, ${theirs.peakMiB.toFixed(0)} MiB)`,
      isMet: ratio > 20,
    });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
