/** What a process and all its descendants hold and have worked, read from /proc (Linux). */
import { readdir, readFile } from "node:fs/promises";

/** Clock ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

export interface TreeUse {
  /** Sum over the processes, in MiB. Pages that two of them share count twice. */
  readonly residentMb: number;
  /** Of the living processes and the children that they have waited for. */
  readonly cpuSeconds: number;
  readonly processes: number;
}

interface ProcessUse {
  readonly parent: number;
  readonly residentMb: number;
  readonly cpuSeconds: number;
}

async function readProcess(pid: string): Promise<ProcessUse | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    // The name, in brackets, may hold anything: fields count from behind it, the first there being number 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const field = (number: number): number => Number(fields[number - 3]);
    return {
      parent: field(4),
      residentMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
      cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / TICKS,
    };
  } catch {
    return undefined; // It has ended since the folder was listed.
  }
}

async function readTree(root: number): Promise<ReadonlyMap<number, ProcessUse>> {
  const all = new Map<number, ProcessUse>();
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const use = await readProcess(pid);
    if (use !== undefined) all.set(Number(pid), use);
  }
  const tree = new Set([root]);
  for (let size = 0; size < tree.size; ) {
    size = tree.size;
    for (const [pid, { parent }] of all) if (tree.has(parent)) tree.add(pid);
  }
  return new Map([...all].filter(([pid]) => tree.has(pid)));
}

export async function treeUse(root: number): Promise<TreeUse> {
  const tree = await readTree(root);
  let residentMb = 0;
  let cpuSeconds = 0;
  for (const use of tree.values()) {
    residentMb += use.residentMb;
    cpuSeconds += use.cpuSeconds;
  }
  return { residentMb, cpuSeconds, processes: tree.size };
}

/**
 * The same memory with each page divided among all processes of the machine that have it, in MiB: what many processes of one program
 * share counts once, and what a single one shares with nobody counts whole. Slow to read, so not for a look between requests.
 */
export async function proportionalMb(root: number): Promise<number> {
  let sum = 0;
  for (const pid of (await readTree(root)).keys()) {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    sum += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024;
  }
  return sum;
}

/** Resolves when a process and its descendants do next to nothing for a second; a server may answer long before. */
export async function untilIdle(root: number): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const before = (await treeUse(root)).cpuSeconds;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if ((await treeUse(root)).cpuSeconds - before < IDLE_SHARE) return;
  }
  throw new Error(`The process ${root} was still at work after ${MOST_TURNS} s.`);
}
/** Of one core. */
const IDLE_SHARE = 0.1;
const MOST_TURNS = 120;
