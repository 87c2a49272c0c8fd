import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { guardGroup } from "./guard.ts";

const POLL_MS = 50;

/** How the first process of a group has ended. */
export type ProcessEnd =
  | { readonly kind: "exited"; readonly code: number }
  /** By a signal, such as SIGKILL. */
  | { readonly kind: "signalled"; readonly signal: string };

/** A program and all that it starts, unless that makes itself a group of its own. */
export interface ProcessGroup {
  /** The number of the group, which is the id of its first process. */
  readonly id: number;
  /** Resolves when the program has ended and nothing of the group is at work any more. */
  wait(): Promise<ProcessEnd>;
  /** Asks all of it to end, and makes it end when it does not. */
  end(): void;
  /** Ends it at once. */
  kill(): void;
}

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long a group that is asked to end may take for it. */
  readonly graceMs: number;
  readonly onOutput: (chunk: Uint8Array, stream: "out" | "err") => void;
}

/**
 * Starts a program as a group of processes of its own. It ends with this process too, however that ends.
 *
 * @throws Node's error when the program cannot be started: ENOENT where there is no such program or folder.
 */
export async function startGroup(
  program: string,
  args: readonly string[],
  { cwd, env, graceMs, onOutput }: GroupOptions,
): Promise<ProcessGroup> {
  const child: ChildProcess = spawn(program, [...args], {
    cwd,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const closed = once(child, "close");
  closed.catch(() => undefined);
  child.stdout?.on("data", (chunk: Uint8Array) => onOutput(chunk, "out"));
  child.stderr?.on("data", (chunk: Uint8Array) => onOutput(chunk, "err"));
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(signal === null ? { kind: "exited", code: code ?? 1 } : { kind: "signalled", signal }),
    );
  });
  await once(child, "spawn");
  const id = child.pid;
  if (id === undefined) throw new Error(`${program} has begun without an id.`);
  const release = guardGroup(id, graceMs);
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ending ??= endGroup(id, graceMs);
    return ending;
  };
  return {
    id,
    wait: async () => {
      const outcome = await exited;
      // What the program has left behind would go on writing for nobody.
      await end();
      release();
      await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
      return outcome;
    },
    end: () => void end(),
    kill: () => void signalGroup(id, "SIGKILL"),
  };
}

async function endGroup(group: number, graceMs: number): Promise<void> {
  if (!signalGroup(group, "SIGTERM")) return;
  for (let waited = 0; waited < graceMs; waited += POLL_MS) {
    await sleep(POLL_MS);
    if (!signalGroup(group, 0)) return;
  }
  signalGroup(group, "SIGKILL");
}

/** False when nothing of the group is there any more. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
