import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Client } from "../client.ts";
import { inParallel } from "./parallel.ts";
import { CONCURRENCY, PART_BYTES, PARTS_FROM, type TransferOptions } from "./transfer-options.ts";

const MOST_PARTS = 10_000;
const READ_BYTES = 1 << 18;

/** Uploads one local file as the artifact `path` below `uri`, in memory that does not grow with the file. */
export async function uploadFile(
  client: Client,
  file: string,
  uri: string,
  path: string,
  options: TransferOptions = {},
): Promise<void> {
  const found = await stat(file);
  if (!found.isFile()) throw invalid(`${file} is no file: upload a folder with uploadFolder.`);
  const { size } = found;
  if (
    size >= (options.partsFrom ?? PARTS_FROM) &&
    size > 0 &&
    (await uploadInParts(client, file, size, uri, path, options))
  )
    return;
  const count = meterOf(path, size, options);
  let attempt: Piece | undefined;
  const body = (): ReadableStream => {
    count(-(attempt?.giveUp() ?? 0));
    attempt = piece(file, 0, size, count);
    return attempt.stream;
  };
  await client.artifacts.send(uri, path, body, {
    headers: { "content-length": String(size) },
    signal: options.signal,
  });
}

/** False when the server takes no parts. An upload that fails is given up, so that nothing of it stays. */
async function uploadInParts(
  client: Client,
  file: string,
  size: number,
  uri: string,
  path: string,
  options: TransferOptions,
): Promise<boolean> {
  const partBytes = Math.max(options.partBytes ?? PART_BYTES, Math.ceil(size / MOST_PARTS));
  const created = await client.artifacts
    .createUpload(uri, path, Math.ceil(size / partBytes))
    .catch((error: unknown) => {
      if (error instanceof EsteiraError && isUnoffered(error)) return undefined;
      throw error;
    });
  if (created === undefined) return false;
  const { uploadId, parts } = created;
  const count = meterOf(path, size, options);
  const done: { partNumber: number; etag: string; url: string }[] = [];
  try {
    await inParallel(parts, options.concurrency ?? CONCURRENCY, async (part, failed) => {
      const start = (part.partNumber - 1) * partBytes;
      const length = Math.min(partBytes, size - start);
      const signal = options.signal === undefined ? failed : AbortSignal.any([options.signal, failed]);
      let attempt: Piece | undefined;
      const body = (): ReadableStream => {
        // A part that is sent again was not sent before.
        count(-(attempt?.giveUp() ?? 0));
        attempt = piece(file, start, length, count);
        return attempt.stream;
      };
      const etag = await client.artifacts.sendPart(part, body, {
        headers: { "content-length": String(length) },
        signal,
      });
      done.push({ partNumber: part.partNumber, etag, url: part.url });
    });
    done.sort((a, b) => a.partNumber - b.partNumber);
    await client.artifacts.completeUpload(uri, path, uploadId, done);
  } catch (error) {
    await client.artifacts.abortUpload(uri, path, uploadId).catch(() => undefined);
    throw error;
  }
  return true;
}

/** Servers that keep artifacts in a folder; old ones do not know the call. */
const isUnoffered = ({ code, message }: EsteiraError): boolean =>
  code === "NOT_IMPLEMENTED" || code === "ENDPOINT_NOT_FOUND" || /not (supported|implemented|found)/i.test(message);

interface Piece {
  readonly stream: ReadableStream;
  /** Ends the reading, and gives the bytes that were counted; no more will be. */
  giveUp(): number;
}

/** Bytes of a file, read when they are asked for: a stream of Node turned into one of the web reads far ahead. */
function piece(file: string, start: number, length: number, count: (bytes: number) => void): Piece {
  const source =
    length === 0
      ? Readable.from([])
      : createReadStream(file, { start, end: start + length - 1, highWaterMark: READ_BYTES });
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  let counted = 0;
  let isOver = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value, done } = await chunks.next();
        if (done) return controller.close();
        controller.enqueue(value);
        if (isOver) return;
        counted += value.length;
        count(value.length);
      },
      cancel: () => void source.destroy(),
    },
    { highWaterMark: 1 },
  );
  return {
    stream,
    giveUp: () => {
      isOver = true;
      source.destroy();
      return counted;
    },
  };
}

/** Adds up what all parts of a file have sent. */
function meterOf(path: string, size: number, { onProgress }: TransferOptions): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (bytes !== 0) onProgress?.({ path, bytes: total, size });
  };
}
