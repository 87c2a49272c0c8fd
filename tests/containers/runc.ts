import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, missing, run } from "./programs.ts";

const STARTUP_MS = 60_000;

/** Why no container can be run here; undefined where it can. */
export function noContainers(): string | undefined {
  const absent = missing("skopeo", "umoci", "runc");
  if (absent !== undefined || process.getuid?.() === 0) return absent;
  const reason = "runc is run by root here";
  console.info(`skipped: ${reason}`);
  return reason;
}

export interface Container {
  readonly url: string;
  /** What it has written to its standard output and error. */
  said(): string;
  /** Sends the signal to its first process, and waits for its end. */
  kill(signal: "TERM" | "KILL"): Promise<{ readonly code: number | null; readonly ms: number }>;
  /** How it ended by itself. */
  ended(): Promise<number | null>;
}

interface RunSettings {
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of this machine by where they are seen, read-only. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** What umoci makes of an image: its files, and how a runtime starts it. Only what is used here. */
interface BundleConfig {
  process: { terminal: boolean; env: string[]; user: { uid: number }; args: string[]; capabilities?: object };
  root: { readonly?: boolean };
  mounts: object[];
  linux: { namespaces: { type: string }[] };
}

export interface Bundle {
  readonly folder: string;
  readonly config: BundleConfig;
}

/** Unpacks an image of a layout folder by umoci. */
export async function unpack(layout: string, tag: string, folder: string): Promise<Bundle> {
  await run("umoci", ["unpack", "--image", `${layout}:${tag}`, folder]);
  const config: BundleConfig = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  return { folder, config };
}

/**
 * Runs it by runc: on this machine's network, with no capability and on a root that nobody can write, not even /tmp. Its PORT is a free one.
 */
export async function startContainer(bundle: Bundle, { env = {}, mounts = {} }: RunSettings = {}): Promise<Container> {
  const port = await freePort();
  const { process: first, root, linux } = bundle.config;
  const none = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  const config: BundleConfig = {
    ...bundle.config,
    process: {
      ...first,
      terminal: false,
      capabilities: none,
      env: [...first.env, `PORT=${port}`, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
    },
    root: { ...root, readonly: true },
    mounts: [
      ...bundle.config.mounts,
      ...Object.entries(mounts).map(([destination, source]) => ({
        destination,
        source,
        type: "bind",
        options: ["rbind", "ro"],
      })),
    ],
    linux: { ...linux, namespaces: linux.namespaces.filter(({ type }) => type !== "network") },
  };
  await writeFile(join(bundle.folder, "config.json"), JSON.stringify(config));
  const state = join(bundle.folder, "state");
  const name = `esteira-test-${randomUUID()}`;
  const child = spawn("runc", ["--root", state, "run", "--no-pivot", name], {
    cwd: bundle.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
  const closed = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  const container: Container = {
    url: `http://127.0.0.1:${env.PORT ?? env.SAGEMAKER_BIND_TO_PORT ?? port}`,
    said: () => text,
    ended: () => closed,
    async kill(signal) {
      const since = performance.now();
      if (child.exitCode === null) await run("runc", ["--root", state, "kill", name, signal]);
      return { code: await closed, ms: performance.now() - since };
    },
  };
  await answering(container, child);
  return container;
}

/** Waits until it says that it is ready, or has ended. */
async function answering({ url }: Container, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + STARTUP_MS; Date.now() < deadline && child.exitCode === null; ) {
    const answer = await fetch(`${url}/ping`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
