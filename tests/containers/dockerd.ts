import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, missing, run } from "./programs.ts";

const STARTUP_MS = 120_000;

export interface TestEngine {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  stop(): Promise<void>;
}

const NO_RIGHT = "root has no right here to mount and to make networks, which dockerd does";
/** CAP_NET_ADMIN and CAP_SYS_ADMIN. */
const NEEDED = (1n << 12n) | (1n << 21n);

function mayAdminister(): boolean {
  const [, mask = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return (BigInt(`0x${mask}`) & NEEDED) === NEEDED;
}

/** Why no engine can be run here; undefined where it can. */
export function noEngine(): string | undefined {
  const absent = missing("dockerd", "containerd", "runc", "iptables", "docker-registry");
  if (absent !== undefined) return absent;
  const reason = process.getuid?.() !== 0 ? "dockerd is run by root here" : mayAdminister() ? undefined : NO_RIGHT;
  if (reason !== undefined) console.info(`skipped: ${reason}`);
  return reason;
}

/** A Docker engine of its own, with nothing in it. */
export async function startEngine(): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-docker-"));
  const socket = join(folder, "docker.sock");
  const config = {
    "data-root": join(folder, "data"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "docker.pid"),
    hosts: [`unix://${socket}`],
    "storage-driver": "overlay2",
    // Deployments have networks of their own; another engine of this machine may have the bridge.
    bridge: "none",
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const log = await open(join(folder, "log.txt"), "a");
  const child = spawn("dockerd", ["--config-file", join(folder, "config.json")], { stdio: ["ignore", log.fd, log.fd] });
  const stop = async () => {
    await ended(child);
    await log.close();
    // The machine's own network, where a container had it, stays mounted.
    await run("umount", [join(folder, "exec", "netns", "default")]).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + STARTUP_MS; Date.now() < deadline && child.exitCode === null; ) {
    if (await answers(socket)) return { host: `unix://${socket}`, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const said = await readFile(join(folder, "log.txt"), "utf8");
  await stop();
  throw new Error(`dockerd did not answer:\n${said.slice(-3000)}`);
}

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ping" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
