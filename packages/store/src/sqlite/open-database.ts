import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import Libsql from "libsql";
import { joinUri, type StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { explainSqliteError } from "./errors.ts";
import { ESTEIRA_SCHEMA } from "./esteira-schema.ts";
import { LibsqlDatabase } from "./libsql-database.ts";
import { MLFLOW_REVISION, MLFLOW_SCHEMA } from "./mlflow-schema.ts";
import { sqliteSession } from "./sqlite-session.ts";

const BUSY_MILLISECONDS = 5000;
const MEMORY = ":memory:";

/**
 * Opens MLflow's schema in a SQLite file, creating file and schema when there are none. A file of another revision,
 * or of something else, is refused with INVALID_STATE and left as it is.
 */
export function openSqliteDatabase(path: string, context: StoreContext): Session {
  const file = path === MEMORY ? path : resolve(path);
  const opened: LibsqlDatabase[] = [];
  try {
    if (file !== MEMORY) mkdirSync(dirname(file), { recursive: true });
    const writer = connect(file, opened);
    prepareSchema(writer, file, context);
    const reader = file === MEMORY ? writer : connect(file, opened);
    return sqliteSession(path, writer, reader);
  } catch (error) {
    for (const database of opened) database.close();
    throw explainOpening(error, path);
  }
}

function connect(file: string, opened: LibsqlDatabase[]): LibsqlDatabase {
  const database = new LibsqlDatabase(new Libsql(file));
  opened.push(database);
  database.exec(`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`);
  // FULL: a commit is on the disk, not only in the system's cache, before its promise resolves.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
  database.exec("PRAGMA case_sensitive_like = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768");
  return database;
}

function prepareSchema(database: LibsqlDatabase, file: string, context: StoreContext): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
      .all([]);
    if (tables.length === 0) createSchema(database, context);
    else assertRevision(database, file);
    database.exec(ESTEIRA_SCHEMA);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function createSchema(database: LibsqlDatabase, context: StoreContext): void {
  database.exec(MLFLOW_SCHEMA);
  const now = context.clock();
  const insert = (sql: string, ...values: readonly unknown[]): void => {
    database.prepare(sql).run(values);
  };
  insert("insert into alembic_version (version_num) values (?)", MLFLOW_REVISION);
  insert("insert into workspaces (name, description) values ('default', 'Default workspace for legacy resources')");
  insert(
    `insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
     values (0, 'Default', ?, 'active', ?, ?)`,
    joinUri(context.artifactRoot, "0"),
    now,
    now,
  );
}

function assertRevision(database: LibsqlDatabase, file: string): void {
  const known = database
    .prepare("select 1 from sqlite_master where type = 'table' and name = 'alembic_version'")
    .all([]);
  if (known.length === 0) {
    throw new EsteiraError(
      "INVALID_STATE",
      `${file} is a SQLite database but not MLflow's: it has tables and no alembic_version; choose another file.`,
    );
  }
  const revisions = database.prepare("select version_num from alembic_version").all([]).map(versionOf);
  if (revisions.length === 1 && revisions[0] === MLFLOW_REVISION) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `The database ${file} has the schema revision ${revisions.join(", ") || "(none)"}, and Esteira works with ${MLFLOW_REVISION} (MLflow 3.17): upgrade it with \`mlflow db upgrade\` of MLflow 3.17, or choose another file.`,
  );
}

const versionOf = (row: unknown): string =>
  typeof row === "object" && row !== null && "version_num" in row ? String(row.version_num) : "";

const UNREACHABLE = new Set<unknown>(["SQLITE_CANTOPEN", "EACCES", "ENOTDIR", "EEXIST", "EROFS"]);

function explainOpening(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "SQLITE_NOTADB") {
    return new EsteiraError("INVALID_STATE", `${path} is not a SQLite database: choose another file.`, {
      cause: error,
    });
  }
  // libsql gives its own failures to open a file no code.
  if (UNREACHABLE.has(code) || (error instanceof Error && error.message.startsWith("ConnectionFailed"))) {
    return new EsteiraError(
      "INVALID_STATE",
      `The database ${path} cannot be opened: check that it is a file, and that its folder exists and may be written.`,
      { cause: error },
    );
  }
  return explainSqliteError(error, path);
}
