import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { ended, freePort } from "../containers/programs.ts";

const STARTUP_MS = 120_000;

export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

/** The program; why there is none, where it cannot be had. */
export function findMoto(): { readonly program: string } | { readonly missing: string } {
  const known = process.env.ESTEIRA_MOTO;
  if (known) return { program: known };
  if (known === "") return { missing: "moto cannot be installed" };
  try {
    const found = execFileSync("sh", ["tests/tools/moto.sh"], {
      encoding: "utf8",
      timeout: 240_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { program: found.trim() };
  } catch (error) {
    const missing = `moto cannot be installed (${error instanceof Error ? error.message.split("\n")[0] : error})`;
    console.info(`skipped: ${missing}`);
    return { missing };
  }
}

/** Keeps in memory what AWS keeps: models, alarms, metrics, logs, scalable targets. Has no account, and checks no signature. */
export async function startMoto(program: string): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child: ChildProcess = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  for (const deadline = Date.now() + STARTUP_MS; Date.now() < deadline && child.exitCode === null; ) {
    const answer = await fetch(`${url}/moto-api/data.json`).catch(() => undefined);
    if (answer?.ok === true) return { url, stop: () => ended(child) };
    await new Promise((done) => setTimeout(done, 100));
  }
  await ended(child);
  throw new Error("moto did not answer");
}
