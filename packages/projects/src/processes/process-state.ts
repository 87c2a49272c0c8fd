import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/**
 * Whether a process of this machine has ended, or does so within some milliseconds. One that has ended and that nobody has waited for yet (a
 * zombie: the first process of a container often waits for none) still takes signals, and has ended all the same.
 */
export async function hasEnded(pid: number, withinMs = 0): Promise<boolean> {
  for (let waited = 0; ; waited += POLL_MS) {
    if (!takesSignals(pid) || (await isZombie(pid))) return true;
    if (waited >= withinMs) return false;
    await sleep(POLL_MS);
  }
}

function takesSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** The state stands behind the command's name, which may hold anything, parentheses too (proc_pid_stat(5)). Only Linux tells. */
async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  return /^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
}
