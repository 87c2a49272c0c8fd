/**
 * One HTTP exchange with a registry or what it points to. `node:http` rather than `fetch`: a body of known length keeps its
 * Content-Length (object stores behind registries insist on it), any port may be spoken to, and silence has a limit.
 */

import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request,
} from "node:http";
import { request as secureRequest, Agent as TlsAgent } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** The line broke, or the other side fell silent: it may be tried again. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** A request's body, which can be sent again. */
export interface Body {
  /** In bytes. */
  readonly length: number;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export const bodyOf = (bytes: Uint8Array): Body => ({
  length: bytes.byteLength,
  open: async () => Readable.from([bytes]),
});

export interface Sending {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws `Broken` when it ends too early. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads the body, at most so many bytes of it. */
  bytes(limit: number): Promise<Uint8Array>;
  /** Lets the body pass unread. */
  drop(): void;
}

export interface Http {
  /** Throws `Broken`; what the signal says when it is aborted; and what the body's own source throws. */
  send(sending: Sending): Promise<Answer>;
}

export interface HttpOptions {
  /** How long the other side may say nothing and take nothing. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
}

const CONNECTIONS = 8;

export function openHttp({ silenceMs, signal }: HttpOptions): Http {
  const options = { keepAlive: true, maxSockets: CONNECTIONS };
  const [plain, tls] = [new PlainAgent(options), new TlsAgent(options)];
  return {
    async send({ method, url, headers, body }) {
      signal?.throwIfAborted();
      const isPlain = url.protocol === "http:";
      const sent: ClientRequest = (isPlain ? request : secureRequest)(url, {
        method,
        agent: isPlain ? plain : tls,
        headers: { ...headers, ...(body === undefined ? {} : { "content-length": String(body.length) }) },
        timeout: silenceMs,
        signal,
      });
      sent.on("timeout", () => sent.destroy(new Broken(`it said nothing for ${Math.round(silenceMs / 1000)} seconds`)));
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        sent.on("response", resolve);
        sent.on("error", reject);
      });
      let sourceError: unknown;
      try {
        if (body === undefined) sent.end();
        else {
          const source = watched(await body.open(), (error) => {
            sourceError = error;
          });
          // An answer may come before the body is through, and then closes the way for the rest of it.
          pipeline(source, sent).catch(() => {});
        }
        return answerOf(await answered, signal);
      } catch (error) {
        answered.catch(() => {});
        sent.destroy();
        signal?.throwIfAborted();
        if (sourceError !== undefined) throw sourceError;
        throw broken(error);
      }
    },
  };
}

async function* watched(
  source: AsyncIterable<Uint8Array>,
  failed: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* source;
  } catch (error) {
    failed(error);
    throw error;
  }
}

function broken(error: unknown): Broken {
  if (error instanceof Broken) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const said: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "its name is not known",
    EAI_AGAIN: "its name could not be looked up",
    ECONNRESET: "the connection broke",
    EPIPE: "the connection broke",
    ETIMEDOUT: "it does not answer",
    EHOSTUNREACH: "it cannot be reached",
    ENETUNREACH: "it cannot be reached",
  };
  const text = said[code] ?? (error instanceof Error ? error.message : String(error));
  return new Broken(text, { cause: error });
}

function answerOf(message: IncomingMessage, signal: AbortSignal | undefined): Answer {
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of message) if (piece instanceof Uint8Array) yield piece;
    } catch (error) {
      signal?.throwIfAborted();
      throw broken(error);
    }
  }
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: { [Symbol.asyncIterator]: pieces },
    async bytes(limit) {
      const all: Uint8Array[] = [];
      let length = 0;
      for await (const piece of pieces()) {
        all.push(piece.subarray(0, limit - length));
        length += piece.byteLength;
        if (length >= limit) break;
      }
      return Buffer.concat(all);
    },
    drop: () => void message.resume().on("error", () => {}),
  };
}
