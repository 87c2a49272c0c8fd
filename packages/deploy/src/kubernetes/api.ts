/** Calls of a cluster's API: one request each, its answer or what the cluster said against it. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import { type Credentials, credentialsOf } from "./credentials.ts";
import type { Access } from "./kubeconfig.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the server, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** What the call is about, for messages: "Deployment pix". */
  readonly about: string;
  readonly signal?: AbortSignal | undefined;
  /** Of something that may well not answer: asked once, for so long. */
  readonly onlyMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The cluster's clock, in milliseconds. */
  readonly at: number;
}

export interface Api {
  readonly access: Access;
  /** @throws KubernetesError for answers of 400 and more. */
  call(call: Call): Promise<Answer>;
  /** What is answered as it comes, however long it takes. Asked once. @throws KubernetesError for answers of 400 and more. */
  stream(call: Call): AsyncIterable<Uint8Array>;
  close(): void;
}

const statusWire = z.looseObject({
  reason: z.string().optional(),
  message: z.string().optional(),
  details: z
    .looseObject({
      causes: z
        .array(
          z.looseObject({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .optional(),
    })
    .nullish(),
});
type Cause = NonNullable<NonNullable<z.output<typeof statusWire>["details"]>["causes"]>[number];

/** What a cluster refused. */
export class KubernetesError extends EsteiraError {
  readonly httpStatus: number;
  readonly reason: string;
  readonly causes: readonly Cause[];

  constructor(code: ErrorCode, message: string, httpStatus: number, reason = "", causes: readonly Cause[] = []) {
    super(code, message);
    this.httpStatus = httpStatus;
    this.reason = reason;
    this.causes = causes;
  }
}

export const isReason = (error: unknown, httpStatus: number): error is KubernetesError =>
  error instanceof KubernetesError && error.httpStatus === httpStatus;

const SILENCE_MS = 30_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
const MOST_BYTES = 32 * 1024 * 1024;

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID_PARAMETER_VALUE",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "RESOURCE_DOES_NOT_EXIST",
  409: "INVALID_STATE",
  422: "INVALID_PARAMETER_VALUE",
  429: "TEMPORARILY_UNAVAILABLE",
  503: "TEMPORARILY_UNAVAILABLE",
  504: "TEMPORARILY_UNAVAILABLE",
};

export function kubernetesApi(access: Access, env: Readonly<Record<string, string | undefined>>): Api {
  const credentials = credentialsOf(access, env);
  const isPlain = access.server.startsWith("http:");
  const agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true });

  const open = async (call: Call, caller: Credentials): Promise<IncomingMessage> => {
    const url = new URL(access.server + call.path);
    for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const options = {
      method: call.method,
      agent,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      headers: {
        accept: "application/json",
        "user-agent": "esteira",
        ...caller.headers,
        ...(body === undefined
          ? {}
          : { "content-type": call.contentType ?? "application/json", "content-length": Buffer.byteLength(body) }),
      },
      ...(access.tls.ca === undefined ? {} : { ca: access.tls.ca }),
      ...(access.tls.serverName === undefined ? {} : { servername: access.tls.serverName }),
      rejectUnauthorized: access.tls.insecure !== true,
      ...(caller.certificate ?? {}),
    };
    return new Promise<IncomingMessage>((done, fail) => {
      const sent = isPlain ? httpRequest(url, options, done) : httpsRequest(url, options, done);
      const silenceMs = call.onlyMs ?? SILENCE_MS;
      sent.setTimeout(silenceMs, () => sent.destroy(new Error(`it was silent for ${silenceMs / 1000} s`)));
      sent.on("error", fail);
      sent.end(body);
    });
  };

  const whole = async (answer: IncomingMessage): Promise<Answer> => {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of answer) {
      length += part.length;
      if (length > MOST_BYTES) throw new Error(`its answer is larger than ${MOST_BYTES} bytes`);
      parts.push(part);
    }
    const at = Date.parse(answer.headers.date ?? "");
    return {
      status: answer.statusCode ?? 0,
      text: Buffer.concat(parts).toString("utf8"),
      at: Number.isNaN(at) ? Date.now() : at,
    };
  };

  const once = async (call: Call, caller: Credentials): Promise<Answer> => whole(await open(call, caller));

  const unreached = (call: Call, error: unknown): unknown => {
    if (error instanceof EsteiraError) return error;
    if (call.signal?.aborted === true) return call.signal.reason;
    return new EsteiraError(
      "TEMPORARILY_UNAVAILABLE",
      `The cluster of the context '${access.title}' cannot be reached at ${access.server}: ${reasonOf(error)}.`,
      { cause: error },
    );
  };

  const answered = async (call: Call): Promise<Answer> => {
    try {
      const answer = await once(call, await credentials.read());
      if (answer.status !== 401 || !credentials.canChange) return answer;
      return await once(call, await credentials.read(true));
    } catch (error) {
      throw unreached(call, error);
    }
  };

  return {
    access,
    async call(call) {
      for (let attempt = 1; ; attempt++) {
        const isLast = attempt === ATTEMPTS || call.onlyMs !== undefined;
        try {
          const answer = await answered(call);
          if (answer.status < 400) return answer;
          // A change that was answered so was not made; one whose answer was lost may have been.
          if (isLast || !(answer.status === 429 || (answer.status === 503 && call.method === "GET")))
            throw refused(call, answer, access);
        } catch (error) {
          const isLost =
            error instanceof EsteiraError &&
            error.code === "TEMPORARILY_UNAVAILABLE" &&
            !(error instanceof KubernetesError);
          if (!isLost || isLast || call.method === "POST" || call.method === "PUT") throw error;
        }
        await sleep(
          FIRST_PAUSE_MS * 2 ** (attempt - 1),
          undefined,
          call.signal === undefined ? {} : { signal: call.signal },
        );
      }
    },
    async *stream(call) {
      try {
        const answer = await open(call, await credentials.read());
        if ((answer.statusCode ?? 0) >= 400) throw refused(call, await whole(answer), access);
        // Who writes may say nothing for hours.
        answer.socket.setTimeout(0);
        for await (const part of answer) yield part;
      } catch (error) {
        throw unreached(call, error);
      }
    },
    close: () => agent.destroy(),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  return inner instanceof Error ? inner.message : error.message;
}

function refused({ about, method }: Call, { status, text }: Answer, access: Access): KubernetesError {
  const { data } = statusWire.safeParse(safeJson(text));
  const said = data?.message ?? text.slice(0, 300).trim();
  const causes = data?.details?.causes ?? [];
  const error = (message: string) =>
    new KubernetesError(CODES[status] ?? "INTERNAL_ERROR", message, status, data?.reason, causes);
  if (status === 401) {
    return error(
      `The cluster of the context '${access.title}' does not know who is asking: the credentials of the kubeconfig are absent, wrong or out of date.`,
    );
  }
  const conflicts = causes.filter(({ reason }) => reason === "FieldManagerConflict");
  if (status === 409 && conflicts.length > 0) {
    const held = conflicts
      .map(({ field, message }) => `${field ?? "a field"} (${message ?? "another manager"})`)
      .join(", ");
    return error(
      `${about} has fields that somebody else sets: ${held}. Let them go there, or take them with --force-conflicts.`,
    );
  }
  return error(
    `The cluster refuses ${method === "GET" ? "to show" : "the change of"} ${about}: ${said || `status ${status}`}`,
  );
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
