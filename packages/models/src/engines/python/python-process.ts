/** One life of a Python that scores a model folder: spawned, loading, answering, gone. The only way to it are the frames. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { Answer } from "../../format/answer.ts";
import { createFrameReader, encodeFrame, type Frame } from "./frames.ts";
import { SIDECAR_SCRIPT } from "./script.ts";

export interface PythonOptions {
  readonly folder: string;
  /** The interpreter: a path, or a name that is looked up as the shell does. */
  readonly python: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How the start goes on, for a person. */
  readonly note?: ((line: string) => void) | undefined;
  /** Ends a start that nobody waits for any more. */
  readonly signal?: AbortSignal | undefined;
  /** What Python and the model print, a line at a time. */
  readonly onPrint?: ((line: string) => void) | undefined;
}

export interface PythonProcess {
  readonly pid: number;
  /** Of Python and MLflow. */
  readonly versions: { readonly python: string; readonly mlflow: string };
  /** Rejects with TEMPORARILY_UNAVAILABLE when the process ends before it has answered. */
  ask(body: Uint8Array, contentType: string): Promise<Answer>;
  /** Answers given so far. */
  readonly answered: number;
  /** Resolves when the process has ended, with how: `signal SIGKILL`, `exit code 1`. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it. What is asked is not answered any more. */
  stop(): Promise<void>;
}

const messageWire = z.discriminatedUnion("stage", [
  z.object({ stage: z.literal("import"), python: z.string() }),
  z.object({ stage: z.literal("load"), mlflow: z.string() }),
  z.object({ stage: z.literal("ready") }),
  z.object({ stage: z.literal("failed"), missing: z.string().nullable(), reason: z.string() }),
  z.object({ stage: z.literal("answer"), id: z.number(), status: z.number(), type: z.string() }),
]);
type Failed = Extract<z.infer<typeof messageWire>, { stage: "failed" }>;

/** Importing MLflow takes seconds, a large model a minute: what takes longer hangs. */
const START_MS = 10 * 60_000;
const NOTE_MS = 5000;
/** From the end of the input to the end of the process, beyond which it is killed. */
const STOP_MS = 5000;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts Python and resolves when the model is loaded. Throws INVALID_PARAMETER_VALUE when there is no such Python, or no MLflow
 * or model's package in it, INVALID_STATE with Python's own words when loading fails otherwise.
 */
