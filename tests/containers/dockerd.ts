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

/** A Docker engine of its own, with nothing in it; or Podman, which speaks as Docker does, where ESTEIRA_TEST_ENGINE=podman says so. */
export const startEngine = (): Promise<TestEngine> =>
  process.env.ESTEIRA_TEST_ENGINE === "podman" ? startPodman() : startDocker();

async function startPodman(): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-podman-"));
  const socket = join(folder, "podman.sock");
  const own = [
    "--root",
    join(folder, "root"),
    "--runroot",
    join(folder, "run"),
    "--network-config-dir",
    join(folder, "networks"),
  ];
  // Docker takes a registry of this machine without TLS by itself.
  const registries = join(folder, "registries.conf");
  await writeFile(registries, '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n');
  // Its own limits may be more than what this process may give.
  const settings = join(folder, "containers.conf");
  await writeFile(settings, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
  const service = [...own, "system", "service", "--time", "0", `unix://${socket}`];
  return started("podman", service, {
    folder,
    socket,
    env: { CONTAINERS_REGISTRIES_CONF: registries, CONTAINERS_CONF: settings },
  });
}

async function startDocker(): Promise<TestEngine> {
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
  return started("dockerd", ["--config-file", join(folder, "config.json")], { folder, socket });
}

/** An engine once it answers at its socket; its end takes the folder along. */
async function started(
  program: string,
  args: readonly string[],
  { folder, socket, env }: { readonly folder: string; readonly socket: string; readonly env?: Record<string, string> },
): Promise<TestEngine> {
  const log = await open(join(folder, "log.txt"), "a");
  const child = spawn(program, args, { stdio: ["ignore", log.fd, log.fd], env: { ...process.env, ...env } });
  const stop = async () => {
    await ended(child);
    await log.close();
    // The machine's own network, where a container had it, stays mounted; Podman's storage is a mount of itself.
    for (const mounted of [
      ["exec", "netns", "default"],
      ["root", "overlay"],
    ])
      await run("umount", [join(folder, ...mounted)]).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + STARTUP_MS; Date.now() < deadline && child.exitCode === null; ) {
    if (await answers(socket)) return { host: `unix://${socket}`, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const said = await readFile(join(folder, "log.txt"), "utf8");
  await stop();
  throw new Error(`${program} did not answer:\n${said.slice(-3000)}`);
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
