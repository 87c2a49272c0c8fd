import { isIP } from "node:net";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { stringifyJson } from "@esteira/core/wire/json";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { countRequests } from "../metrics/metrics-endpoint.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { type BoundaryOptions, guardBoundary, withoutPrefix } from "./boundary.ts";
import { sendFault, toFault } from "./errors.ts";
import { decodeUtf8, parseJsonBody } from "./json-body.ts";

/** A log-batch may carry a thousand long values. */
const JSON_BODY_LIMIT = 64 * 1024 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_MS = 75_000;
const MAX_PARAM_LENGTH = 4096;

/** The HTTP side without routes: limits, body parsing, who may call, headers on every answer, faults as JSON. */
export function createApp(
  options: { boundary: BoundaryOptions } & {
    log?: FastifyBaseLogger | undefined;
    metrics?: ServerMetrics | undefined;
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
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    forceCloseConnections: "idle",
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
  app.server.headersTimeout = HEADERS_TIMEOUT_MS;
  parseOnlyJson(app);
  app.setReplySerializer((payload) => stringifyJson(payload));
  app.setErrorHandler(sendFault);
  if (options.metrics !== undefined) countRequests(app, options.metrics);
  guardBoundary(app, boundary);
  return app;
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
