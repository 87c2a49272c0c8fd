import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { sql } from "kysely";
import Libsql from "libsql";
import type { Database } from "../../database/tables.ts";
import { explainSqliteError } from "../../sqlite/errors.ts";
import { LibsqlDatabase, overLibsql } from "../../sqlite/libsql-database.ts";
import { MLFLOW_SCHEMA } from "../../sqlite/mlflow-schema.ts";
import { backUp } from "../backup.ts";
import { type Copied, olderRevision, type UpgradeSite, upgradeRows } from "./upgrade.ts";

const OLD = "old_before_upgrade_";

/**
 * Upgrades a SQLite file in one transaction, after a copy of it was put at `backup` (a file that is not there yet), with the
 * file locked for writing from before the copy to the end. Undefined when it has the new revision already.
 */
export async function upgradeSqlite(path: string, backup: string): Promise<Copied | undefined> {
  if (!existsSync(path)) throw new EsteiraError("INVALID_STATE", `There is no database ${path}.`);
  if (existsSync(backup)) throw invalid(`${backup} exists already: choose another file for the backup.`);
  const database = new LibsqlDatabase(new Libsql(path));
  const db = overLibsql(database);
  try {
    const revision = await olderRevision(path, db);
    if (revision === undefined) return undefined;
    // A table is renamed alone, without the keys of others that name it; and none is asked for while tables are exchanged.
    database.exec("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; PRAGMA busy_timeout = 5000");
    database.exec("BEGIN IMMEDIATE");
    try {
      // By a connection of its own, which sees what was committed; nobody commits while this one holds the lock.
      await backUp(`sqlite:///${resolve(path)}`, backup);
      const copied = await upgradeRows(siteOf(path, database, db), revision);
      for (const table of await tablesOf(db)) if (table.startsWith(OLD)) database.exec(`DROP TABLE "${table}"`);
      database.exec("COMMIT");
      return copied;
    } catch (error) {
      database.exec("ROLLBACK");
      // Nothing was changed: the copy is of no use.
      await rm(backup, { force: true });
      throw error;
    }
  } catch (error) {
    throw explainSqliteError(error, path);
  } finally {
    database.close();
  }
}

const siteOf = (name: string, database: LibsqlDatabase, db: Database): UpgradeSite => ({
  name,
  db,
  mlflowSchema: MLFLOW_SCHEMA,
  tables: () => tablesOf(db),
  columns: async (table: string) => {
    const { rows } = await sql<{ name: string }>`select name from pragma_table_info(${table})`.execute(db);
    return rows.map((row) => row.name);
  },
  setAside: async (tables: readonly string[]) => {
    // Names of indexes and triggers are those of the whole file: what belongs to an old table goes with it.
    const { rows } = await sql<{ type: string; name: string; tbl_name: string }>`
      select type, name, tbl_name from sqlite_master where type in ('index', 'trigger') and sql is not null`.execute(
      db,
    );
    for (const { type, name: owned, tbl_name } of rows) {
      if (tables.includes(tbl_name)) database.exec(`DROP ${type} "${owned}"`);
    }
    for (const table of tables) database.exec(`ALTER TABLE "${table}" RENAME TO "${OLD}${table}"`);
    return (table: string) => `${OLD}${table}`;
  },
  run: async (statements: string) => database.exec(statements),
});

async function tablesOf(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`.execute(db);
  return rows.map((row) => row.name);
}
