/** Docker's Engine API, which Podman speaks too, over its socket: as much of it as deployments need. */

import { existsSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import { isLoopback } from "../registry/reference.ts";

export interface Engine {
  /** For people: `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** Its JSON answer, undefined for an empty one. @throws EngineError when its status is none of 2xx and 304 */
  call<T>(call: Call, schema: z.ZodType<T>): Promise<T>;
  /** For calls whose answer says nothing. */
  tell(call: Call): Promise<void>;
  /** The answer's bytes as they come. */
  stream(call: Call): Promise<AsyncIterable<Uint8Array>>;
  /** The connection itself, for calls that go on both ways; it is the caller's to end. */
  connection(call: Call): Promise<Duplex>;
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** In place of a body: a tar, as it comes. */
  readonly archive?: AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What it is, in the words of a sentence: "start the container pix". */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

/** The engine refused; `httpStatus` says how. */
export class EngineError extends EsteiraError {
  readonly httpStatus: number;
  constructor(httpStatus: number, message: string) {
    super(
      httpStatus === 404 ? "RESOURCE_DOES_NOT_EXIST" : httpStatus >= 500 ? "TEMPORARILY_UNAVAILABLE" : "BAD_REQUEST",
      message,
    );
    this.httpStatus = httpStatus;
  }
}

/** Whether something of that name is there: Docker says 409, and Podman 500 with a sentence. */
export const isTaken = (error: unknown): boolean =>
  error instanceof EngineError &&
  (error.httpStatus === 409 || (error.httpStatus >= 500 && /already (in use|exists)/.test(error.message)));

const SILENCE_MS = 120_000;
const SAID_LIMIT = 400;
const messageWire = z.object({ message: z.string().optional(), cause: z.string().optional() });

type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Where the engine listens: `DOCKER_HOST`, else the first socket of Docker or Podman that is there. */
export function engineAddress(env: Readonly<Record<string, string | undefined>>): string {
  if (env.DOCKER_HOST) return env.DOCKER_HOST;
  const runtime = env.XDG_RUNTIME_DIR;
  const sockets = [
    "/var/run/docker.sock",
    ...(runtime ? [join(runtime, "docker.sock"), join(runtime, "podman", "podman.sock")] : []),
    "/run/podman/podman.sock",
  ];
  return `unix://${sockets.find((socket) => existsSync(socket)) ?? sockets[0]}`;
}

function parsedAddress(address: string): Address {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "unix:") return { socketPath: decodeURIComponent(url.pathname) };
  if (url?.protocol === "tcp:" && isLoopback(url.host)) return { host: url.hostname, port: Number(url.port || 2375) };
  throw invalid(
    `DOCKER_HOST is '${address.replace(/\/\/[^/@]*@/, "//")}': expected unix:///PATH, or tcp://127.0.0.1:PORT. For an engine on another machine, forward its socket by ssh.`,
  );
}

/** @throws EsteiraError when no engine answers there */
export async function openEngine(env: Readonly<Record<string, string | undefined>>): Promise<Engine> {
  const address = engineAddress(env);
  const to = parsedAddress(address);

  const prepared = (
    version: string,
    { method, path, query, body, archive, headers, doing, signal }: Call,
    reject: (error: unknown) => void,
  ): ClientRequest => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const search = query === undefined ? "" : `?${new URLSearchParams(query)}`;
    const sent = request({
      ...to,
      ...{ method, path: `${version}${path}${search}`, agent: false, timeout: SILENCE_MS },
      ...(signal === undefined ? {} : { signal }),
      headers: {
        host: "docker",
        ...headers,
        ...(archive === undefined ? {} : { "content-type": "application/x-tar" }),
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      },
    });
    sent.on("timeout", () => sent.destroy(new Error(`it said nothing for ${SILENCE_MS / 1000} seconds`)));
    sent.on("error", (error) => reject(signal?.aborted === true ? signal.reason : unreached(address, doing, error)));
    if (archive === undefined) sent.end(text);
    else pipeline(Readable.from(archive), sent).catch((error: unknown) => sent.destroy(asError(error)));
    return sent;
  };
  const send = (version: string, call: Call): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      prepared(version, call, reject).on("response", resolve);
    });

  const ping = await send("", { method: "GET", path: "/_ping", doing: "answer" });
  ping.resume();
  const spoken = String(ping.headers["api-version"] ?? "");
  if (!/^\d+\.\d+$/.test(spoken))
    throw invalid(`What listens at ${address} is no container engine: it names no API version.`);

  const answered = async (call: Call): Promise<IncomingMessage> => {
    const answer = await send(`/v${spoken}`, call);
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status < 300) || status === 304) return answer;
    throw await refusalOf(call, answer);
  };

  return {
    address,
    async call(call, schema) {
      const text = (await read(await answered(call))).toString("utf8");
      const { data, error } = schema.safeParse(jsonOr(text));
      if (data !== undefined) return data;
      const where = error?.issues[0]?.path.join(".") ?? "";
      throw new EsteiraError(
        "BAD_REQUEST",
        `The container engine's answer is not understood (${call.doing}: ${where}).`,
      );
    },
    async tell(call) {
      await read(await answered(call));
    },
    stream: answered,
    connection: (call) =>
      new Promise((resolve, reject) => {
        const headers = { connection: "Upgrade", upgrade: "tcp", ...call.headers };
        const sent = prepared(`/v${spoken}`, { ...call, headers }, reject);
        sent.on("upgrade", (_answer, socket) => {
          socket.setTimeout(0);
          resolve(socket);
        });
        sent.on("response", (answer) => void refusalOf(call, answer).then(reject, reject));
      }),
  };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function refusalOf({ doing }: Call, answer: IncomingMessage): Promise<EngineError> {
  const status = answer.statusCode ?? 0;
  const text = (await read(answer)).toString("utf8");
  const message = messageWire.safeParse(jsonOr(text)).data?.message ?? text;
  const said = message
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, SAID_LIMIT);
  return new EngineError(status, `The container engine does not ${doing}: it answers ${status} (${said}).`);
}