export async function startPython(options: PythonOptions): Promise<PythonProcess> {
  const { python } = options;
  options.signal?.throwIfAborted();
  const folder = resolve(options.folder);
  // A folder of its own to work in: what a model writes beside itself must not lie about in the caller's.
  const scratch = await mkdtemp(join(tmpdir(), "esteira-python-"));
  const hasGroup = process.platform !== "win32";
  const child = spawn(python, ["-c", SIDECAR_SCRIPT, folder, scratch], {
    cwd: scratch,
    env: {
      ...process.env,
      ...options.env,
      MLFLOW_DISABLE_TELEMETRY: "true",
      OMP_WAIT_POLICY: process.env.OMP_WAIT_POLICY ?? "PASSIVE",
      // Nothing is written into the model's folder.
      PYTHONDONTWRITEBYTECODE: "1",
    },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C must reach the server, which lets requests end, and not the model in the middle of one.
    detached: hasGroup,
    windowsHide: true,
  });
  const kill = (): void => killAll(child, hasGroup);
  const waiting = new Map<number, Waiting>();
  const versions = { python: "", mlflow: "" };
  let answered = 0;
  let nextId = 1;
  let lastWords = "";
  let begun: Waiting | undefined;
  let failed: Failed | undefined;

  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.trim() !== "") lastWords = line.trim();
    options.onPrint?.(line);
  });
  // Writing to a process that has ended: its end says so.
  child.stdin.on("error", () => {});

  const onFrame = ({ head, body }: Frame): void => {
    const message = messageWire.parse(head);
    switch (message.stage) {
      case "import":
        versions.python = message.python;
        break;
      case "load":
        versions.mlflow = message.mlflow;
        options.note?.(`Python ${versions.python} with MLflow ${versions.mlflow} loads the model ...`);
        break;
      case "ready":
        begun?.resolve({ status: 200, type: "", body: "" });
        break;
      case "failed":
        failed = message;
        break;
      case "answer": {
        const { id, status, type } = message;
        answered++;
        waiting.get(id)?.resolve({ status, type: withCharset(type), body: body.toString("utf8") });
        waiting.delete(id);
      }
    }
  };
  const read = createFrameReader(onFrame);
  child.stdout.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch {
      // Whoever writes into our pipe is not to be understood any more.
      lastWords = "what it wrote to the server is no answer";
      kill();
    }
  });

  const ended = howItEnded(child, kill).then(async (how) => {
    const gone = new EsteiraError(
      "TEMPORARILY_UNAVAILABLE",
      `The Python that scores this model ended (${how}) while it had this request: ask again.`,
    );
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    begun?.reject(startFailure(options, versions, failed, how, lastWords));
    await rm(scratch, { recursive: true, force: true });
    return how;
  });
  const stop = async (): Promise<void> => {
    child.stdin.end();
    const timer = setTimeout(kill, STOP_MS);
    await ended;
    clearTimeout(timer);
  };

  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1);
  const ticker = setInterval(() => options.note?.(`Python is still starting (${seconds()} s) ...`), NOTE_MS);
  options.signal?.addEventListener("abort", kill);
  const limit = setTimeout(() => {
    lastWords = `it was not ready after ${START_MS / 60_000} minutes`;
    kill();
  }, START_MS);
  try {
    await new Promise<Answer>((resolve, reject) => {
      begun = { resolve, reject };
    });
  } finally {
    clearInterval(ticker);
    clearTimeout(limit);
    options.signal?.removeEventListener("abort", kill);
    begun = undefined;
  }
  options.note?.(`Python has the model after ${seconds()} s (process ${child.pid}).`);
  return {
    pid: child.pid ?? 0,
    versions,
    get answered() {
      return answered;
    },
    ended,
    stop,
    ask: (body, contentType) =>
      new Promise((resolve, reject) => {
        if (child.exitCode !== null || child.signalCode !== null)
          return reject(new EsteiraError("TEMPORARILY_UNAVAILABLE", "The Python that scores this model has ended."));
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        child.stdin.write(encodeFrame({ id, type: contentType }, body));
      }),
  };
}

/** As the framework of MLflow's server sends them. */
const withCharset = (type: string): string => (type.startsWith("text/") ? `${type}; charset=utf-8` : type);

/** The process, and what it started. */
function killAll(child: ChildProcess, hasGroup: boolean): void {
  if (child.pid === undefined) return;
  try {
    process.kill(hasGroup ? -child.pid : child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

function howItEnded(child: ChildProcess, kill: () => void): Promise<string> {
  return new Promise((resolve) => {
    let how = "";
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => {
      how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      // What the model started keeps the pipes open, and would be left behind.
      kill();
    });
    child.once("close", () => resolve(how));
  });
}

function startFailure(
  { python, folder }: PythonOptions,
  versions: PythonProcess["versions"],
  failed: Failed | undefined,
  how: string,
  lastWords: string,
): EsteiraError {
  const choose = "name another Python with --python or ESTEIRA_PYTHON";
  if (versions.python === "" && failed === undefined) {
    const why = how.includes("ENOENT")
      ? "there is no such program"
      : `${how}${lastWords === "" ? "" : `: ${lastWords}`}`;
    return invalid(`The Python '${python}' cannot be started (${why.slice(0, 300)}): ${choose}.`);
  }
  const it = `The Python '${python}' (${versions.python})`;
  if (failed?.missing === "mlflow" || (failed?.missing != null && versions.mlflow === ""))
    return invalid(
      `${it} has no package '${failed.missing}', which scoring with MLflow needs: install it there (${python} -m pip install mlflow), or ${choose}.`,
    );
  if (failed?.missing != null)
    return invalid(
      `${it} has no package '${failed.missing}', which the model needs: install what it asks for (${python} -m pip install -r ${join(folder, "requirements.txt")}), or ${choose}.`,
    );
  const reason = failed?.reason ?? `${how}${lastWords === "" ? "" : `, ${lastWords}`}`;
  return new EsteiraError("INVALID_STATE", `${it} cannot load the model in '${folder}': ${reason.slice(0, 500)}`);
}
