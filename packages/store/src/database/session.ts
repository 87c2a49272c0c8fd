import type { Database } from "./tables.ts";

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
  close(): Promise<void>;
}
