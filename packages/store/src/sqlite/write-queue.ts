import type { DatabaseMeter } from "../database/meter.ts";
import type { Database } from "../database/tables.ts";
import { beginImmediate } from "./begin.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { LibsqlDatabase } from "./libsql-database.ts";
import type { Disk } from "./write-ahead-log.ts";

interface Job {
  readonly run: (db: Database) => Promise<void>;
  readonly commit: () => void;
  readonly fail: (error: unknown) => void;
}

const MAX_GROUP = 200;
/** Groups that may be on their way to the disk at once. */
const MOST_SYNCS = 2;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Lasting {
  readonly disk: Disk;
  readonly checkpoints?: Checkpoints | undefined;
  readonly meter?: DatabaseMeter | undefined;
}

/**
 * Group commit: the writes that wait at the same time share one transaction and one fsync, each in a savepoint of its
 * own. A write that fails takes back only itself; a promise resolves only when its group is on the disk. Requests are
 * read and answered while a group is on its way there.
 */
export class WriteQueue {
  readonly #writer: LibsqlDatabase;
  readonly #db: Database;
  readonly #lasting: Lasting;
  readonly #syncing = new Set<Promise<void>>();
  #waiting: Job[] = [];
  #draining: Promise<void> | undefined;

  constructor(writer: LibsqlDatabase, db: Database, lasting: Lasting) {
    this.#writer = writer;
    this.#db = db;
    this.#lasting = lasting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  write<T>(work: (db: Database) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let commit = (): void => {};
      this.#waiting.push({
        run: async (db) => {
          const value = await work(db);
          commit = () => resolve(value);
        },
        commit: () => commit(),
        fail: reject,
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#draining;
    await Promise.all(this.#syncing);
  }

  async #drain(): Promise<void> {
    // One turn of the event loop lets the requests that arrived together join the same group.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP);
      try {
        const begun = performance.now();
        const written = await this.#db.connection().execute((connection) => this.#commit(connection, group));
        if (written.length > 0) this.#makeLast(written, begun);
      } catch (error) {
        for (const job of group) job.fail(error);
      }
      this.#lasting.checkpoints?.committed();
      await nextTurn();
      while (this.#syncing.size >= MOST_SYNCS) await Promise.race(this.#syncing);
    }
    this.#draining = undefined;
  }

  #makeLast(written: readonly Job[], begun: number): void {
    const { disk, meter } = this.#lasting;
    const syncing = disk
      .sync()
      .then(
        () => {
          meter?.committed(written.length, (performance.now() - begun) / 1000);
          for (const job of written) job.commit();
        },
        (error) => {
          for (const job of written) job.fail(error);
        },
      )
      .finally(() => this.#syncing.delete(syncing));
    this.#syncing.add(syncing);
  }

  /** Answers those of the group that were written. */
  async #commit(db: Database, group: readonly Job[]): Promise<readonly Job[]> {
    const writer = this.#writer;
    await beginImmediate(async () => writer.run("begin immediate"));
    const written: Job[] = [];
    try {
      for (const job of group) {
        const refusal = await (group.length === 1 ? attempt(db, job) : attemptInSavepoint(writer, db, job));
        if (refusal === undefined) written.push(job);
        else job.fail(refusal.error);
      }
      writer.run(group.length === 1 && written.length === 0 ? "rollback" : "commit");
    } catch (error) {
      try {
        // SQLite has already rolled back when the disk is full; a second rollback would only hide the first error.
        writer.run("rollback");
      } catch {}
      throw error;
    }
    return written;
  }
}

async function attempt(db: Database, job: Job): Promise<{ error: unknown } | undefined> {
  try {
    await job.run(db);
    return undefined;
  } catch (error) {
    return { error };
  }
}

async function attemptInSavepoint(
  writer: LibsqlDatabase,
  db: Database,
  job: Job,
): Promise<{ error: unknown } | undefined> {
  writer.run("savepoint esteira_write");
  const refusal = await attempt(db, job);
  if (refusal !== undefined) writer.run("rollback to esteira_write");
  writer.run("release esteira_write");
  return refusal;
}
