import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { type ProcessGroup, startGroup } from "../processes/process-group.ts";
import { type Backend, type Outcome, outOfMemory, type Task } from "./backend.ts";
import { allowedCpus, leastHeld, memoryOf } from "./resources.ts";

const LOOK_MS = 500;

export interface LocalOptions {
  /** How long, in milliseconds, a group that is asked to end may take for it. */
  readonly graceMs?: number;
  /** Bytes that all processes of a command may have together. One that takes more is ended as soon as that is seen. */
  readonly memory?: number | undefined;
  /** How many processors a command may use; several at a time get different ones as far as there are any. */
  readonly cpus?: number | undefined;
}

/**
 * Runs a task as a process group of this machine: what the command starts ends with it, whatever that is, unless it makes itself a
 * group of its own. It ends with this process too, however that ends.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for limits where the system keeps none.
 */
export function localBackend({ graceMs = 10_000, memory, cpus }: LocalOptions = {}): Backend {
  if ((memory ?? cpus) !== undefined && process.platform !== "linux")
    throw invalid("The local backend limits memory and cpus on Linux only: leave them out, or use -b docker.");
  const held = new Map<Task, readonly number[]>();
  return {
    name: "local",
    start: async (task) => {
      const { command, folder, env, onOutput } = task;
      const own = cpus === undefined ? undefined : leastHeld(await enough(cpus), held.values(), cpus);
      const pinned = own === undefined ? [] : ["taskset", "--cpu-list", own.join(",")];
      const [program = "", ...args] = [...pinned, "bash", "-c", command.script];
      const group = await startGroup(program, args, {
        cwd: folder,
        env: { ...env, ...command.variables },
        graceMs,
        onOutput,
      }).catch((error: unknown) => {
        throw new EsteiraError("INVALID_STATE", `The command could not be started: ${describe(error, program)}.`, {
          cause: error,
        });
      });
      if (own !== undefined) held.set(task, own);
      const ended = memory === undefined ? group.wait() : waitBelow(group, memory);
      return { wait: () => ended.finally(() => held.delete(task)), cancel: group.end, kill: group.kill };
    },
  };
}

async function enough(wanted: number): Promise<readonly number[]> {
  const cpus = await allowedCpus();
  if (wanted <= cpus.length) return cpus;
  throw invalid(
    `The backend's cpus are ${wanted}, and this machine has ${cpus.length} for this process: ask for fewer.`,
  );
}

/** Waits for a group, and ends it where it has more memory than it may. */
async function waitBelow(group: ProcessGroup, memory: number): Promise<Outcome> {
  const done = new AbortController();
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      isOver = (await memoryOf(group.id)) > memory;
      if (isOver) return group.kill();
      await sleep(LOOK_MS, undefined, { signal: done.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  const outcome = await group.wait();
  done.abort();
  await watching;
  return isOver ? outOfMemory(memory) : outcome;
}

const describe = (error: unknown, program: string): string =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
    ? `${program} is not installed, or the project's folder is gone`
    : String(error);
