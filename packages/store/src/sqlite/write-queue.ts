import { sql } from "kysely";
import type { DatabaseMeter } from "../database/meter.ts";
import type { Database } from "../database/tables.ts";
import { beginImmediate } from "./begin.ts";

interface Job {
  readonly run: (db: Database) => Promise<void>;
  readonly commit: () => void;
  readonly fail: (error: unknown) => void;
}

const MAX_GROUP = 200;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Group commit: the writes that wait at the same time share one transaction and one fsync, each in a savepoint of its
 * own. A write that fails takes back only itself; a promise resolves only after the commit of its group.
 */
export class WriteQueue {
  readonly #db: Database;
  readonly #meter: DatabaseMeter | undefined;
  #waiting: Job[] = [];
  #draining: Promise<void> | undefined;

  constructor(db: Database, meter?: DatabaseMeter) {
    this.#db = db;
    this.#meter = meter;
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
  }

  async #drain(): Promise<void> {
    // One turn of the event loop lets the requests that arrived together join the same group.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP);
      try {
        const begun = performance.now();
        const written = await this.#db.connection().execute((connection) => runGroup(connection, group));
        if (written > 0) this.#meter?.committed(written, (performance.now() - begun) / 1000);
      } catch (error) {
        for (const job of group) job.fail(error);
      }
      await nextTurn();
    }
    this.#draining = undefined;
  }
}

/** Answers how many of the group were written. */
async function runGroup(db: Database, group: readonly Job[]): Promise<number> {
  await beginImmediate(() => sql`begin immediate`.execute(db));
  const written: Job[] = [];
  try {
    for (const job of group) {
      const refusal = group.length === 1 ? await attempt(db, job) : await attemptInSavepoint(db, job);
      if (refusal === undefined) written.push(job);
      else job.fail(refusal.error);
    }
    await (group.length === 1 && written.length === 0 ? sql`rollback` : sql`commit`).execute(db);
  } catch (error) {
    // SQLite has already rolled back when the disk is full; a second rollback would only hide the first error.
    await sql`rollback`.execute(db).catch(() => undefined);
    throw error;
  }
  for (const job of written) job.commit();
  return written.length;
}

async function attempt(db: Database, job: Job): Promise<{ error: unknown } | undefined> {
  try {
    await job.run(db);
    return undefined;
  } catch (error) {
    return { error };
  }
}

async function attemptInSavepoint(db: Database, job: Job): Promise<{ error: unknown } | undefined> {
  await sql`savepoint esteira_write`.execute(db);
  const refusal = await attempt(db, job);
  if (refusal !== undefined) await sql`rollback to esteira_write`.execute(db);
  await sql`release esteira_write`.execute(db);
  return refusal;
}
