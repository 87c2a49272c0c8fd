import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Terminal } from "../command.ts";
import { OWN_COMMAND } from "../own-command.ts";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * `esteira flow work` as a process beside a server, which requests do not wait for. It ends with the server, however that ends:
 * its standard input does then. One that ends by itself is started again.
 */
export function workBesideServer(
  url: string,
  env: Terminal["env"],
  note: (line: string) => void,
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS; !stopped.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const child = spawn(process.execPath, [OWN_COMMAND, "flow", "work", "--with-parent"], {
        env: { ...env, MLFLOW_TRACKING_URI: url },
        stdio: ["pipe", "inherit", "inherit"],
      });
      const end = (): void => void child.stdin.destroy();
      stopped.signal.addEventListener("abort", end);
      child.stdin.on("error", () => {});
      const [code] = await once(child, "exit").catch(() => [1]);
      stopped.signal.removeEventListener("abort", end);
      if (stopped.signal.aborted) return;
      note(`What works on flows has ended (${String(code)}), and is started again.`);
      await sleep(pause, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
