import { EsteiraError, isErrorCode } from "@esteira/core/errors";
import { parseJson, stringifyJson } from "@esteira/core/wire/json";
import { z } from "zod";
import type { Credentials } from "./credentials.ts";
import { delayBefore, isRepeatable, mayRetry, type RetryPolicy, retryAfterSeconds, STANDARD_RETRY } from "./retry.ts";
import { type ServerEvents, serverEvents } from "./server-events.ts";

export interface TransportOptions {
  /** For example `http://127.0.0.1:5000`; empty for a page's own origin. */
  readonly baseUrl: string;
  /** `/api/2.0` for programs, `/ajax-api/2.0` for pages. */
  readonly apiRoot?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  readonly credentials?: Credentials;
  /** How calls that are safe to repeat are repeated. */
  readonly retry?: RetryPolicy;
  /** How long one attempt of a call may take; of uploads and downloads nothing is asked. Default 120 s. */
  readonly timeoutMs?: number;
}

type QueryValue = string | number | boolean | undefined | readonly string[];

export interface Call {
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Which of the server's services: tracking and registry, what MLflow has in its API 3.0 only, the artifact proxy's listing, or Esteira's own. */
  readonly service?: "mlflow" | "mlflow-3.0" | "mlflow-artifacts" | "esteira";
}

/** A function makes the body anew for each attempt: a stream is gone once it was read. */
export type ArtifactBody = BodyInit | (() => BodyInit);

export interface ArtifactCall {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE" | "PUT";

export interface Transport {
  /** Calls `<apiRoot>/<service>/<path>` and parses the answer. */
  call<T extends z.ZodType>(method: Method, path: string, answer: T, call?: Call): Promise<z.output<T>>;
  /**
   * The server-sent events of one of Esteira's own calls, until the stream ends or the connection is lost; an abort is thrown.
   */
  events(path: string, call: Pick<Call, "query" | "signal"> & { lastEventId?: string }): Promise<ServerEvents>;
  /** Bytes to and from the artifact proxy, `<apiRoot>/mlflow-artifacts/artifacts/<path>`. */
  artifact(method: "GET" | "PUT" | "DELETE", path: string, body?: ArtifactBody, call?: ArtifactCall): Promise<Response>;
  /** Bytes to an address that the server has signed, with none of this client's headers. */
  signed(url: string, body: ArtifactBody, call?: ArtifactCall): Promise<Response>;
  /** The address at which the artifact proxy serves a path. */
  artifactUrl(path: string): string;
}

/** The root of what Esteira adds to MLflow's API, beside the given root of MLflow's. */
const esteiraRoot = (apiRoot: string): string =>
  apiRoot.startsWith("/ajax-api/") ? "/ajax-api/esteira/v1" : "/api/esteira/v1";

function rootOf(service: NonNullable<Call["service"]>, apiRoot: string): string {
  if (service === "esteira") return esteiraRoot(apiRoot);
  return service === "mlflow-3.0" ? `${apiRoot.replace(/2\.0$/, "3.0")}/mlflow` : `${apiRoot}/${service}`;
}

/** The answer of calls that say nothing. */
export const nothing = z.unknown().transform((): void => undefined);

const faultWire = z.object({ error_code: z.string(), message: z.string().default("") });
const TIMEOUT_MS = 120_000;

/** HTTP to a tracking server; MLflow's error bodies become EsteiraErrors with the same code. */
export function createTransport(options: TransportOptions): Transport {
  const base = options.baseUrl.replace(/\/+$/, "");
  const apiRoot = options.apiRoot ?? "/api/2.0";
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const policy = options.retry ?? STANDARD_RETRY;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;

  const ownHeaders = async () => ({ ...options.headers, ...(await options.credentials?.headers()) });

  async function request(
    method: Method,
    url: string,
    init: RequestInit,
    how: { repeatable: boolean; signal?: AbortSignal | undefined; limited: boolean; signed?: boolean } & {
      makeBody?: (() => BodyInit) | undefined;
    },
  ): Promise<Response> {
    const { repeatable, signal, limited, signed = false, makeBody } = how;
    let renewed = false;
    for (let attempt = 0; ; ) {
      const last = attempt >= policy.retries;
      let asked: number | undefined;
      try {
        const headers = { ...(signed ? {} : await ownHeaders()), ...headersOf(init) };
        const signals = [...(signal ? [signal] : []), ...(limited ? [AbortSignal.timeout(timeoutMs)] : [])];
        const response = await send(url, {
          method,
          ...init,
          ...(makeBody === undefined ? {} : streaming(makeBody())),
          headers,
          ...(signals.length > 0 ? { signal: AbortSignal.any(signals) } : {}),
        });
        if (response.ok) return response;
        if (response.status === 401 && !signed && !renewed && options.credentials?.refused?.()) {
          // A token may have ended between its look-up and its arrival: once is enough to tell.
          renewed = true;
          await response.body?.cancel();
          continue;
        }
        if (last || !mayRetry(response.status, repeatable)) throw await faultOf(response, url);
        asked = retryAfterSeconds(response.headers.get("retry-after"), Date.now());
        await response.body?.cancel();
      } catch (error) {
        if (error instanceof EsteiraError || signal?.aborted) throw error;
        // Where no answer came, nobody knows whether the call was done.
        if (last || !repeatable) throw unreachable(url, error);
      }
      attempt += 1;
      await pause(delayBefore(attempt, policy, Math.random(), asked));
    }
  }

  return {
    async call(method, path, answer, { query, body, signal, service = "mlflow" } = {}) {
      const root = rootOf(service, apiRoot);
      const url = `${base}${root}/${path}${queryText(query)}`;
      const init: RequestInit = {};
      if (body !== undefined) {
        init.body = stringifyJson(body, numberText);
        init.headers = { "content-type": "application/json" };
      }
      const response = await ofEsteira(
        service,
        base,
        request(method, url, init, { repeatable: isRepeatable(method, path), signal, limited: true }),
      );
      const parsed = answer.safeParse(parseJson(await response.text()));
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0];
      throw new EsteiraError(
        "INTERNAL_ERROR",
        `The answer of ${method} ${url} is not what MLflow's API promises: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
      );
    },
    async events(path, { query, signal, lastEventId }) {
      const headers = {
        accept: "text/event-stream",
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      };
      const url = `${base}${esteiraRoot(apiRoot)}/${path}${queryText(query)}`;
      const response = await ofEsteira(
        "esteira",
        base,
        request("GET", url, { headers }, { repeatable: true, signal, limited: false }),
      );
      return serverEvents(response, signal);
    },
    artifact: (method, path, body, call) => bytes(method, artifactUrl(path), body, call),
    signed: (url, body, call) => bytes("PUT", url, body, call, true),
    artifactUrl,
  };

  function bytes(
    method: Method,
    url: string,
    body: ArtifactBody | undefined,
    { headers, signal }: ArtifactCall = {},
    signed = false,
  ): Promise<Response> {
    const isMade = typeof body === "function";
    const init = { ...(body === undefined || isMade ? {} : streaming(body)), ...(headers ? { headers } : {}) };
    const repeatable = body === undefined || isMade || !isStream(body);
    return request(method, url, init, {
      repeatable,
      signal,
      limited: false,
      signed,
      makeBody: isMade ? body : undefined,
    });
  }

  function artifactUrl(path: string): string {
    return `${base}${apiRoot}/mlflow-artifacts/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;
  }
}

/** Says of a server without Esteira's own calls that it has none. */
async function ofEsteira<T>(service: Call["service"], base: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isUnknown =
      (error instanceof UnwordedFault && (error.httpStatus === 404 || error.httpStatus === 405)) ||
      (error instanceof EsteiraError && error.code === "ENDPOINT_NOT_FOUND");
    if (service !== "esteira" || !isUnknown) throw error;
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      `The server at ${base || "this address"} has no calls of Esteira's own (/api/esteira/v1): it is MLflow, or an Esteira before them. Use an Esteira server, or the calls that MLflow has too.`,
      { cause: error },
    );
  }
}

