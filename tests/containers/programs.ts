import { type ChildProcess, execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";

/** Runs a program to its end. */
export const run = promisify(execFile);

/** Says which of these are not installed, so that a suite can be skipped with the reason. */
export function missing(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => {
    try {
      execFileSync("sh", ["-c", 'command -v "$1"', "sh", program], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
  if (absent.length === 0) return undefined;
  const reason = `not installed: ${absent.join(", ")}`;
  console.info(`skipped: ${reason}`);
  return reason;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Tells it to end, and waits until it has. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}
