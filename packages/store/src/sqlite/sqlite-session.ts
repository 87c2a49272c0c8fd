import { sql } from "kysely";
import type { DatabaseMeter } from "../database/meter.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { explainSqliteError } from "./errors.ts";
import { type LibsqlDatabase, overLibsql } from "./libsql-database.ts";
import { WriteQueue } from "./write-queue.ts";

interface Connections {
  readonly writer: LibsqlDatabase;
  readonly reader: LibsqlDatabase;
  /** Absent in memory, which other connections cannot see. */
  readonly scans?: Database | undefined;
}

/**
 * A session over one connection that writes, one that reads, and some that read on threads of their own (`scans`). Readers
 * see only what was committed; in memory there is one connection, and reading waits for writing.
 */
export function sqliteSession(path: string, { writer, reader, scans }: Connections, meter?: DatabaseMeter): Session {
  const writing: Database = overLibsql(writer);
  const reading: Database = reader === writer ? writing : overLibsql(reader);
  const queue = new WriteQueue(writing, meter);
  meter?.watch(() => ({ waiting: queue.waiting }));
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explainSqliteError(error, path);
    }
  };
  const readIn =
    (database: Database) =>
    <T>(work: (db: Database) => Promise<T>): Promise<T> =>
      explained(
        database.connection().execute(async (db) => {
          await sql`begin`.execute(db);
          try {
            return await work(db);
          } finally {
            // A thread that has died has nothing to roll back, which must not hide why.
            await sql`rollback`.execute(db).catch(() => undefined);
          }
        }),
      );
  return {
    read: readIn(reading),
    scan: readIn(scans ?? reading),
    write: (work) => explained(queue.write(work)),
    close: async () => {
      await queue.idle();
      await scans?.destroy();
      // Folds the log into the file now: libsql lets a connection go only when its statements are collected. On a full disk the
      // log stays beside the file, and nothing that was committed is lost.
      if (reader !== writer) await sql`pragma wal_checkpoint(truncate)`.execute(writing).catch(() => undefined);
      await reading.destroy();
      if (reader !== writer) await writing.destroy();
      // Kysely closes a database only if it was ever used.
      reader.close();
      writer.close();
    },
  };
}
