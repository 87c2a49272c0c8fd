import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { type ProcessEnd, startGroup } from "./process-group.ts";

/** A program that only prepares something has nothing to save. */
const GRACE_MS = 3000;

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the program, and all that it has started. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/**
 * Runs a program to its end.
 *
 * @returns undefined when it has ended well, else why it has not: how it ended, and its last line.
 * @throws the signal's reason, when nothing of it is at work any more.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, signal, onLine }: ProgramOptions,
): Promise<string | undefined> {
  signal.throwIfAborted();
  let last = "";
  const streams = { out: new PassThrough(), err: new PassThrough() };
  const read = [streams.out, streams.err].map(async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      if (line.trim() !== "") last = line.trim();
      onLine(line);
    }
  });
  let why: string | undefined;
  try {
    const group = await startGroup(program, args, {
      ...{ cwd, env, graceMs: GRACE_MS },
      onOutput: (chunk, stream) => void streams[stream].write(chunk),
    });
    const stop = () => group.end();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      why = reasonOf(await group.wait());
    } finally {
      signal.removeEventListener("abort", stop);
    }
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  for (const stream of Object.values(streams)) stream.end();
  await Promise.all(read);
  signal.throwIfAborted();
  return why === undefined ? undefined : `${why}${last === "" ? "" : `: ${last}`}`;
}

function reasonOf(end: ProcessEnd): string | undefined {
  if (end.kind === "signalled") return `it ended with ${end.signal}`;
  return end.code === 0 ? undefined : `it ended with code ${end.code}`;
}
