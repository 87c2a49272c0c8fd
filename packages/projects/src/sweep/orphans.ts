import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunId } from "@esteira/core/ids";

const GRACE_MS = 5000;
const POLL_MS = 100;

/**
 * Ends what is still at work for a run whose sweep was killed: the processes of this machine that have the run's id in their environment
 * as their own. Only Linux tells; elsewhere nothing is ended.
 */
export async function endOrphans(run: RunId): Promise<void> {
  if (process.platform !== "linux") return;
  for (let waited = 0; ; waited += POLL_MS) {
    const pids = await processesOf(run);
    if (pids.length === 0) return;
    if (waited > 2 * GRACE_MS) return;
    if (waited === 0) signal(pids, "SIGTERM");
    if (waited >= GRACE_MS) signal(pids, "SIGKILL");
    await sleep(POLL_MS);
  }
}

async function processesOf(run: RunId): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const environment = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "");
    if (environment.split("\0").includes(`MLFLOW_RUN_ID=${run}`)) found.push(Number(name));
  }
  return found;
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself.
    }
  }
}
