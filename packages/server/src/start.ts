import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, systemClock } from "@esteira/core/clock";
import { invalid } from "@esteira/core/errors";
import type { Permission } from "@esteira/core/permissions";
import { parseBackendUri } from "@esteira/store/database/uri";
import { openStore, type Store } from "@esteira/store/open";
import { sealFileOf } from "@esteira/store/timeline/seal-file";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { type AccessOptions, createAccess } from "./access/access.ts";
import type { FirstAdmin } from "./access/setup.ts";
import { type ArtifactOptions, configureArtifacts } from "./artifacts/configure.ts";
import { artifactLocations } from "./artifacts/locations.ts";
import { sweepRegularly } from "./artifacts/sweep.ts";
import { createServer } from "./create-server.ts";
import { type BoundaryOptions, checkStaticPrefix } from "./http/boundary.ts";
import { createServerMetrics } from "./metrics/server-metrics.ts";
import { heldDigests, type ModelDigest } from "./policies/held-models.ts";
import type { WebhookOptions } from "./webhooks/mount.ts";
import { webhookKeyFile } from "./webhooks/webhook-key.ts";

export interface StartOptions extends ArtifactOptions {
  /** The address to listen on: "127.0.0.1" for this machine only, "0.0.0.0" for every interface. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host:port/database`. */
  readonly backendStoreUri: string;
  /** How long a signed address for a download is good. */
  readonly presignedDownloadSeconds?: number | undefined;
  readonly webRoot?: string | undefined;
  /** What `/version` answers. */
  readonly version?: string | undefined;
  /** How browsers and proxies may reach the server; `host` itself is trusted where no hosts are named. */
  readonly boundary?: Omit<BoundaryOptions, "bindHost"> | undefined;
  /** Schemes whose URIs a request may give although they name a host. None by default. */
  readonly allowedHostSchemes?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly webhooks?: WebhookOptions | undefined;
  /**
   * The Fernet key for the secrets of webhooks. Without one, a SQLite database has its own in a file beside it, and on
   * PostgreSQL webhooks can have no secret.
   */
  readonly webhookKey?: string | undefined;
  /**
   * The file of the key that signs the timeline, made when it is absent; beside it the signed checkpoints are kept. Without one,
   * a SQLite database has its own beside it, and on PostgreSQL nothing is signed.
   */
  readonly signingKey?: string | undefined;
  /**
   * How the digest of a model's files is made. With it a promotion under a policy reads the files that this server holds again, and
   * they must be those that the version's tag names.
   */
  readonly modelDigest?: ModelDigest | undefined;
  /** Turns access control on. */
  readonly access?: AccessStart | undefined;
  /** Lets everybody on the network do everything: to listen beyond this machine without access control. */
  readonly allowAnonymous?: boolean | undefined;
  /** False: the server counts nothing and has no `/metrics`. */
  readonly metrics?: boolean | undefined;
  /** Without it the server says nothing. */
  readonly log?: FastifyBaseLogger | undefined;
}

/** How access is controlled; see `AccessOptions`. */
export interface AccessStart extends Pick<AccessOptions, "publicUrl" | "passwordCost" | "oidc" | "issuers"> {
  readonly defaultPermission?: Permission | undefined;
  readonly admin?: FirstAdmin | undefined;
}

export interface RunningServer {
  /** `http://host:port`, where a client on this machine reaches the server. */
  readonly url: string;
  /** With access control and no admin yet: what the first one is made with, once. */
  readonly setupToken?: string;
  /**
   * Answers what is under way (for at most five seconds), then closes the socket and the database. Before that it goes on as
   * ever for `drainMs`, but says at `/ready` that it ends and ends each connection with its next answer, so that a balancer
   * and its clients go elsewhere.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

const VERSION = "0.1.0";
/** How long requests under way may take to end when the server closes. */
const GRACE_MS = 5000;

/**
 * Opens the database and the artifact folder and serves them. Refuses, before anything is listening, a URI that it does
 * not understand and a port that somebody else holds.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  refuseOpenNetwork(options);
  const artifacts = configureArtifacts(options);
  const metrics = options.metrics === false ? undefined : createServerMetrics();
  const { modelDigest } = options;
  const held = modelDigest && heldDigests(artifactLocations(artifacts.proxied, artifacts.roots), modelDigest);
  const store = await openStore({
    heldDigest: held,
    meter: metrics?.database,
    uri: options.backendStoreUri,
    artifactRoot: artifacts.defaultRoot,
    clock: options.clock ?? systemClock,
    webhookKey: options.webhookKey ?? keyBesideFile(options.backendStoreUri),
  });
  try {
    const access = options.access && accessOf(store, options.access, options);
    const setupToken = await access?.prepare(options.access?.admin ?? { username: "admin" });
    let isDraining = false;
    const app = await createServer({
      store,
      seals: sealFileOf(options.backendStoreUri, options.signingKey),
      isDraining: () => isDraining,
      artifacts: artifacts.proxied,
      artifactRoots: artifacts.roots,
      presignedDownloadSeconds: options.presignedDownloadSeconds,
      version: options.version ?? VERSION,
      log: options.log,
      webRoot: options.webRoot,
      boundary: {
        ...options.boundary,
        ...(options.boundary?.staticPrefix === undefined
          ? {}
          : { staticPrefix: checkStaticPrefix(options.boundary.staticPrefix) }),
        bindHost: options.host,
        publicHosts: [...(options.boundary?.publicHosts ?? []), ...publicHost(options.access)],
      },
      allowedHostSchemes: options.allowedHostSchemes,
      access,
      webhooks: options.webhooks,
      metrics,
    });
    const port = await listen(app, options);
    const stopSweeping = sweepRegularly(artifacts.stores, options.log);
    return {
      url: `http://${reachable(options.host)}:${port}${options.boundary?.staticPrefix ?? ""}`,
      ...(setupToken === undefined ? {} : { setupToken }),
      close: async ({ drainMs = 0 } = {}) => {
        stopSweeping();
        isDraining = true;
        await sleep(drainMs);
        await stopServing(app);
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function accessOf(
  store: Store,
  { defaultPermission, publicUrl, passwordCost, oidc, issuers }: AccessStart,
  options: StartOptions,
) {
  checkPublicUrl(publicUrl);
  return createAccess({
    store,
    clock: options.clock ?? systemClock,
    defaultPermission: defaultPermission ?? "NO_PERMISSIONS",
    publicUrl,
    passwordCost,
    oidc,
    issuers,
    staticPrefix: options.boundary?.staticPrefix,
    log: options.log,
  });
}

const publicHost = (access: AccessStart | undefined): readonly string[] =>
  access?.publicUrl === undefined ? [] : [new URL(access.publicUrl).host];

function checkPublicUrl(publicUrl: string | undefined): void {
  if (publicUrl === undefined) return;
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return;
  throw invalid(`The public address '${publicUrl}' is no URL of the web, such as https://mlflow.example.`);
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

/** Experiments, models and their files would be everybody's who can reach the port. */
function refuseOpenNetwork({ host, access, allowAnonymous }: StartOptions): void {
  if (isLoopback(host) || access !== undefined || allowAnonymous === true) return;
  throw invalid(
    `The server would listen on '${host}' for everybody, without access control: turn it on with --app-name basic-auth, listen on 127.0.0.1, or say --insecure-allow-anonymous.`,
  );
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

/** "Every interface" is no address to connect to. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
