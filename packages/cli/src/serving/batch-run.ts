/** Scores one file in a container, and ends: input and output are where its environment says. */

import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import type { FileKind } from "@esteira/models/batch/open-source";
import { type PredictedFile, predictFile } from "@esteira/models/batch/predict-file";
import { openModel } from "@esteira/models/flavors/open-model";
import { modelDigest } from "@esteira/models/format/digest";
import type { Client } from "@esteira/sdk/client";
import { clientFromEnvironment } from "@esteira/sdk/node/tracking-uri";
import type { Terminal } from "../command.ts";

export interface BatchRun {
  /** Of the model. */
  readonly folder: string;
  readonly env: Terminal["env"];
  readonly now: Date;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

const KINDS: Readonly<Record<string, FileKind>> = { csv: "csv", jsonl: "jsonl", parquet: "parquet" };

/**
 * ESTEIRA_INPUT and ESTEIRA_OUTPUT are a path, an address (http or https; the output is PUT there) or `runs:/RUN/PATH` of the tracking
 * server; their last names say what they are. `{date}` in them is the day of the run in ESTEIRA_TIMEZONE. Resolves where it is complete.
 *
 * @throws EsteiraError with what is wrong with input, output or model.
 */
export async function runBatch({ folder, env, now, note, signal }: BatchRun): Promise<PredictedFile> {
  const place = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === "")
      throw invalid(`${name} is not set: say where the rows are, and where the answers go.`);
    return value.replaceAll("{date}", dateIn(now, env.ESTEIRA_TIMEZONE || "UTC"));
  };
  const [from, to] = [place("ESTEIRA_INPUT"), place("ESTEIRA_OUTPUT")];
  const client = once(() => clientFromEnvironment(env));
  const scratch = await mkdtemp(join(tmpdir(), "esteira-batch-"));
  try {
    const [inputKind, outputKind] = [kindOf(from), kindOf(to)];
    const input = await brought(from, scratch, client, signal);
    const isHere = isPath(to);
    const output = isHere ? to : join(scratch, `answers-${nameOf(to)}`);
    if (isHere) await mkdir(dirname(to), { recursive: true });
    const model = await openModel(folder, { engine: "native", python: "python3", timeoutSeconds: 60, note });
    const keep = (env.ESTEIRA_KEEP ?? "").split(",").filter((name) => name !== "");
    const done = await predictFile({
      ...{ model, modelDigest: await modelDigest(folder), input, inputKind, output, outputKind, keep, signal },
    }).finally(() => model.close?.());
    if (done.isComplete && !isHere) await sent(output, to, client, signal);
    note(`${done.rows} rows of ${withoutSecrets(from)} in ${withoutSecrets(to)}`);
    return done;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** `2026-11-27`, where the clock on the wall there says so. */
export function dateIn(now: Date, timeZone: string): string {
  try {
    return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(now);
  } catch {
    throw invalid(`ESTEIRA_TIMEZONE is '${timeZone}': expected a name such as America/Sao_Paulo.`);
  }
}

const isPath = (place: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(place);
const isAddress = (place: string): boolean => /^https?:\/\//i.test(place);
const nameOf = (place: string): string => basename(isAddress(place) ? new URL(place).pathname : place);
/** An address may be good for whoever has it. */
const withoutSecrets = (place: string): string =>
  isAddress(place) ? new URL(place).origin + new URL(place).pathname : place;

function kindOf(place: string): FileKind {
  const kind = KINDS[/\.([a-z]+)$/i.exec(nameOf(place))?.[1]?.toLowerCase() ?? ""];
  if (kind !== undefined) return kind;
  throw invalid(
    `'${withoutSecrets(place)}' does not say what it is: expected a name that ends in .csv, .jsonl or .parquet.`,
  );
}

function runPlace(place: string): { readonly run: string; readonly path: string } {
  const [, run, path] = /^runs:\/+([^/]+)\/(.+)$/.exec(place) ?? [];
  if (run !== undefined && path !== undefined) return { run, path };
  throw invalid(`'${place}' is no place of a batch: expected a path, http(s)://… or runs:/RUN/PATH.`);
}

async function brought(from: string, scratch: string, client: () => Client, signal: AbortSignal): Promise<string> {
  if (isPath(from)) {
    if ((await stat(from).catch(() => undefined))?.isFile() === true) return from;
    throw new EsteiraError(
      "RESOURCE_DOES_NOT_EXIST",
      `The input ${from} is no file of this container: is its volume there?`,
    );
  }
  const file = join(scratch, `rows-${nameOf(from)}`);
  if (isAddress(from)) {
    const answer = await reached(from, fetch(from, { signal }));
    if (answer.body === null) throw refused(from, "it has no body");
    await pipeline(pieces(answer.body), createWriteStream(file));
    return file;
  }
  const { run, path } = runPlace(from);
  const { downloadFile } = await import("@esteira/sdk/node/download");
  const { info } = await client().runs.get(runId(run));
  await downloadFile(client(), info.artifactUri, path, file, { signal });
  return file;
}

async function sent(file: string, to: string, client: () => Client, signal: AbortSignal): Promise<void> {
  if (isAddress(to)) {
    const { size } = await stat(file);
    const read = createReadStream(file)[Symbol.asyncIterator]();
    const body = new ReadableStream({
      async pull(to) {
        const next = await read.next();
        if (next.done === true) to.close();
        else to.enqueue(next.value);
      },
    });
    const headers = { "content-length": String(size), "content-type": "application/octet-stream" };
    const request = { method: "PUT", body, headers, duplex: "half", signal };
    await reached(to, fetch(to, request));
    return;
  }
  const { run, path } = runPlace(to);
  const { uploadFile } = await import("@esteira/sdk/node/upload");
  const { info } = await client().runs.get(runId(run));
  await uploadFile(client(), file, info.artifactUri, path, { signal });
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

async function reached(place: string, asked: Promise<Response>): Promise<Response> {
  const answer = await asked.catch((error: unknown) => {
    throw refused(place, error instanceof Error ? String(error.cause ?? error.message) : String(error));
  });
  if (!answer.ok) throw refused(place, `status ${answer.status}`);
  return answer;
}

const refused = (place: string, why: string): EsteiraError =>
  new EsteiraError("TEMPORARILY_UNAVAILABLE", `${withoutSecrets(place)} does not do what is asked of it: ${why}.`);

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
