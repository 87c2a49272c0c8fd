import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { Backend, Execution, Outcome, Task } from "./backend.ts";
import { guardGroup } from "./guard.ts";

const POLL_MS = 50;

/**
 * Runs a task as a process group of this machine: what the command starts ends with it, whatever that is, unless it makes itself a
 * group of its own. It ends with this process too, however that ends.
 *
 * @param graceMs how long a group that is asked to end may take for it.
 */
export function localBackend(graceMs = 10_000): Backend {
  return {
    name: "local",
    start: async (task) => {
      const child = spawn("bash", ["-c", task.command.script], {
        cwd: task.folder,
        env: { ...task.env, ...task.command.variables },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      });
      const closed = once(child, "close");
      closed.catch(() => undefined);
      await once(child, "spawn").catch((error: unknown) => {
        throw new EsteiraError("INVALID_STATE", `The command could not be started: ${describe(error)}.`, {
          cause: error,
        });
      });
      return execution(child, closed, task, graceMs);
    },
  };
}

function execution(child: ChildProcess, closed: Promise<unknown>, task: Task, graceMs: number): Execution {
  child.stdout?.on("data", (chunk: Uint8Array) => task.onOutput(chunk, "out"));
  child.stderr?.on("data", (chunk: Uint8Array) => task.onOutput(chunk, "err"));
  const group = child.pid;
  const exited = new Promise<Outcome>((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(signal === null ? { kind: "exited", code: code ?? 1 } : { kind: "signalled", signal }),
    );
  });
  const release = group === undefined ? () => undefined : guardGroup(group, graceMs);
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ending ??= endGroup(group, graceMs);
    return ending;
  };
  return {
    wait: async () => {
      const outcome = await exited;
      // What the command has left behind would go on writing for nobody.
      await end();
      release();
      await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
      return outcome;
    },
    cancel: () => void end(),
    kill: () => void signalGroup(group, "SIGKILL"),
  };
}

async function endGroup(group: number | undefined, graceMs: number): Promise<void> {
  if (!signalGroup(group, "SIGTERM")) return;
  for (let waited = 0; waited < graceMs; waited += POLL_MS) {
    await sleep(POLL_MS);
    if (!signalGroup(group, 0)) return;
  }
  signalGroup(group, "SIGKILL");
}

/** False when nothing of the group is there any more. */
function signalGroup(group: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (group === undefined) return false;
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

const describe = (error: unknown): string =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? "bash is not installed, or the project's folder is gone"
    : String(error);
