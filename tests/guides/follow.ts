import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Guide, Step } from "./guide.ts";

const STEP_MS = 240_000;
/** How long a server of a guide may take until it says that it serves. */
const SERVE_MS = 240_000;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** Follows a guide in `folder`, as a reader would type it. Throws with the guide's line where something is not as it says. */
export async function follow(guide: Guide, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const servers: ChildProcess[] = [];
  try {
    for (const step of guide.steps) {
      if (step.kind === "file") {
        const path = join(folder, step.file ?? "");
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, step.text);
      } else if (step.kind === "background") {
        servers.push(await serve(step, folder, env));
      } else {
        const { code, output } = await run(step, folder, env);
        if (code !== 0) throw new Error(`line ${step.line}: exit code ${code}\n${step.text}\n${output.slice(-4000)}`);
        for (const expected of step.expects) {
          if (!expected.test(output)) throw new Error(`line ${step.line}: no ${expected} in\n${output.slice(-4000)}`);
        }
      }
    }
  } finally {
    for (const server of servers) await stop(server);
  }
}

const shell = (step: Step, folder: string, env: NodeJS.ProcessEnv): ChildProcess =>
  spawn("bash", ["-euo", "pipefail", "-c", step.text], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });

function collect(child: ChildProcess): { readonly text: string } {
  const said = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said.text += text;
    });
  }
  return said;
}

async function run(step: Step, folder: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = shell(step, folder, env);
  const said = collect(child);
  const late = setTimeout(() => void stop(child), STEP_MS);
  const [code] = await once(child, "close");
  clearTimeout(late);
  return { code: typeof code === "number" ? code : null, output: said.text };
}

async function serve(step: Step, folder: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = shell(step, folder, env);
  const said = collect(child);
  const deadline = Date.now() + SERVE_MS;
  while (!/http:\/\/\S+:\d+|ready/i.test(said.text)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child);
      throw new Error(`line ${step.line}: nothing was served\n${step.text}\n${said.text.slice(-4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return child;
}

/** The shell has children: its process group ends as a whole. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  process.kill(-child.pid, "SIGTERM");
  await closed;
}
