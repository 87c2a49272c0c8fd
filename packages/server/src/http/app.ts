import { isIP } from "node:net";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { SCHEMALESS } from "@esteira/core/schemaless";
import { stringifyJson } from "@esteira/core/wire/json";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { countRequests } from "../metrics/metrics-endpoint.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { type BoundaryOptions, guardBoundary, withoutPrefix } from "./boundary.ts";
import { sendFault, toFault } from "./errors.ts";
import { decodeUtf8, parseJsonBody } from "./json-body.ts";

/** The largest field of all, the profile of a dataset, has up to 16 MiB. */
const JSON_BODY_LIMIT = 20 * 1024 * 1024;
/** A body of an upload may take as long as it likes, as long as it goes on (`IDLE_TIMEOUT_MS`). */
const JSON_BODY_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked at for what was not sent in time; Node's own 30 s would triple the wait. */
const CHECK_EVERY_MS = 2000;
const IDLE_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_MS = 75_000;
const MAX_PARAM_LENGTH = 4096;

/** The HTTP side without routes: limits, body parsing, who may call, headers on every answer, faults as JSON. */
export function createApp(
  options: { boundary: BoundaryOptions } & {
    log?: FastifyBaseLogger | undefined;
    metrics?: ServerMetrics | undefined;
    jsonBodyMs?: number | undefined;
    isDraining?: (() => boolean) | undefined;
  },
): FastifyInstance {
  const { boundary } = options;
  const app = Fastify({
    trustProxy: checkProxies(boundary.trustedProxies ?? []),
    ...(boundary.staticPrefix === undefined ? {} : { rewriteUrl: withoutPrefix(boundary.staticPrefix) }),
    ...(options.log === undefined ? { logger: false } : { loggerInstance: options.log }),
    // Faults are logged where they are answered; a line for every request would be most of the log.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: JSON_BODY_LIMIT,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECK_EVERY_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    // A request that comes on a kept connection while the server ends is answered like any other.
    return503OnClosing: false,
    schemaController: SCHEMALESS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => sendFault(error, request, reply),
    clientErrorHandler: (error, socket) => {
      if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
      const { body } = toFault(new EsteiraError("BAD_REQUEST", "The request is malformed."), app.log);
      const text = JSON.stringify(body);
      const line = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
      socket.end(
        `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
      );
    },
  });
  parseOnlyJson(app);
  limitJsonTime(app, options.jsonBodyMs ?? JSON_BODY_MS);
  app.setReplySerializer((payload) => stringifyJson(payload));
  app.setErrorHandler(sendFault);
  if (options.metrics !== undefined) countRequests(app, options.metrics);
  guardBoundary(app, boundary);
  leaveWhenDraining(app, options.isDraining);
  return app;
}

/** Each client hears with its next answer that the connection ends, and takes another: none loses a request. */
function leaveWhenDraining(app: FastifyInstance, isDraining: (() => boolean) | undefined): void {
  if (isDraining === undefined) return;
  app.addHook("onSend", (_, reply, __, done) => {
    if (isDraining()) reply.header("connection", "close");
    done();
  });
}

/** Fastify trusts nobody when the list is empty. */
function checkProxies(proxies: readonly string[]): string[] | false {
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const isNetwork =
      bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 6 ? 128 : 32));
    if (isIP(address) === 0 || !isNetwork) {
      throw invalid(`'${proxy}' is no address of a proxy: expected an IP address or a network such as 10.0.0.0/8.`);
    }
  }
  return proxies.length === 0 ? false : [...proxies];
}

/** JSON alone reaches a handler: a form or text/plain body can be sent by any web page without asking first. */
function parseOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i,
    { parseAs: "buffer" },
    (_, body, done) => {
      try {
        done(null, parseJsonBody(decodeUtf8(body)));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** A body that comes byte by byte must not hold its connection and its memory for ever. */
function limitJsonTime(app: FastifyInstance, milliseconds: number): void {
  app.addHook("preParsing", (request, _, payload, done) => {
    const { headers, routeOptions } = request;
    const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
    if (hasBody && routeOptions.config.operation?.body === undefined) {
      const late = setTimeout(() => {
        const seconds = milliseconds / 1000;
        const fault = new EsteiraError(
          "BAD_REQUEST",
          `The request body did not arrive within ${seconds} s; send it again.`,
        );
        // As an event only: the answer has yet to go out on the connection. Nobody listens where it was refused before.
        if (!payload.destroyed && payload.listenerCount("error") > 0) payload.emit("error", fault);
      }, milliseconds);
      late.unref();
      payload.once("end", () => clearTimeout(late));
    }
    done(null, payload);
  });
}
