/**
 * A router in front of servers of models: each request goes to the primary's or, by its share, to the canary's, and the shadow is asked too
 * once the caller has its answer. Callers that name a key (X-Esteira-Key) stay with one of the two.
 *
 * What the router answers itself: GET /ping and /health (200 while the primary's server says so), /metrics, /esteira/observation. All
 * else is forwarded, and answered as the model's server did, with X-Esteira-Variant saying which it was. A request on which the canary fails
 * (unreachable, late, 5xx) is counted against it and answered by the primary: a bad canary costs its callers time, and no answer.
 */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { EsteiraError } from "@esteira/core/errors";
import { METRICS_TYPE } from "@esteira/core/metrics";
import { pythonJson } from "@esteira/core/python-json";
import type { Routes } from "@esteira/core/wire/routes";
import { createAdmission, RETRY_AFTER_SECONDS } from "../serving/admission.ts";
import { type ConnectionLimits, followConnections } from "../serving/connections.ts";
import { createObservation } from "../serving/observation.ts";
import { BodyTooLarge, readRequestBody } from "../serving/request-body.ts";
import { placeOf, type Variant } from "../serving/traffic.ts";
import { createRoutingMetrics } from "./metrics.ts";
import { createMirror } from "./mirror.ts";
import { createUpstream, type Forwarded, type Upstream, type UpstreamAnswer } from "./upstream.ts";

export interface RoutingServerOptions {
  readonly routes: Routes;
  readonly host: string;
  readonly port: number;
  /** Largest body in bytes; those beyond are answered 413. */
  readonly bodyLimit: number;
  /** Requests under way at once; those beyond are answered 429. */
  readonly maxInFlight: number;
  /** For one answer of a model's server. */
  readonly timeoutMs: number;
  readonly random?: () => number;
  /** When callers' connections end; without, when the callers or the server do. */
  readonly connections?: ConnectionLimits | undefined;
}

export interface RoutingServer {
  readonly address: string;
  /** Requests that begin after this call go by these routes. */
  direct(routes: Routes): void;
  /** Refuses new connections, and ends when what is under way has been answered. */
  close(): Promise<void>;
}

