import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, freePort } from "./programs.ts";

export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  stop(): Promise<void>;
}

const STARTUP_MS = 60_000;

/** A real registry of its own, with nothing in it. `auth` is that part of its configuration file. */
export async function startRegistry(auth?: object): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-registry-"));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  await mkdir(join(folder, "data"));
  // JSON is YAML too.
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host, secret: "of this test alone" },
    ...(auth === undefined ? {} : { auth }),
  };
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + STARTUP_MS; Date.now() < deadline; ) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer !== undefined) return { host, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`docker-registry did not answer at ${host} within ${STARTUP_MS / 1000} s`);
}