/** An answer that is a fault, but not by MLflow's convention. */
class UnwordedFault extends EsteiraError {
  readonly httpStatus: number;

  constructor(status: number, url: string, text: string) {
    super(
      status === 404 ? "RESOURCE_DOES_NOT_EXIST" : "INTERNAL_ERROR",
      `${url} answered HTTP ${status}: ${text.slice(0, 200)}`,
    );
    this.httpStatus = status;
  }
}

const headersOf = (init: RequestInit) => init.headers as Record<string, string> | undefined;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/**
 * A stream as a body must be said to go one way only. It cannot be sent after a redirect either; where that is not said, Node
 * keeps a copy of all that was sent, for a redirect that may come.
 */
const streaming = (body: BodyInit): RequestInit => ({ body, ...(isStream(body) ? ONE_WAY : {}) });
const ONE_WAY = { duplex: "half", redirect: "error", window: null } as const;
const isStream = (body: BodyInit): boolean => body instanceof ReadableStream;

/** JSON has no NaN: MLflow's wire writes it and the infinities as text. */
const numberText = (_key: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

function queryText(query: Call["query"]): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) search.append(key, String(item));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

async function faultOf(response: Response, url: string): Promise<EsteiraError> {
  const text = await response.text();
  const parsed = faultWire.safeParse(jsonOf(text));
  if (parsed.success) {
    const { error_code: code, message } = parsed.data;
    return new EsteiraError(isErrorCode(code) ? code : "INTERNAL_ERROR", message);
  }
  return new UnwordedFault(response.status, url, text);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): EsteiraError {
  const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : "";
  return new EsteiraError(
    "TEMPORARILY_UNAVAILABLE",
    `No answer from ${new URL(url, "http://localhost").origin} (${reason}): is the server running at this address?`,
    { cause },
  );
}
