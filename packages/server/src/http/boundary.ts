import { EsteiraError, invalid } from "@esteira/core/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { OPEN_PATHS } from "../health/health.ts";
import { sendError } from "./errors.ts";
import { changesState, type TrustedHosts, type TrustOptions, trustedHosts } from "./trusted-hosts.ts";

/** How browsers and proxies may reach the server. */
export interface BoundaryOptions extends TrustOptions {
  /** Whether other pages may show ours in a frame. */
  readonly frameOptions?: FrameOptions | undefined;
  /** Addresses or networks of proxies whose X-Forwarded-* headers are believed. None by default. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** A path under which everything is served, such as `/mlflow`. */
  readonly staticPrefix?: string | undefined;
}

export const FRAME_OPTIONS = ["SAMEORIGIN", "DENY", "NONE"] as const;
export type FrameOptions = (typeof FRAME_OPTIONS)[number];

const INVALID_HOST = new EsteiraError(
  "PERMISSION_DENIED",
  "Invalid Host header - possible DNS rebinding attack detected. Start the server with this host among its allowed hosts (--allowed-hosts) to allow it.",
);
const FOREIGN_ORIGIN = new EsteiraError("PERMISSION_DENIED", "Cross-origin request blocked");
const OUTSIDE = new EsteiraError("ENDPOINT_NOT_FOUND", "No such endpoint: this server answers under a prefix.");

/** Takes the prefix off the path of a request, before the router sees it. What is outside of it finds no route. */
export function withoutPrefix(prefix: string): (request: { url?: string | undefined }) => string {
  return ({ url = "/" }) => {
    if (url.startsWith(`${prefix}/`)) return url.slice(prefix.length);
    return isPrefixItself(url, prefix) ? "/" : OUTSIDE_PATH;
  };
}
const OUTSIDE_PATH = "/-/outside-of-the-prefix";
const isPrefixItself = (url: string, prefix: string): boolean => url.split("?", 1)[0] === prefix;

/** A prefix as MLflow takes it: "/mlflow", "/a/b". */
export function checkStaticPrefix(prefix: string): string {
  if (!prefix.startsWith("/")) throw invalid("--static-prefix must begin with a '/'.");
  if (prefix.endsWith("/")) throw invalid("--static-prefix should not end with a '/'.");
  if (!/^(\/[\w.~-]+)+$/.test(prefix)) {
    throw invalid(`--static-prefix is '${prefix}': use letters, digits, '-', '_', '.', '~' and '/' only.`);
  }
  return prefix;
}

/** Refuses untrusted hosts and foreign pages on every path, and puts the headers for browsers on every answer. */
export function guardBoundary(app: FastifyInstance, options: BoundaryOptions): void {
  const hosts = trustedHosts(options);
  const { frameOptions = "SAMEORIGIN", staticPrefix } = options;
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-content-type-options", "nosniff").header("referrer-policy", "same-origin");
    if (frameOptions !== "NONE") reply.header("x-frame-options", frameOptions);
    const { origin } = request.headers;
    // Behind a trusted proxy `host` is the one that the browser has asked for.
    const { host } = request;
    const named = hostOfTarget(request.url);
    if (
      !(hosts.allowsHost(host) && (named === undefined || hosts.allowsHost(named))) &&
      !OPEN_PATHS.has(request.url.split("?", 1)[0] ?? "")
    )
      return refuse(reply, INVALID_HOST);
    if (changesState(request.method) && !hosts.allowsOrigin(origin, host)) return refuse(reply, FOREIGN_ORIGIN);
    if (staticPrefix !== undefined && request.url === OUTSIDE_PATH) return refuse(reply, OUTSIDE);
    // Pages refer to their files from the folder that they are in.
    if (staticPrefix !== undefined && isPrefixItself(request.originalUrl, staticPrefix)) {
      return void reply.redirect(`${staticPrefix}/`);
    }
    if (origin !== undefined && hosts.sharesWith(origin)) share(request, reply, origin, hosts);
    if (reply.sent) return;
    done();
  });
}

/** A target may be a whole address, as proxies get it; the router takes its path, so its host counts as well. */
const hostOfTarget = (url: string): string | undefined =>
  url.startsWith("/") ? undefined : /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];

const refuse = (reply: FastifyReply, fault: EsteiraError): void => void sendError(reply, fault.status, fault.toBody());

/** Lets a page of a trusted origin read the answer, and answers what its browser asks beforehand. */
function share(request: FastifyRequest, reply: FastifyReply, origin: string, hosts: TrustedHosts): void {
  reply.header("vary", "Origin").header("access-control-allow-origin", hosts.sharesWithAll ? "*" : origin);
  if (hosts.sharesCredentialsWith(origin)) reply.header("access-control-allow-credentials", "true");
  if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) {
    reply.header("access-control-expose-headers", "*");
    return;
  }
  const wanted = request.headers["access-control-request-headers"];
  reply
    .header("access-control-allow-methods", "DELETE, GET, OPTIONS, PATCH, POST, PUT")
    .headers(wanted === undefined ? {} : { "access-control-allow-headers": wanted })
    .header("access-control-max-age", "600")
    .code(204)
    .send();
}
