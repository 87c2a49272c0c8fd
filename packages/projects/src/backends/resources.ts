import { readdir, readFile } from "node:fs/promises";

/**
 * The memory that the processes of a group have together, in bytes: what several share counts once (proc_pid_smaps_rollup(5)). Linux only.
 */
export async function memoryOf(group: number): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const members = await Promise.all(pids.map(async (pid) => ((await groupOf(pid)) === group ? [pid] : [])));
  const kilobytes = await Promise.all(members.flat().map(shareOf));
  return 1024 * kilobytes.reduce((sum, one) => sum + one, 0);
}

/** proc_pid_stat(5): the fifth field; the second, the name, may hold anything. */
async function groupOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[2] === undefined ? undefined : Number(fields[2]);
}

async function shareOf(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "latin1").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}

/** The processors that this process may use. Linux only. */
export async function allowedCpus(): Promise<readonly number[]> {
  const status = await readFile("/proc/self/status", "latin1").catch(() => "");
  return readCpuList(/^Cpus_allowed_list:\s+(\S+)/m.exec(status)?.[1] ?? "");
}

/** A list as the kernel writes it: `0-2,5`. */
export function readCpuList(list: string): readonly number[] {
  return list.split(",").flatMap((range) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined) return [];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at);
  });
}

/**
 * Processors for one more task: those that the fewest have.
 *
 * @param held of the tasks at work, each its processors.
 */
export function leastHeld(
  cpus: readonly number[],
  held: Iterable<readonly number[]>,
  count: number,
): readonly number[] {
  const holders = new Map(cpus.map((cpu) => [cpu, 0]));
  for (const list of held) for (const cpu of list) holders.set(cpu, (holders.get(cpu) ?? 0) + 1);
  return [...holders]
    .sort(([a, of], [b, other]) => of - other || a - b)
    .slice(0, count)
    .map(([cpu]) => cpu)
    .sort((a, b) => a - b);
}
