import { invalid } from "@esteira/core/errors";
import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { PostgresUri } from "../../database/uri.ts";
import { postgresTarget } from "../../postgres/connection.ts";
import { explainPostgresError, explainPostgresOpening } from "../../postgres/errors.ts";
import { MLFLOW_SCHEMA } from "../../postgres/mlflow-schema.ts";
import { chooseTls, postgresPool } from "../../postgres/pool.ts";
import { type Copied, olderRevision, type UpgradeSite, upgradeRows } from "./upgrade.ts";

/**
 * Upgrades a PostgreSQL database in one transaction. The old tables move as they are into the schema `backup`, which must not
 * be there yet, and stay in it. Undefined when the database has the new revision already.
 */
export async function upgradePostgres(uri: PostgresUri, backup: string): Promise<Copied | undefined> {
  const target = postgresTarget(uri, process.env);
  const name = `The PostgreSQL database ${target.name}`;
  let db: Database;
  try {
    ({ db } = postgresPool(target, await chooseTls(target)));
  } catch (error) {
    throw explainPostgresOpening(error, target.name);
  }
  try {
    return await db.transaction().execute(async (transaction) => {
      const revision = await olderRevision(name, transaction);
      if (revision === undefined) return undefined;
      const { rows } = await sql`select 1 from pg_namespace where nspname = ${backup}`.execute(transaction);
      if (rows.length > 0) throw invalid(`${name} has a schema ${backup} already: choose another for the old tables.`);
      // Nobody writes to a table between its copy and its move.
      await sql`lock table alembic_version, experiments in access exclusive mode`.execute(transaction);
      const copied = await upgradeRows(siteOf(name, transaction, backup), revision);
      await sql`
        select setval(pg_get_serial_sequence('experiments', 'experiment_id'), greatest(max(experiment_id), 1))
        from experiments`.execute(transaction);
      return copied;
    });
  } catch (error) {
    throw explainPostgresError(error, target.name);
  } finally {
    await db.destroy();
  }
}

const siteOf = (name: string, db: Database, backup: string): UpgradeSite => ({
  name,
  db,
  mlflowSchema: MLFLOW_SCHEMA,
  tables: async () => {
    const { rows } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = current_schema()`.execute(db);
    return rows.map((row) => row.name);
  },
  columns: async (table) => {
    const [schema, plain] = table.includes(".") ? table.split(".") : [undefined, table];
    const { rows } = await sql<{ name: string }>`
      select column_name as name from information_schema.columns
      where table_schema = coalesce(${schema ?? null}, current_schema()) and table_name = ${plain}`.execute(db);
    return rows.map((row) => row.name);
  },
  setAside: async (tables) => {
    await sql`create schema ${sql.id(backup)}`.execute(db);
    for (const table of tables) {
      await sql`alter table ${sql.table(table)} set schema ${sql.id(backup)}`.execute(db);
    }
    const { rows } = await sql<{ name: string }>`
      select proname as name from pg_proc
      where pronamespace = current_schema()::regnamespace and proname = 'prevent_secrets_aad_mutation'`.execute(db);
    for (const { name: trigger } of rows) {
      await sql`alter function ${sql.id(trigger)}() set schema ${sql.id(backup)}`.execute(db);
    }
    return (table) => `${backup}.${table}`;
  },
  run: async (statements) => void (await sql.raw(statements).execute(db)),
});
