import type { Database } from "./tables.ts";

/** A small write that is often one of many at the same time. */
export interface SharedWork {
  alone(db: Database): Promise<void>;
  /**
   * Does this work and others of its kind as if one came after the other, or throws, and then nothing of them must remain: each is done
   * alone. Works are of one kind when they have the same function here.
   */
  readonly together: (db: Database, works: readonly SharedWork[]) => Promise<void>;
}

/**
 * How the aggregates reach a database. `read` sees one consistent state for the whole of its work, and so does `scan`. `write` is one
 * transaction: when its promise resolves, the change is on disk; when the work throws, nothing of it remains. Work that
 * another writer gets in the way of is run again, so it must do nothing outside of the database.
 */
export interface Session {
  read<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /** `read` for work that is one statement, which sees one state by itself. */
  readOnce<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /**
   * `read` for work that grows with what is stored. SQLite works in the thread that calls it, so there it is done on
   * another one, and requests that take a moment do not wait for one that takes seconds.
   */
  scan<T>(work: (db: Database) => Promise<T>): Promise<T>;
  write<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /** `write` for work that may be done with its neighbours: SQLite has one writer at a time, who then has less to do. */
  writeShared(work: SharedWork): Promise<void>;
  close(): Promise<void>;
}
