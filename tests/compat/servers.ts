import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccessStart, startServer } from "@esteira/server/start";
import { webhookOptions } from "@esteira/server/webhooks/environment";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { forMlflow } from "./oracle.ts";

/** Receivers are processes of the tests. On PostgreSQL the key of webhooks' secrets comes from the environment only. */
const WEBHOOKS_TO_LOOPBACK = {
  MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http",
  MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true",
  MLFLOW_WEBHOOK_CACHE_TTL: "1",
  MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: `${Buffer.alloc(32, "test").toString("base64url")}=`,
};

export interface Peer {
  readonly url: string;
  /** The process that serves; undefined when it is this one. */
  readonly pid?: number;
  close(): Promise<void>;
}

interface Place {
  /** A SQLite file that is there already; by default a new database: see `newDatabase`. */
  readonly database?: string;
  /** A path under which everything is served. */
  readonly staticPrefix?: string;
}

/** This project's server on a free port, over a new database: in a temporary folder, or see `ESTEIRA_TEST_BACKEND`. */
export async function startEsteira({
  database,
  staticPrefix,
  access,
}: Place & { access?: AccessStart } = {}): Promise<Peer> {
  const home = await mkdtemp(join(tmpdir(), "esteira-compat-"));
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: database === undefined ? await newDatabase(home) : `sqlite:///${database}`,
    artifactsDestination: join(home, "artifacts"),
    ...(staticPrefix === undefined ? {} : { boundary: { staticPrefix } }),
    webhooks: webhookOptions(WEBHOOKS_TO_LOOPBACK),
    webhookKey: WEBHOOKS_TO_LOOPBACK.MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY,
    access,
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** `ESTEIRA_TEST_BACKEND=postgres` runs the suite on PostgreSQL. */
const newDatabase = async (home: string): Promise<string> =>
  process.env.ESTEIRA_TEST_BACKEND === "postgres" ? newTestDatabase() : `sqlite:///${join(home, "tracking.db")}`;

/** On a busy machine its imports alone take minutes. */
const STARTUP_MS = 400_000;

/** MLflow's own server over a database of the same kind; without `workers`, as many as it takes by itself. */
export async function startMlflow(
  python: string,
  {
    workers,
    database,
    databaseUri,
    env = {},
    args = [],
  }: Place & {
    workers?: number;
    /** Of a database that is there already, where it is no SQLite file. */
    databaseUri?: string | undefined;
    env?: NodeJS.ProcessEnv;
    args?: readonly string[];
  } = {},
): Promise<Peer> {
  const home = await mkdtemp(join(tmpdir(), "mlflow-compat-"));
  const port = await freePort();
  const uri = databaseUri ?? (database === undefined ? await newDatabase(home) : `sqlite:///${database}`);
  const child = spawn(
    python,
    [
      ...["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port)],
      ...["--backend-store-uri", forMlflow(uri)],
      ...["--artifacts-destination", join(home, "artifacts")],
      ...(workers === undefined ? [] : ["--workers", String(workers)]),
      ...args,
    ],
    { cwd: home, stdio: "ignore", detached: true, env: { ...process.env, ...WEBHOOKS_TO_LOOPBACK, ...env } },
  );
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    await stopGroup(child);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await untilHealthy(url, child);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close, ...(child.pid === undefined ? {} : { pid: child.pid }) };
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + STARTUP_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`mlflow server ended with code ${child.exitCode}`);
    const isUp = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`mlflow server did not answer at ${url} within ${STARTUP_MS / 1000} s`);
}

/** The server starts workers of its own: all of its process group ends, and nothing else. */
async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGTERM");
  const late = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), 15_000);
  await ended;
  clearTimeout(late);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
