import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import Libsql from "libsql";
import type { StoreContext } from "../database/context.ts";
import { codeOf } from "../database/errors.ts";
import { prepareSchema } from "../database/prepare-schema.ts";
import type { Session } from "../database/session.ts";
import { MEMORY } from "../database/uri.ts";
import { beginImmediate } from "./begin.ts";
import { Checkpoints } from "./checkpoints.ts";
import { explainSqliteError } from "./errors.ts";
import { LibsqlDatabase, overLibsql } from "./libsql-database.ts";
import { MLFLOW_SCHEMA } from "./mlflow-schema.ts";
import { overThreads } from "./scan-driver.ts";
import { sqliteSession } from "./sqlite-session.ts";
import { NO_DISK, WriteAheadLog } from "./write-ahead-log.ts";

const BUSY_MILLISECONDS = 5000;
const READING = "PRAGMA case_sensitive_like = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768";
const SCANNING = [`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`, `PRAGMA query_only = ON; ${READING}`];

const FOLDING = [`PRAGMA busy_timeout = ${BUSY_MILLISECONDS}`];
/**
 * NORMAL: a commit does not wait for the disk; the queue of writes does, before it lets a promise resolve. So much of the log
 * (in pages) the writer folds into the file by itself, if the thread that does it cannot keep up.
 */
const WRITING = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 32768";

/**
 * Opens MLflow's schema in a SQLite file, creating file and schema when there are none. A file of another revision,
 * or of something else, is refused with INVALID_STATE and left as it is.
 */
export async function openSqliteDatabase(path: string, context: StoreContext): Promise<Session> {
  const file = path === MEMORY ? path : resolve(path);
  const opened: LibsqlDatabase[] = [];
  try {
    if (file !== MEMORY) mkdirSync(dirname(file), { recursive: true });
    const writer = connect(file, opened);
    await prepare(writer, file, context);
    if (file === MEMORY) return sqliteSession(path, { writer, reader: writer, disk: NO_DISK }, context.meter);
    const reader = connect(file, opened);
    writer.exec(WRITING);
    const scans = overThreads(file, SCANNING);
    const checkpoints = new Checkpoints(writer, file, FOLDING);
    return sqliteSession(path, { writer, reader, scans, checkpoints, disk: new WriteAheadLog(file) }, context.meter);
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
  database.exec(READING);
  return database;
}

async function prepare(database: LibsqlDatabase, file: string, context: StoreContext): Promise<void> {
  const names = async (type: "table" | "index"): Promise<ReadonlySet<string>> =>
    new Set(
      database
        .prepare("select name from sqlite_master where type = ? and name not like 'sqlite_%'")
        .all([type])
        .map((row) => (typeof row === "object" && row !== null && "name" in row ? String(row.name) : "")),
    );
  // From here on this connection waits by itself: see `beginImmediate`.
  database.exec("PRAGMA busy_timeout = 0");
  await beginImmediate(async () => database.exec("BEGIN IMMEDIATE"));
  try {
    const site = {
      name: `The SQLite database ${file}`,
      db: overLibsql(database),
      mlflowSchema: MLFLOW_SCHEMA,
      tables: () => names("table"),
      indexes: () => names("index"),
      run: async (statements: string) => database.exec(statements),
    };
    await prepareSchema(site, context);
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** SQLite has already rolled back when the disk is full; that there is nothing left to roll back must not hide the first error. */
function rollBack(database: LibsqlDatabase): void {
  try {
    database.exec("ROLLBACK");
  } catch {}
}

const UNREACHABLE = new Set<unknown>(["SQLITE_CANTOPEN", "EACCES", "ENOTDIR", "EEXIST", "EROFS"]);

function explainOpening(error: unknown, path: string): unknown {
  const code = codeOf(error);
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
