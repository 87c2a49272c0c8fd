/**
 * The main job as a user runs it, at its default size and with --full: seconds from start to end, and the most memory that
 * its processes held at once. Its data folder is a new one in the temporary folder, removed afterwards; what it keeps
 * between jobs (the XGBoost library, the built pages) is there after the first.
 *
 *   node --conditions=@esteira/source --import tsx bench/job.ts [--only default|full] [--verbose]
 *
 * Memory and processor are read from /proc (Linux). Ends with 1 when a target is missed, or the job fails.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { printFigure, printMachine } from "./figure.ts";
import { type TreeUse, treeUse } from "./process-tree.ts";

const SIZES = {
  default: { arguments: [], targetSeconds: 60, targetMb: undefined },
  full: { arguments: ["--full"], targetSeconds: 360, targetMb: 3 * 1024 },
} as const;
const SAMPLE_MS = 200;
/** The gate may refuse a model: that is an end of the job, not a fault of it. */
const ENDINGS: readonly (number | null)[] = [0, 3];

const { values: options } = parseArgs({
  options: { only: { type: "string" }, verbose: { type: "boolean", default: false } },
});

interface JobCost {
  readonly code: number | null;
  readonly seconds: number;
  readonly peakMb: number;
  readonly cpuSeconds: number;
  readonly output: string;
}

async function runJob(extra: readonly string[]): Promise<JobCost> {
  const data = await mkdtemp(join(tmpdir(), "esteira-bench-job-"));
  const root = fileURLToPath(new URL("..", import.meta.url));
  try {
    const started = performance.now();
    const child = spawn(
      process.execPath,
      [...process.execArgv, "pix-fraud/src/main.ts", "--no-stay", "--data", data, ...extra],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk;
        if (options.verbose) process.stdout.write(chunk);
      });
    }
    const ended = once(child, "close");
    let peak: TreeUse = { residentMb: 0, cpuSeconds: 0, processes: 0 };
    let cpuSeconds = 0;
    const sample = async () => {
      while (child.exitCode === null && child.signalCode === null) {
        const use = await treeUse(child.pid ?? 0);
        if (use.residentMb > peak.residentMb) peak = use;
        cpuSeconds = Math.max(cpuSeconds, use.cpuSeconds);
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      }
    };
    const [[code]] = await Promise.all([ended as Promise<[number | null]>, sample()]);
    return { code, seconds: (performance.now() - started) / 1000, peakMb: peak.residentMb, cpuSeconds, output };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

printMachine();
for (const [name, size] of Object.entries(SIZES)) {
  if (options.only !== undefined && options.only !== name) continue;
  const { code, seconds, peakMb, cpuSeconds, output } = await runJob(size.arguments);
  if (!ENDINGS.includes(code)) {
    console.error(`The job ended with code ${code}:\n${output.split("\n").slice(-20).join("\n")}`);
    process.exitCode = 1;
    continue;
  }
  const { targetSeconds, targetMb } = size;
  printFigure({
    name: `Main job, ${name} size`,
    target: `< ${targetSeconds} s${targetMb === undefined ? "" : `, < ${targetMb / 1024} GiB`}`,
    measured: `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} CPU seconds), ${(peakMb / 1024).toFixed(2)} GiB`,
    isMet: seconds < targetSeconds && (targetMb === undefined || peakMb < targetMb),
  });
}
