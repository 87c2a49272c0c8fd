import { parseInt64 } from "@esteira/core/int64";
import { Kysely } from "kysely";
import pg from "pg";
import { postgresDialect } from "../database/dialect.ts";
import { codeOf } from "../database/errors.ts";
import type { DatabaseLoad } from "../database/meter.ts";
import type { Database, Tables } from "../database/tables.ts";
import type { PostgresTarget } from "./connection.ts";
import { NamingClient, StatementNames } from "./statements.ts";

const { Client, Pool, types } = pg;

const MOST_CONNECTIONS = 10;
const INT8 = 20;

const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 && format !== "binary" ? parseInt64 : types.getTypeParser(oid, format),
};

/** Sent once to each new connection: a transaction that waits for a lock, or forgets to end, must not hold up the others. */
const SETTINGS =
  "set lock_timeout = '20s'; set idle_in_transaction_session_timeout = '60s'; set extra_float_digits = 1";

/** Connections are made when they are needed, and again when they are lost. */
export function postgresPool(
  target: PostgresTarget,
  ssl: pg.ClientConfig["ssl"],
): { readonly db: Database; readonly load: () => DatabaseLoad } {
  const pool = new Pool({
    ...target.config,
    ssl,
    types: TYPES,
    max: MOST_CONNECTIONS,
    onConnect: async (client) => {
      await client.query(SETTINGS);
    },
  });
  // A connection that breaks is replaced at its next use; whoever was using it has had the error from its query.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const names = new StatementNames(target.prepares);
  const clients = new WeakMap<pg.PoolClient, NamingClient>();
  const connect = async (): Promise<NamingClient> => {
    const client = await pool.connect();
    const known = clients.get(client) ?? new NamingClient(client, names);
    clients.set(client, known);
    return known;
  };
  return {
    db: new Kysely<Tables>({ dialect: postgresDialect({ pool: { connect, end: () => pool.end() } }) }),
    load: () => ({
      waiting: pool.waitingCount,
      connections: { open: pool.totalCount, idle: pool.idleCount },
    }),
  };
}

/**
 * Whether connections use TLS: where sslmode leaves a choice, one connection finds out what the server takes, in the
 * order that libpq tries.
 */
export async function chooseTls(target: PostgresTarget): Promise<pg.ClientConfig["ssl"]> {
  const { sslMode, tls } = target;
  if (sslMode !== "prefer" && sslMode !== "allow") return tls;
  const [first, second] = sslMode === "prefer" ? [tls, false as const] : [false as const, tls];
  const client = new Client({ ...target.config, ssl: first });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return first;
  } catch (error) {
    if (isRefusalOfTransport(error)) return second;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The server does not speak TLS, or its pg_hba has no line for this kind of connection. */
const isRefusalOfTransport = (error: unknown): boolean =>
  codeOf(error) === "28000" || (error instanceof Error && error.message.includes("does not support SSL"));
