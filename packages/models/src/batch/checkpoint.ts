/** Where a batch stands, in a file beside its output, so that the same command goes on after a stop. */

import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { SinkState } from "./sink.ts";

/** What makes two commands the same: going on with another would mix two models' answers in one file. */
export interface BatchIdentity {
  readonly input: string;
  readonly bytes: number;
  readonly modified: number;
  /** Digest of the model folder. */
  readonly model: string;
  readonly output: string;
  readonly keep: readonly string[];
}

export interface Checkpoint {
  readonly identity: BatchIdentity;
  readonly rows: number;
  readonly sink: SinkState;
}

export async function identify(input: string): Promise<Pick<BatchIdentity, "input" | "bytes" | "modified">> {
  const { size, mtimeMs } = await stat(input);
  return { input, bytes: size, modified: Math.round(mtimeMs) };
}

/** undefined when there is none. Throws INVALID_PARAMETER_VALUE when it is of other input, model or options. */
export async function readCheckpoint(path: string, identity: BatchIdentity): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return undefined;
  }
  const found = parse(text);
  if (found === undefined) return undefined;
  if (JSON.stringify(found.identity) === JSON.stringify(identity)) return found;
  throw invalid(
    `${path} is of a batch that was stopped with another input, model or options: run that command again, or remove the file to begin anew.`,
  );
}

/** A checkpoint that a crash cut off counts as none. */
function parse(text: string): Checkpoint | undefined {
  try {
    return JSON.parse(text) as Checkpoint;
  } catch {
    return undefined;
  }
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(checkpoint));
  await rename(`${path}.new`, path);
}

export const removeCheckpoint = (path: string): Promise<void> => rm(path, { force: true });
