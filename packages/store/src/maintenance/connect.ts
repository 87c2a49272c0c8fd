import { existsSync } from "node:fs";
import { EsteiraError } from "@esteira/core/errors";
import Libsql from "libsql";
import type { Database } from "../database/tables.ts";
import { parseBackendUri } from "../database/uri.ts";
import { postgresTarget } from "../postgres/connection.ts";
import { explainPostgresOpening } from "../postgres/errors.ts";
import { chooseTls, postgresPool } from "../postgres/pool.ts";
import { LibsqlDatabase, overLibsql } from "../sqlite/libsql-database.ts";

/** A database that is there already, for work that neither creates nor prepares anything in it. */
export interface ExistingDatabase {
  /** For messages; without a password. */
  readonly name: string;
  readonly db: Database;
  close(): Promise<void>;
}

/** @throws EsteiraError INVALID_STATE when there is no such database, or it cannot be reached. */
export async function connectExisting(uri: string): Promise<ExistingDatabase> {
  const parsed = parseBackendUri(uri);
  if (parsed.kind === "sqlite") {
    if (!existsSync(parsed.path)) {
      throw new EsteiraError("INVALID_STATE", `There is no database ${parsed.path}: check --backend-store-uri.`);
    }
    const database = new LibsqlDatabase(new Libsql(parsed.path));
    database.exec("PRAGMA busy_timeout = 5000");
    return { name: parsed.path, db: overLibsql(database), close: async () => database.close() };
  }
  const target = postgresTarget(parsed, process.env);
  try {
    const { db } = postgresPool(target, await chooseTls(target));
    return { name: target.name, db, close: () => db.destroy() };
  } catch (error) {
    throw explainPostgresOpening(error, target.name);
  }
}