function unreached(address: string, doing: string, error: Error): EsteiraError {
  const code = "code" in error ? error.code : undefined;
  const why =
    code === "ENOENT" || code === "ECONNREFUSED"
      ? "nothing listens there: start Docker or Podman, or set DOCKER_HOST"
      : code === "EACCES"
        ? "you may not use it: join the group that owns the socket, or use a rootless engine"
        : error.message;
  return new EsteiraError("TEMPORARILY_UNAVAILABLE", `The container engine at ${address} did not ${doing}: ${why}.`, {
    cause: error,
  });
}

async function read(answer: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece);
  return Buffer.concat(pieces);
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a container writes, as it comes: the engine puts eight bytes before each piece, which say whence and how long. */
export async function* pieces(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly stream: "out" | "err"; readonly bytes: Uint8Array }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4);
      yield { stream: rest[0] === 2 ? "err" : "out", bytes: rest.subarray(8, end) };
      rest = rest.subarray(end);
    }
  }
}

/** All that a container wrote. */
export async function written(source: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const { bytes } of pieces(source)) all.push(bytes);
  return Buffer.concat(all).toString("utf8");
}

const idWire = z.object({ Id: z.string() });
const exitWire = z.object({ ExitCode: z.int().nullable() });

/** Runs a program in a container to its end. */
export async function execute(
  engine: Engine,
  container: string,
  command: readonly string[],
  doing: string,
  signal?: AbortSignal,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const body = { Cmd: command, AttachStdout: true, AttachStderr: true };
  const { Id } = await engine.call(
    { method: "POST", path: `/containers/${container}/exec`, body, doing, signal },
    idWire,
  );
  const start = {
    method: "POST",
    path: `/exec/${Id}/start`,
    body: { Detach: false, Tty: false },
    doing,
    signal,
  } as const;
  const said = await written(await engine.stream(start));
  const { ExitCode } = await engine.call({ method: "GET", path: `/exec/${Id}/json`, doing, signal }, exitWire);
  return { code: ExitCode, said };
}
