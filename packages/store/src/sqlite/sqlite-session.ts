import { sql } from "kysely";
import type { DatabaseMeter } from "../database/meter.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { explainSqliteError } from "./errors.ts";
import { type LibsqlDatabase, overLibsql } from "./libsql-database.ts";
import type { Disk } from "./write-ahead-log.ts";
import { WriteQueue } from "./write-queue.ts";

interface Connections {
  readonly writer: LibsqlDatabase;
  readonly reader: LibsqlDatabase;
  readonly disk: Disk;
  /** These two are absent in memory, which other connections cannot see. */
  readonly scans?: Database | undefined;
  readonly checkpoints?: Checkpoints | undefined;
}

/**
 * A session over one connection that writes, one that reads, and some that read on threads of their own (`scans`). Readers
 * see only what was committed; in memory there is one connection, and reading waits for writing.
 */
export function sqliteSession(path: string, connections: Connections, meter?: DatabaseMeter): Session {
  const { writer, reader, scans, disk, checkpoints } = connections;
  const writing: Database = overLibsql(writer);
  const reading: Database = reader === writer ? writing : overLibsql(reader);
  const queue = new WriteQueue(writer, writing, { disk, checkpoints, meter });
  meter?.watch(() => ({ waiting: queue.waiting }));
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explainSqliteError(error, path);
    }
  };
  /** One state of the database for the whole of the work. */
  const inOneState = async <T>(work: Promise<T>, end: () => unknown): Promise<T> => {
    try {
      return await work;
    } finally {
      await end();
    }
  };
  const read = <T>(work: (db: Database) => Promise<T>): Promise<T> =>
    explained(
      reading.connection().execute(async (db) => {
        reader.run("begin");
        return inOneState(work(db), () => reader.run("rollback"));
      }),
    );
  const scan = <T>(threads: Database, work: (db: Database) => Promise<T>): Promise<T> =>
    explained(
      threads.connection().execute(async (db) => {
        await sql`begin`.execute(db);
        // A thread that has died has nothing to roll back, which must not hide why.
        return inOneState(work(db), () => sql`rollback`.execute(db).catch(() => undefined));
      }),
    );
  return {
    read,
    readOnce: (work) => explained(work(reading)),
    scan: (work) => (scans === undefined ? read(work) : scan(scans, work)),
    write: (work) => explained(queue.write(work)),
    writeShared: (work) => explained(queue.writeShared(work)),
    close: async () => {
      await queue.idle();
      await checkpoints?.close();
      await scans?.destroy();
      // Folds the log into the file now: libsql lets a connection go only when its statements are collected. On a full disk the
      // log stays beside the file, and nothing that was committed is lost.
      if (reader !== writer) await sql`pragma wal_checkpoint(truncate)`.execute(writing).catch(() => undefined);
      await reading.destroy();
      if (reader !== writer) await writing.destroy();
      // Kysely closes a database only if it was ever used.
      reader.close();
      writer.close();
      await disk.close();
    },
  };
}
