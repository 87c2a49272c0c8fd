import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, systemClock } from "@esteira/core/clock";
import { invalid } from "@esteira/core/errors";
import { localArtifactStore } from "@esteira/store/artifacts/local";
import { parseBackendUri, withoutPassword } from "@esteira/store/database/uri";
import { openStore } from "@esteira/store/open";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { sweepRegularly } from "./artifacts/sweep.ts";
import { createServer } from "./create-server.ts";
import type { WebhookOptions } from "./webhooks/mount.ts";
import { webhookKeyFile } from "./webhooks/webhook-key.ts";

export interface StartOptions {
  /** The address to listen on: "127.0.0.1" for this machine only, "0.0.0.0" for every interface. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host:port/database`. */
  readonly backendStoreUri: string;
  /** A folder (a path or a `file:` URI) where the artifacts that pass through this server are kept. */
  readonly artifactsDestination: string;
  /** Where new experiments put their artifacts; by default behind this server (`mlflow-artifacts:/`). */
  readonly defaultArtifactRoot?: string | undefined;
  readonly webRoot?: string | undefined;
  /** What `/version` answers. */
  readonly version?: string | undefined;
  /** Host names besides loopback under which the server may be reached; "*" for any. `host` itself is always trusted. */
  readonly trustedHosts?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly webhooks?: WebhookOptions | undefined;
  /**
   * The Fernet key for the secrets of webhooks. Without one, a SQLite database has its own in a file beside it, and on
   * PostgreSQL webhooks can have no secret.
   */
  readonly webhookKey?: string | undefined;
  /** Without it the server says nothing. */
  readonly log?: FastifyBaseLogger | undefined;
}

export interface RunningServer {
  /** `http://host:port`, where a client on this machine reaches the server. */
  readonly url: string;
  /** Answers what is under way (for at most five seconds), then closes the socket and the database. */
  close(): Promise<void>;
}

const VERSION = "0.1.0";
/** How long requests under way may take to end when the server closes. */
const GRACE_MS = 5000;
const PROXIED_ROOT = "mlflow-artifacts:/";

/**
 * Opens the database and the artifact folder and serves them. Refuses, before anything is listening, a URI that it does
 * not understand and a port that somebody else holds.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const artifactRoot = options.defaultArtifactRoot ?? PROXIED_ROOT;
  const artifacts = localArtifactStore(localFolder(options.artifactsDestination));
  const store = await openStore({
    uri: options.backendStoreUri,
    artifactRoot,
    clock: options.clock ?? systemClock,
    webhookKey: options.webhookKey ?? keyBesideFile(options.backendStoreUri),
  });
  try {
    const app = await createServer({
      store,
      artifacts,
      version: options.version ?? VERSION,
      log: options.log,
      webRoot: options.webRoot,
      trustedHosts: [options.host, ...(options.trustedHosts ?? [])],
      webhooks: options.webhooks,
      localArtifactRoots: isLocal(artifactRoot) ? [localFolder(artifactRoot)] : [],
    });
    const port = await listen(app, options);
    const stopSweeping = sweepRegularly([artifacts], options.log);
    return {
      url: `http://${reachable(options.host)}:${port}`,
      close: async () => {
        stopSweeping();
        await stopServing(app);
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function keyBesideFile(backendStoreUri: string): string | undefined {
  const uri = parseBackendUri(backendStoreUri);
  return uri.kind === "sqlite" && uri.path !== ":memory:" ? webhookKeyFile(`${uri.path}.webhook-key`) : undefined;
}

/** A connection that has answered stays open for the next request, and would keep the server from closing. */
async function stopServing(app: FastifyInstance): Promise<void> {
  const deadline = performance.now() + GRACE_MS;
  const sweep = setInterval(() => {
    if (performance.now() < deadline) app.server.closeIdleConnections();
    else app.server.closeAllConnections();
  }, 20);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}

async function listen(app: FastifyInstance, { host, port }: StartOptions): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenFault(error, host, port);
  }
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function listenFault(error: unknown, host: string, port: number): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") {
    return invalid(
      `Port ${port} on ${host} is already in use; stop what holds it, choose another port, or use port 0 for a free one.`,
    );
  }
  if (code === "EACCES") return invalid(`Port ${port} on ${host} needs more rights; choose a port above 1023.`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return invalid(`'${host}' is not an address of this machine; use 127.0.0.1, 0.0.0.0 or one of its own addresses.`);
  }
  return error;
}

const isLocal = (uri: string): boolean => !/^[a-z][a-z0-9+.-]+:/i.test(uri) || /^file:/i.test(uri);

function localFolder(uri: string): string {
  if (!isLocal(uri)) {
    throw invalid(
      `Unsupported artifacts destination '${withoutPassword(uri)}'; use a folder, for example ./mlartifacts.`,
    );
  }
  return /^file:\/\//i.test(uri) ? fileURLToPath(uri) : resolve(uri.replace(/^file:/i, ""));
}

/** "Every interface" is no address to connect to. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
