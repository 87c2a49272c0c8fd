/** Processes of a bench, each on its own core: what is measured on one, who asks it on the others. */
import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** Ends by itself, should nobody end it. */
const SPIN = "const end = Date.now() + 600_000; while (Date.now() < end);";

/** Where what is measured runs. */
export const SERVER_CORE = 0;
export const OTHER_CORES = Array.from({ length: availableParallelism() }, (_, core) => core).filter(
  (core) => core !== SERVER_CORE,
);

/** Whether `taskset` can pin a process here. */
function canPin(): boolean {
  try {
    execFileSync("taskset", ["-c", String(SERVER_CORE), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Seconds for which the host has run something else on our cores; NaN where the system does not say. */
export function stolenSeconds(): number {
  try {
    const [, ...ticks] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!.trim().split(/\s+/).map(Number);
    return ticks[7]! / 100;
  } catch {
    return Number.NaN;
  }
}

/** The file as a process with a message channel, on these cores where they can be chosen. */
export function start(file: string, cores: string | undefined): ChildProcess {
  const script = fileURLToPath(new URL(file, import.meta.url));
  if (cores === undefined) return fork(script);
  return spawn("taskset", ["-c", cores, process.execPath, ...process.execArgv, script], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/**
 * Keeps the cores from sleeping until what it returns is called: a virtual machine's sleeping core is woken by its host, which takes up to
 * milliseconds. What keeps them awake runs only while nothing else wants them (SCHED_IDLE). Without `chrt` it does nothing, and says so.
 */
export function keepAwake(): () => void {
  const spinners = [SERVER_CORE, ...OTHER_CORES].map((core) =>
    spawn("taskset", ["-c", String(core), "chrt", "--idle", "0", process.execPath, "-e", SPIN], {
      stdio: ["ignore", "ignore", "inherit"],
    }),
  );
  for (const spinner of spinners) spinner.on("error", ({ message }) => console.log(`not kept awake: ${message}`));
  return () => {
    for (const spinner of spinners) spinner.kill("SIGKILL");
  };
}

export async function ask<T>(child: ChildProcess, message: unknown): Promise<T> {
  const gone = new AbortController();
  const answer = once(child, "message", { signal: gone.signal });
  const onExit = (code: number | null) => gone.abort(new Error(`A process of the bench ended with code ${code}.`));
  child.once("exit", onExit);
  child.send(message as object);
  const [value] = (await answer) as [T];
  child.off("exit", onExit);
  return value;
}

export const isPinned = canPin() && OTHER_CORES.length > 0;

/** The packed command on the measured core, once it answers on the port. Throws when it ends before. */
export async function serveOnCore(
  command: string,
  args: readonly string[],
  port: number,
): Promise<{ stop(): Promise<void> }> {
  const words = ["-c", String(SERVER_CORE), process.execPath, command, ...args, "-p", String(port)];
  const child = spawn("taskset", words, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/ping`).catch(() => undefined);
    if (answer?.ok) break;
    if (child.exitCode !== null) throw new Error(`${args.join(" ")} ended with ${child.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
