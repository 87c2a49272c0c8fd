import { sql } from "kysely";
import type { DatabaseMeter } from "../database/meter.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { explainSqliteError } from "./errors.ts";
import { type LibsqlDatabase, overLibsql } from "./libsql-database.ts";
import { WriteQueue } from "./write-queue.ts";

/**
 * A session over one connection that writes and one that reads. The reader sees only what was committed; in memory
 * there is one connection, and reading waits for writing.
 */
export function sqliteSession(
  path: string,
  writer: LibsqlDatabase,
  reader: LibsqlDatabase,
  meter?: DatabaseMeter,
): Session {
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
  return {
    read: (work) =>
      explained(
        reading.connection().execute(async (db) => {
          await sql`begin`.execute(db);
          try {
            return await work(db);
          } finally {
            await sql`rollback`.execute(db);
          }
        }),
      ),
    write: (work) => explained(queue.write(work)),
    close: async () => {
      await queue.idle();
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
