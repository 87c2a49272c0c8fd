import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const FLOWS = [
  "fluent",
  "experiments",
  "search",
  "registry",
  "prompts",
  "models",
  "webhooks",
  "project",
  "autolog",
  "evaluate",
] as const;
export type FlowName = (typeof FLOWS)[number];

/** What a flow has seen, in order: `[name, value]`, with ids, times and random names replaced. */
export type Observations = readonly (readonly [string, unknown])[];

/** Runs one Python script of `flows/` against a server and reads what it has recorded. */
export async function runFlow(
  python: string,
  flow: FlowName | "access",
  url: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Observations> {
  const cwd = await mkdtemp(join(tmpdir(), "esteira-flow-"));
  try {
    const { code, stdout, stderr } = await run(python, [fileURLToPath(new URL(`flows/${flow}.py`, import.meta.url))], {
      cwd,
      env: {
        ...process.env,
        MLFLOW_TRACKING_URI: url,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1",
        MLFLOW_HTTP_REQUEST_TIMEOUT: "60",
        MLFLOW_DISABLE_TELEMETRY: "true",
        DO_NOT_TRACK: "true",
        MPLBACKEND: "Agg",
        GIT_PYTHON_REFRESH: "quiet",
        PYTHONHASHSEED: "0",
        ...env,
      },
    });
    if (code !== 0) throw new Error(`flow '${flow}' against ${url} ended with code ${code}\n${stderr.slice(-4000)}`);
    const line = stdout.split("\n").find((candidate) => candidate.startsWith("OBSERVED "));
    if (line === undefined) throw new Error(`flow '${flow}' recorded nothing\n${stdout.slice(-2000)}`);
    return JSON.parse(line.slice("OBSERVED ".length)) as Observations;
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
