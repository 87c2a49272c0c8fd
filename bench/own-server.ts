/** This project's server as a process of its own, as users run it: the packed command on a free port. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Served {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from starting the process to its first healthy answer. */
  readonly startMs: number;
  close(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Packs the command anew, so that what is measured is what would be shipped; the path of its script. */
export async function packCommand(): Promise<string> {
  const packed = join(ROOT, "node_modules", ".cache", "esteira-bench");
  const pack = ["--conditions=@esteira/source", "--import", "tsx", "packages/cli/pack/pack.ts", "--out", packed];
  await promisify(execFile)(process.execPath, pack, { cwd: ROOT });
  return join(packed, "dist/main.js");
}

/** Starts `esteira server` in `folder`. Throws when it ends before it is healthy. */
export async function startOwnServer(command: string, folder: string, args: readonly string[]): Promise<Served> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [command, "server", "--port", String(port), ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode} before it was ready.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    url,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    close: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

const isHealthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
