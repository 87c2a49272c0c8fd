import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { invalid } from "@esteira/core/errors";
import type { MemorySummary } from "@esteira/lifecycle/gates/checks/memory";
import type { EngineSettings } from "../engine-options.ts";
import { OWN_COMMAND } from "../own-command.ts";

/** Python and its libraries may take so long to be ready. */
const START_MS = 180_000;

/**
 * Serves a model folder as `esteira models serve` does, in a process of its own, asks it the bodies one after the other, and says what it held
 * at most. Undefined where the system does not tell (it is not Linux).
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE when it cannot be served, or refuses a request.
 */
export async function measureMemory(
  folder: string,
  { engine, python }: EngineSettings,
  bodies: readonly string[],
): Promise<MemorySummary | undefined> {
  if (process.platform !== "linux") return undefined;
  const how = ["--engine", engine, "--python", python, "--host", "127.0.0.1", "--port", "0"];
  const child = spawn(process.execPath, [...process.execArgv, OWN_COMMAND, "models", "serve", "-m", folder, ...how], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  const ended = once(child, "exit");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-2000);
  });
  try {
    const address = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(invalid(`${folder} was not served within ${START_MS / 1000} s.`)), START_MS);
      createInterface(child.stdout).on("line", (line) => {
        const [url] = /http:\/\/\S+/.exec(line) ?? [];
        if (url === undefined) return;
        clearTimeout(late);
        resolve(url);
      });
      void ended.then(() => {
        clearTimeout(late);
        reject(invalid(`${folder} cannot be served, so its memory is not known: ${said.trim()}`));
      });
    });
    for (const body of bodies) {
      const answer = await fetch(`${address}/invocations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      const text = await answer.text();
      if (!answer.ok) throw invalid(`${folder}, served, refuses a row of the data: ${text.slice(0, 500)}`);
    }
    return { peakMiB: await peakOf(child.pid ?? 0), requests: bodies.length };
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

/** MiB at most of a process and of all below it: what they shared counts for each. */
async function peakOf(root: number): Promise<number> {
  const all = new Map<number, { readonly parent: number; readonly peak: number }>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, "utf8").catch(() => "");
    const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
    all.set(Number(name), { parent: field("PPid"), peak: field("VmHWM") / 1024 });
  }
  const tree = new Set([root]);
  for (let size = 0; size < tree.size; ) {
    size = tree.size;
    for (const [pid, { parent }] of all) if (tree.has(parent)) tree.add(pid);
  }
  return [...tree].reduce((sum, pid) => sum + (all.get(pid)?.peak ?? 0), 0);
}