/** Of one connection to the next: not to be forwarded (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade expect host content-length".split(
    " ",
  ),
);
const READY_FOR_MS = 1000;
const PING: Forwarded = { method: "GET", path: "/ping", headers: {}, body: Buffer.alloc(0) };

interface Connected {
  readonly routes: Routes;
  readonly primary: Upstream;
  readonly canary: { readonly upstream: Upstream; readonly share: number } | undefined;
  readonly shadow: Upstream | undefined;
}

/** Listens, and resolves when it does. */
export async function startRoutingServer(options: RoutingServerOptions): Promise<RoutingServer> {
  const { bodyLimit, timeoutMs, random = Math.random } = options;
  const admission = createAdmission(options.maxInFlight);
  const observation = createObservation();
  let retries = 0;
  const connect = (routes: Routes, former?: Connected): Connected => {
    const known = upstreamsOf(former);
    const upstream = (url: string): Upstream =>
      known.find((one) => one.url === url) ?? createUpstream(url, { timeoutMs, onRetry: () => retries++ });
    const { primary, canary, shadow } = routes;
    observation.begin(routes.generation);
    return {
      routes,
      primary: upstream(primary.url),
      canary: canary && { upstream: upstream(canary.url), share: canary.share },
      shadow: shadow && upstream(shadow.url),
    };
  };
  let connected = connect(options.routes);
  const metrics = createRoutingMetrics({
    routes: () => connected.routes,
    inFlight: () => admission.inFlight,
    refused: () => admission.refused,
    retries: () => retries,
  });
  const mirror = createMirror(
    () => connected.shadow,
    (sight) => {
      observation.recordShadow(sight);
      metrics.recordShadow(sight);
    },
  );
  let isClosing = false;
  let readiness: { readonly of: Upstream; readonly until: number; readonly isReady: boolean } | undefined;

  const isReady = async (): Promise<boolean> => {
    const { primary } = connected;
    if (readiness?.of === primary && performance.now() < readiness.until) return readiness.isReady;
    const found = await primary.ask(PING).then(
      ({ status }) => status === 200,
      () => false,
    );
    readiness = { of: primary, until: performance.now() + READY_FOR_MS, isReady: found };
    return found;
  };

  /** One try of one variant, counted: undefined where it failed by its own fault and the other may be asked. */
  const ask = async (
    variant: Variant,
    upstream: Upstream,
    forwarded: Forwarded,
  ): Promise<{ readonly answer?: UpstreamAnswer; readonly problem?: string }> => {
    const began = performance.now();
    const seen = (status: number | undefined): void => {
      const seconds = (performance.now() - began) / 1000;
      const failed = status === undefined || status >= 400;
      if (forwarded.method === "POST") observation.record({ variant, seconds, failed });
      metrics.record({ variant, status, seconds });
    };
    try {
      const answer = await upstream.ask(forwarded);
      seen(answer.status);
      return { answer };
    } catch (error) {
      seen(undefined);
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const forwarded: Forwarded = {
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: endToEnd(request.headers),
      body: await bodyOf(request, bodyLimit),
    };
    // The routes of when it came: a change meanwhile is for those that come later.
    const { primary, canary, routes } = connected;
    const key = request.headers["x-esteira-key"];
    const place = typeof key === "string" && key !== "" ? placeOf(key) : random();
    let variant: Variant = canary !== undefined && place < canary.share ? "canary" : "primary";
    let found: Awaited<ReturnType<typeof ask>> = {};
    if (variant === "canary" && canary !== undefined) {
      found = await ask("canary", canary.upstream, forwarded);
      if (found.answer === undefined || found.answer.status >= 500) variant = "primary";
    }
    if (variant === "primary") found = await ask("primary", primary, forwarded);
    if (found.answer === undefined)
      throw new EsteiraError(
        "TEMPORARILY_UNAVAILABLE",
        `The server of ${routes.primary.model} did not answer (${found.problem ?? "no reason was given"}): ask again later.`,
      );
    const { status, headers, body } = found.answer;
    const head = endToEnd(headers);
    head["x-esteira-variant"] = variant;
    if (forwarded.method !== "HEAD") head["content-length"] = String(body.length);
    if (isClosing || connections?.isLast(response.socket) === true) head.connection = "close";
    response.writeHead(status, head);
    response.end(body);
    // Where the shadow is the canary too, its own answers are not compared with themselves.
    const isShadows = variant === "canary" && canary?.upstream === connected.shadow;
    if (forwarded.method === "POST" && !isShadows) mirror.show(forwarded, found.answer);
  };

  const own = async (path: string): Promise<{ status: number; type: string; body: string } | undefined> => {
    switch (path) {
      case "/ping":
      case "/health":
        if (await isReady()) return { status: 200, type: "application/json", body: "\n" };
        throw new EsteiraError(
          "TEMPORARILY_UNAVAILABLE",
          `The server of ${connected.routes.primary.model} is not ready: ask later.`,
        );
      case "/metrics":
        return { status: 200, type: METRICS_TYPE, body: await metrics.text() };
      case "/esteira/observation":
        return { status: 200, type: "application/json", body: JSON.stringify(observation.read()) };
      default:
        return undefined;
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === "GET") {
      const answer = await own((request.url ?? "/").split("?")[0] ?? "/");
      if (answer !== undefined) {
        response.writeHead(answer.status, {
          "content-type": answer.type,
          "content-length": Buffer.byteLength(answer.body),
        });
        response.end(answer.body);
        return;
      }
    }
    const leave = admission.enter();
    try {
      await route(request, response);
    } finally {
      leave();
    }
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => refuse(response, error));
  });
  server.keepAliveTimeout = 65_000;
  const connections = options.connections && followConnections(server, options.connections);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new EsteiraError(
              "INVALID_PARAMETER_VALUE",
              `Port ${options.port} of ${options.host} is taken: give another.`,
            )
          : error,
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  const listening = server.address();
  const port = typeof listening === "object" && listening !== null ? listening.port : options.port;
  return {
    address: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    direct(routes) {
      const former = connected;
      connected = connect(routes, former);
      const kept = upstreamsOf(connected);
      for (const one of upstreamsOf(former)) if (!kept.includes(one)) one.retire();
    },
    async close() {
      await connections?.drain();
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await closed;
      for (const one of upstreamsOf(connected)) one.retire();
    },
  };
}

const upstreamsOf = (connected: Connected | undefined): readonly Upstream[] =>
  [connected?.primary, connected?.canary?.upstream, connected?.shadow].filter((one) => one !== undefined);

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection } = headers;
  const named =
    connection === undefined || connection === "keep-alive" || connection === "close"
      ? ""
      : `,${connection.toLowerCase().replaceAll(" ", "")},`;
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) if (!HOP_BY_HOP.has(name) && !named.includes(`,${name},`)) kept[name] = headers[name];
  return kept;
}

const bodyOf = (request: IncomingMessage, limit: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    readRequestBody(request, { limit, contentLength: request.headers["content-length"] }, (error, body) => {
      if (body === undefined) reject(error);
      else resolve(body);
    });
  });

const DEFECT = "The router failed on this request.";

function refuse(response: ServerResponse, error: unknown): void {
  // The caller has gone, or has part of an answer.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const isTooLarge = error instanceof BodyTooLarge;
  const known =
    error instanceof EsteiraError
      ? error
      : new EsteiraError(isTooLarge ? "BAD_REQUEST" : "INTERNAL_ERROR", isTooLarge ? error.message : DEFECT);
  const status = isTooLarge ? error.statusCode : known.status;
  const body = pythonJson({ ...known.toBody() });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...((status === 429 || status === 503) && { "retry-after": String(RETRY_AFTER_SECONDS) }),
    // What is left of a body that was refused is not read.
    ...(isTooLarge && { connection: "close" }),
  });
  response.end(body);
}
