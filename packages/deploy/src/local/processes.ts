import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const LOOK_EVERY_MS = 25;

/** The processes of this machine on whose command line `marker` stands; this one is not among them. */
export async function processesNaming(marker: string): Promise<readonly number[]> {
  const found = process.platform === "linux" ? await ofProc(marker) : await ofPs(marker);
  return found.filter((pid) => pid !== process.pid);
}

/** Whether this process lives and has `marker` on its command line: a number is given to others later. */
export async function isNaming(pid: number, marker: string): Promise<boolean> {
  if (process.platform === "linux") return (await commandLine(pid)).includes(marker);
  return (await ofPs(marker)).includes(pid);
}

/** Asks them to end, and after `graceMs` ends them. Resolves when none is left. */
export async function endProcesses(marker: string, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  let asked = new Set<number>();
  for (;;) {
    const alive = await processesNaming(marker);
    if (alive.length === 0) return;
    const isOver = performance.now() > deadline;
    for (const pid of alive) if (isOver || !asked.has(pid)) signal(pid, isOver ? "SIGKILL" : "SIGTERM");
    asked = new Set([...asked, ...alive]);
    await sleep(LOOK_EVERY_MS);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

async function ofProc(marker: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map(commandLine));
  return pids.filter((_, i) => lines[i]?.includes(marker));
}

/** Empty for one that has ended, or has and nobody has asked how. */
const commandLine = (pid: number): Promise<string> => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");

async function ofPs(marker: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-axww", "-o", "pid=,args="], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split("\n")
    .filter((line) => line.includes(marker))
    .map((line) => Number.parseInt(line, 10));
}
