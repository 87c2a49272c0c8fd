import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm run pix` runs, without npm in between: a signal then reaches the job itself, once. */
export const COMMAND: readonly string[] = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
).scripts.pix.split(" ");

/** A world that a job gets through in seconds, in which both models still learn something. */
export const SMALL = ["--transfers", "60000", "--trials", "2"] as const;
/** A gate that a small world can pass: it has too few frauds for the project's own. */
export const LENIENT_GATE = fileURLToPath(new URL("lenient-gate.yaml", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Job {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the job has printed this, with the pattern's first group; rejects when it ends without. */
  says(text: RegExp): Promise<string>;
}

/** Starts the job with the node of these tests, or with `node`. */
export function startJob(
  args: readonly string[],
  given: { env?: NodeJS.ProcessEnv; cwd?: string; node?: string; uid?: number } = {},
): Job {
  const [, ...command] = COMMAND;
  const child = spawn(given.node ?? process.execPath, [...command, ...args], {
    cwd: given.cwd ?? ROOT,
    ...(given.uid === undefined ? {} : { uid: given.uid, gid: given.uid }),
    // A group of its own, so that a test can tell whether anything of it is left.
    detached: true,
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", ...given.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += stripVTControlCharacters(text);
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += stripVTControlCharacters(text);
  });
  const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, stdout, stderr }));
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = text.exec(stdout);
          if (found === null) return;
          listeners.delete(look);
          resolve(found[1] ?? "");
        };
        listeners.add(look);
        look();
        void ended.then((end) =>
          reject(new Error(`the job ended (code ${end.code}) before it said '${text}'\n${end.stdout}\n${end.stderr}`)),
        );
      }),
  };
}

/** Runs the job to its end. */
export const runJob = (args: readonly string[], given: Parameters<typeof startJob>[1] = {}): Promise<Ended> =>
  startJob(args, given).ended;
