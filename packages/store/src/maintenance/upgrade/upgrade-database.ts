import { createContext } from "../../database/context.ts";
import { parseBackendUri } from "../../database/uri.ts";
import { openSession } from "../../open.ts";
import { upgradePostgres } from "./postgres.ts";
import { upgradeSqlite } from "./sqlite.ts";
import type { Copied } from "./upgrade.ts";

/**
 * Brings a database of an older MLflow to the schema of MLflow 3.17, in one transaction, and keeps the old tables: in a file
 * for SQLite, in a schema of the database for PostgreSQL. Gives the rows that were copied; undefined when there was nothing to do.
 */
export async function upgradeDatabase(uri: string, backup: string): Promise<Copied | undefined> {
  const parsed = parseBackendUri(uri);
  const copied =
    parsed.kind === "sqlite" ? await upgradeSqlite(parsed.path, backup) : await upgradePostgres(parsed, backup);
  if (copied !== undefined) {
    // What is Esteira's beside it.
    await (await openSession(uri, createContext({ artifactRoot: "mlflow-artifacts:/" }))).close();
  }
  return copied;
}
