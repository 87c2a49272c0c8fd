import { sql } from "kysely";
import type { StoreContext } from "../database/context.ts";
import { prepareSchema } from "../database/prepare-schema.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import type { PostgresUri } from "../database/uri.ts";
import { postgresTarget } from "./connection.ts";
import { explainPostgresOpening } from "./errors.ts";
import { MLFLOW_SCHEMA } from "./mlflow-schema.ts";
import { chooseTls, postgresPool } from "./pool.ts";
import { postgresSession } from "./postgres-session.ts";

/** Any number, the same for all of our processes: who holds it prepares the schema, the others wait. */
const PREPARING = 3_748_201_956;

/**
 * Opens MLflow's schema in a PostgreSQL database, creating the schema when the database is empty. A database of another
 * revision, or of something else, is refused with INVALID_STATE and left as it is.
 */
export async function openPostgresDatabase(uri: PostgresUri, context: StoreContext): Promise<Session> {
  const target = postgresTarget(uri, process.env);
  let db: Database | undefined;
  try {
    const pool = postgresPool(target, await chooseTls(target));
    const { load } = pool;
    db = pool.db;
    await db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${PREPARING})`.execute(transaction);
      const site = {
        name: `The PostgreSQL database ${target.name}`,
        db: transaction,
        mlflowSchema: MLFLOW_SCHEMA,
        tables: () => relations(transaction, ["r", "p"]),
        indexes: () => relations(transaction, ["i"]),
        run: async (statements: string) => void (await sql.raw(statements).execute(transaction)),
      };
      await prepareSchema(site, context);
    });
    context.meter?.watch(load);
    return postgresSession(target.name, db, context.meter);
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    throw explainPostgresOpening(error, target.name);
  }
}

/** Names in the schema that new tables go to, without those that an extension has brought. */
async function relations(db: Database, kinds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class as c
    where relnamespace = current_schema()::regnamespace and relkind = any(${kinds}::"char"[])
      and not exists (select 1 from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
  `.execute(db);
  return new Set(rows.map((row) => row.name));
}
