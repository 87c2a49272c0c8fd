import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const VERSIONS = "/usr/lib/postgresql";
const STARTUP_MS = 60_000;

/** A PostgreSQL server of the tests' own, over a new folder. */
export interface PostgresCluster {
  readonly port: number;
  /** The folder of the server's socket. */
  readonly socketFolder: string;
  /** A URI of one of its databases, by TCP on loopback. */
  uri(database: string): string;
  /** Makes a new, empty database. */
  createDatabase(name: string): Promise<void>;
  /** Ends the server: "fast" as an administrator does, "immediate" as a crash does. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes all that it held. */
  remove(): Promise<void>;
}

/** The folder of `initdb` and `postgres`: `ESTEIRA_POSTGRES_BIN`, or the newest that Debian's packages have installed. */
export async function findPostgres(): Promise<{ readonly bin: string } | { readonly missing: string }> {
  const given = process.env.ESTEIRA_POSTGRES_BIN;
  const installed = await readdir(VERSIONS).catch((): string[] => []);
  const newestFirst = installed.sort((a, b) => Number(b) - Number(a)).map((version) => join(VERSIONS, version, "bin"));
  const bin = [...(given === undefined ? [] : [given]), ...newestFirst].find((folder) =>
    existsSync(join(folder, "initdb")),
  );
  return bin === undefined
    ? { missing: `no PostgreSQL server: install postgresql, or set ESTEIRA_POSTGRES_BIN to the folder of its initdb` }
    : { bin };
}

export interface ClusterOptions {
  /** Settings of postgresql.conf, such as `{ ssl: "on" }`; files are found in the server's folder. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What pg_hba.conf says; by default everybody is let in. */
  readonly hba?: string;
  /** Files of the server's folder, such as its certificate. */
  readonly files?: Readonly<Record<string, string>>;
}

export async function startCluster(bin: string, options: ClusterOptions = {}): Promise<PostgresCluster> {
  const home = await mkdtemp(join(tmpdir(), "esteira-postgres-"));
  const as = await unprivileged(home);
  const port = await freePort();
  const data = join(home, "data");
  await run(
    join(bin, "initdb"),
    ["-D", data, "-U", "esteira", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
    { ...as, cwd: home },
  );
  const files = { ...(options.hba === undefined ? {} : { "pg_hba.conf": options.hba }), ...options.files };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(data, name), content, { mode: 0o600 });
    if (as.uid !== undefined && as.gid !== undefined) await chown(join(data, name), as.uid, as.gid);
  }
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const settings = {
      listen_addresses: "127.0.0.1",
      fsync: "off",
      max_connections: "200",
      ...options.settings,
    };
    server = spawn(
      join(bin, "postgres"),
      [
        ...["-D", data, "-p", String(port), "-k", home],
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      { ...as, cwd: home, stdio: "ignore" },
    );
    await untilReady(server);
  };
  const untilReady = async (child: ChildProcess): Promise<void> => {
    const deadline = Date.now() + STARTUP_MS;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`postgres ended with code ${child.exitCode}`);
      const ready = await run(join(bin, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port), "-q"]).then(
        () => true,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`postgres was not ready within ${STARTUP_MS / 1000} s`);
  };
  const stop = async (mode: "fast" | "immediate"): Promise<void> => {
    const child = server;
    server = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
  };
  await start();
  const uri = (database: string): string => `postgresql://esteira@127.0.0.1:${port}/${database}`;
  return {
    port,
    socketFolder: home,
    uri,
    createDatabase: async (name) => {
      await run(join(bin, "createdb"), ["-h", "127.0.0.1", "-p", String(port), "-U", "esteira", name]);
    },
    start,
    stop,
    remove: async () => {
      await stop("immediate");
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root: there it runs as `postgres`, or as `nobody`. */
async function unprivileged(home: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name]))).catch(() => undefined);
    if (ids === undefined) continue;
    const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number(stdout));
    await chown(home, uid, gid);
    await chmod(home, 0o755);
    return { uid, gid };
  }
  throw new Error("PostgreSQL cannot run as root, and this machine has neither a user postgres nor nobody.");
}

function freePort(): Promise<number> {
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
