import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { invalid } from "@esteira/core/errors";
import type { ClientConfig } from "pg";
import type { PostgresUri } from "../database/uri.ts";

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface PostgresTarget {
  /** `host:port/database`, for messages. */
  readonly name: string;
  readonly sslMode: SslMode;
  /** Whether statements that come again are prepared once a connection. */
  readonly prepares: boolean;
  /** With TLS where the mode has it; what `ssl` says when there is a choice is up to the caller. */
  readonly config: ClientConfig;
  readonly tls: ConnectionOptions | false;
}

const TAKEN = new Set(["user", "password", "host", "port", "dbname", "database", "sslmode", "sslrootcert", "sslcert"]);
const ALSO_TAKEN = new Set([
  "sslkey",
  "sslpassword",
  "connect_timeout",
  "application_name",
  "options",
  "gssencmode",
  "prepared_statements",
]);
const CONNECT_MS = 10_000;

/** libpq's meaning of a PostgreSQL URI, as psycopg gives it to MLflow, in node-postgres' terms. */
export function postgresTarget(uri: PostgresUri, env: Readonly<Record<string, string | undefined>>): PostgresTarget {
  const { options } = uri;
  for (const name of options.keys()) {
    if (TAKEN.has(name) || ALSO_TAKEN.has(name)) continue;
    throw invalid(
      `Unsupported option '${name}' in the PostgreSQL URI; known are ${[...TAKEN, ...ALSO_TAKEN].join(", ")}.`,
    );
  }
  const host = uri.host ?? env.PGHOST ?? "localhost";
  const port = uri.port ?? Number(env.PGPORT ?? 5432);
  const user = uri.user ?? env.PGUSER;
  const database = uri.database ?? env.PGDATABASE ?? user;
  const sslMode = host.startsWith("/") ? "disable" : sslModeOf(options.get("sslmode") ?? env.PGSSLMODE);
  const timeout = Number(options.get("connect_timeout") ?? 0) * 1000 || CONNECT_MS;
  return {
    name: `${host}:${port}/${database ?? ""}`,
    sslMode,
    prepares: isOn(options.get("prepared_statements")),
    tls: sslMode === "disable" ? false : tlsOptions(sslMode, host, options),
    config: {
      host,
      port,
      ...(user === undefined ? {} : { user }),
      ...(uri.password === undefined ? {} : { password: uri.password }),
      ...(database === undefined ? {} : { database }),
      ...(options.has("options") ? { options: options.get("options") } : {}),
      application_name: options.get("application_name") ?? "esteira",
      connectionTimeoutMillis: timeout,
      keepAlive: true,
    },
  };
}

function isOn(text = "on"): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw invalid(`Unknown prepared_statements '${text}' in the PostgreSQL URI; use on or off.`);
}

function sslModeOf(text: string | undefined): SslMode {
  if (text === undefined) return "prefer";
  const mode = SSL_MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw invalid(`Unknown sslmode '${text}' in the PostgreSQL URI; use one of ${SSL_MODES.join(", ")}.`);
}

/** With a root certificate `require` checks the chain too: so does libpq. */
function tlsOptions(mode: SslMode, host: string, options: ReadonlyMap<string, string>): ConnectionOptions {
  const root = options.get("sslrootcert") ?? ownFile("root.crt");
  const cert = options.get("sslcert") ?? ownFile("postgresql.crt");
  const key = options.get("sslkey") ?? ownFile("postgresql.key");
  const chain = mode === "verify-ca" || mode === "verify-full" || (mode === "require" && root !== undefined);
  return {
    rejectUnauthorized: chain,
    ...(chain && mode !== "verify-full" ? { checkServerIdentity: () => undefined } : {}),
    ...(root === undefined || root === "system" || !chain ? {} : { ca: read(root, "sslrootcert") }),
    ...(cert === undefined ? {} : { cert: read(cert, "sslcert") }),
    ...(key === undefined || cert === undefined ? {} : { key: read(key, "sslkey") }),
    ...(options.has("sslpassword") ? { passphrase: options.get("sslpassword") } : {}),
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  };
}

function ownFile(name: string): string | undefined {
  const path = join(homedir(), ".postgresql", name);
  return existsSync(path) ? path : undefined;
}

function read(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw invalid(
      `The file '${path}' that ${option} of the PostgreSQL URI names cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
