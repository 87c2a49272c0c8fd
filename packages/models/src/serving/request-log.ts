/**
 * What was asked and answered, as lines of JSON in a folder: what monitoring compares later, when the truth is known. Files
 * are turned by size and the oldest go. A request never waits for the disk: when it is too slow, requests are left out and counted.
 */

import { appendFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pythonJson } from "@esteira/core/python-json";
import { isNumeric } from "../format/table.ts";
import type { ScoredRequest } from "./answer.ts";
import { placeOf } from "./traffic.ts";

export interface RequestLogOptions {
  readonly folder: string;
  /** Share of the answered requests that are written, 0 to 1; a request's id decides, so that retries agree. */
  readonly sample: number;
  /** Columns whose values are written as "[redacted]". */
  readonly redact: readonly string[];
  /** Bytes after which a file is closed and the next begun. */
  readonly fileBytes?: number;
  /** Files kept, the one being written included. */
  readonly files?: number;
  /** Tells the files of several processes apart; this process's id unless given. */
  readonly writer?: string;
  readonly now?: () => Date;
}

export interface RequestLog {
  /** Returns at once. Requests that were refused hold no rows and are not written. */
  write(request: ScoredRequest): void;
  /** Requests left out so far because the disk was too slow, or failed. */
  readonly missed: number;
  /** Writes what waits. */
  close(): Promise<void>;
}

const FILE_BYTES = 64 * 1024 * 1024;
const FILES = 16;
/** Bytes that may wait for the disk. */
const MOST_WAITING = 8 * 1024 * 1024;
const REDACTED = "[redacted]";

export async function openRequestLog(options: RequestLogOptions): Promise<RequestLog> {
  const { folder, sample } = options;
  const redacted = new Set(options.redact);
  const fileBytes = options.fileBytes ?? FILE_BYTES;
  const now = options.now ?? (() => new Date());
  const writer = options.writer ?? String(process.pid);
  await mkdir(folder, { recursive: true });
  let file: { path: string; bytes: number } | undefined;
  let sequence = 0;
  let waiting: string[] = [];
  let waitingBytes = 0;
  let missed = 0;
  let flushing: Promise<void> | undefined;

  const nextFile = async (): Promise<{ path: string; bytes: number }> => {
    const stamp = now().toISOString().replace(/[:.]/g, "-");
    const path = join(folder, `requests-${stamp}-${writer}-${sequence++}.jsonl`);
    await dropOldest(folder, (options.files ?? FILES) - 1);
    return { path, bytes: 0 };
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      const text = lines.join("");
      const bytes = Buffer.byteLength(text);
      try {
        file ??= await nextFile();
        await appendFile(file.path, text);
        file.bytes += bytes;
        if (file.bytes >= fileBytes) file = undefined;
      } catch {
        // A full disk must not stop the service; the metric tells of it.
        missed += lines.length;
        file = undefined;
      } finally {
        waitingBytes -= bytes;
      }
    }
    flushing = undefined;
  };

  return {
    get missed() {
      return missed;
    },
    write(request) {
      if (request.scored === undefined || placeOf(request.requestId) >= sample) return;
      if (waitingBytes > MOST_WAITING) {
        missed++;
        return;
      }
      const line = `${toLine(request, redacted, now())}\n`;
      waiting.push(line);
      waitingBytes += Buffer.byteLength(line);
      flushing ??= Promise.resolve().then(flush);
    },
    async close() {
      await flushing;
    },
  };
}

/** One line: columns as lists, in the order of the request, so that it can be asked again. */
function toLine(request: ScoredRequest, redacted: ReadonlySet<string>, time: Date): string {
  const { table, params, predictions, identity, variant } = request.scored!;
  return pythonJson({
    time: time.toISOString(),
    request_id: request.requestId,
    model: identity.name,
    version: identity.version,
    variant,
    status: request.status,
    seconds: request.seconds,
    columns: table.names,
    data: table.columns.map((column, i) =>
      redacted.has(table.names[i]!)
        ? REDACTED
        : isNumeric(column)
          ? Array.from(column, (value) => (Number.isNaN(value) ? null : value))
          : column,
    ),
    ...(params !== undefined && Object.keys(params).length > 0 ? { params } : {}),
    predictions,
  });
}

/** Keeps the newest `keep` files of the folder. Their names begin with their time. */
async function dropOldest(folder: string, keep: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^requests-.*\.jsonl$/.test(name)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) await rm(path, { force: true });
  }
}
