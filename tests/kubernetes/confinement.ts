import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "./run.ts";

const ENDING_MS = 20_000;

/**
 * A place for programs that change a machine: what they mount, which links and packet filters they make and which processes they leave
 * behind is gone with it. Needs root; without, programs run as they are and only on loopback.
 */
export interface Confinement {
  readonly folder: string;
  /** Of the programs inside, as seen from outside and from inside. */
  readonly address: string;
  /** Of what runs outside, as seen from inside. */
  readonly outside: string;
  readonly isConfined: boolean;
  /** Starts a program inside, which runs until the end. Its output goes to `NAME.log` in the folder. */
  start(name: string, program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a program inside to its end. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** What a program inside is started as: a program of outside, and what goes before its own arguments. */
  command(program: string): readonly [string, readonly string[]];
  /** The last lines of what a program said. */
  said(name: string): Promise<string>;
  /** Throws when a program that was started has ended. */
  check(): Promise<void>;
  end(): Promise<void>;
}

/** What a kubelet sets for the whole machine, to be put back. */
const MACHINE_SETTINGS = ["/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/panic", "/proc/sys/kernel/panic_on_oops"];
/** Where programs write whatever they were told: each gets a file system of its own that is gone with the rest. */
const HIDDEN = ["/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet"];

export async function confine(): Promise<Confinement> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-kube-"));
  const isConfined = process.getuid?.() === 0 && process.platform === "linux";
  const inner = isConfined ? await namespaces() : undefined;
  const prefix = inner === undefined ? [] : ["nsenter", `--target=${inner.pid}`, "--net", "--mount", "--pid"];
  const started: { name: string; child: ReturnType<typeof spawn> }[] = [];
  const settings = await Promise.all(
    MACHINE_SETTINGS.map(async (file) => [file, await readFile(file, "utf8").catch(() => "")] as const),
  );

  const said = async (name: string): Promise<string> =>
    (await readFile(join(folder, `${name}.log`), "utf8").catch(() => "")).split("\n").slice(-15).join("\n");

  return {
    folder,
    address: inner?.address ?? "127.0.0.1",
    outside: inner?.gateway ?? "127.0.0.1",
    isConfined,
    async start(name, program, args, env = {}) {
      const log = await open(join(folder, `${name}.log`), "a");
      const [first = program, ...rest] = [...prefix, program, ...args];
      const child = spawn(first, rest, {
        stdio: ["ignore", log.fd, log.fd],
        env: { PATH: process.env.PATH, HOME: folder, ...env },
      });
      child.on("error", () => {});
      await log.close();
      started.push({ name, child });
    },
    run: (program, args) => {
      const [first = program, ...rest] = [...prefix, program, ...args];
      return run(first, rest);
    },
    command: (program) => {
      const [first = program, ...rest] = [...prefix, program];
      return [first, rest];
    },
    said,
    async check() {
      for (const { name, child } of started)
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`${name} has ended:\n${await said(name)}`);
    },
    async end() {
      if (inner === undefined) for (const { child } of started.reverse()) await ended(child);
      else {
        // The first process of the namespaces: with it all others end, and all that was mounted and linked is gone.
        inner.process.kill("SIGKILL");
        if (inner.process.exitCode === null && inner.process.signalCode === null) await once(inner.process, "exit");
        for (const { child } of started)
          if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
        for (const [file, text] of settings)
          if (text !== "" && text !== (await readFile(file, "utf8"))) await writeFile(file, text);
        await removeGroups();
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
    },
  };
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), ENDING_MS);
  await exit;
  clearTimeout(timer);
}

/** A network with one link to the outside, and mounts and processes of its own, held by a process that does nothing. */
async function namespaces() {
  const hide = HIDDEN.map((path) => `mkdir -p ${path}; mount -t tmpfs tmpfs ${path}`).join("; ");
  const setup = `set -e; mount --make-rprivate /; ${hide}; mount --make-rshared /; ip link set lo up; sysctl -qw net.ipv4.ip_forward=1; exec sleep infinity`;
  const holder = spawn(
    "unshare",
    ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", setup],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const pid = await childOf(holder.pid ?? 0);
  const number = process.pid % 200;
  const [outside, inside] = [`esto${process.pid}`, `esti${process.pid}`];
  const [gateway, address] = [`10.250.${number}.1`, `10.250.${number}.2`];
  const within = ["--target", String(pid), "--net", "--mount", "--pid", "ip"];
  await run("ip", ["link", "add", outside, "type", "veth", "peer", "name", inside, "netns", String(pid)]);
  await run("ip", ["addr", "add", `${gateway}/30`, "dev", outside]);
  await run("ip", ["link", "set", outside, "up"]);
  await run("nsenter", [...within, "addr", "add", `${address}/30`, "dev", inside]);
  await run("nsenter", [...within, "link", "set", inside, "up"]);
  await run("nsenter", [...within, "route", "add", "default", "via", gateway]);
  return { process: holder, pid, address, gateway };
}

async function childOf(pid: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    const child = Number(children.trim().split(" ")[0]);
    // It has set itself up when it is what it ends as.
    if (child > 0 && (await readFile(`/proc/${child}/comm`, "utf8").catch(() => "")).trim() === "sleep") return child;
    await sleep(50);
  }
  throw new Error("unshare has not made namespaces within 10 s");
}

/** A kubelet leaves its groups of processes behind, empty now. */
async function removeGroups(): Promise<void> {
  const remove =
    "for r in /sys/fs/cgroup/*/kubepods /sys/fs/cgroup/kubepods /sys/fs/cgroup/*/esteira-real* /sys/fs/cgroup/esteira-real*; do [ -d $r ] && find $r -depth -type d -exec rmdir {} + ; done; true";
  await run("sh", ["-c", remove]).catch(() => {});
}
