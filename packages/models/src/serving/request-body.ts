/** The body of a request as it came, read once. */

import type { Readable } from "node:stream";

/** Frameworks take the status of an error from here. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  readonly statusCode = 413;
}

/**
 * Calls `done` once, with the body or with why there is none: BodyTooLarge beyond `limit` bytes, said (Content-Length) or come, and what broke
 * the stream. By events, and without a copy of a body that came in one part, as most do: iterating, or joining one part, takes as
 * long as parsing a small body, and the copies of many large ones as much memory as a model.
 */
export function readRequestBody(
  stream: Readable,
  { limit, contentLength }: { readonly limit: number; readonly contentLength: string | undefined },
  done: (error: Error | undefined, body?: Buffer) => void,
): void {
  const tooLarge = () => new BodyTooLarge(`The body is larger than the ${limit} bytes that this server reads`);
  if (Number(contentLength ?? 0) > limit) {
    done(tooLarge());
    return;
  }
  const parts: Buffer[] = [];
  let size = 0;
  const finish = (error: Error | undefined, body?: Buffer): void => {
    stream.off("data", onData);
    stream.off("end", onEnd);
    stream.off("error", onError);
    done(error, body);
  };
  const onData = (part: Buffer): void => {
    size += part.length;
    if (size > limit) finish(tooLarge());
    else parts.push(part);
  };
  const onEnd = (): void => {
    const [first] = parts;
    finish(undefined, parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, size));
  };
  const onError = (error: Error): void => finish(Object.assign(error, { statusCode: 400 }));
  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("error", onError);
}
