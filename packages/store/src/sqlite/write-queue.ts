import type { DatabaseMeter } from "../database/meter.ts";
import type { SharedWork } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { beginImmediate } from "./begin.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { LibsqlDatabase } from "./libsql-database.ts";
import type { Disk } from "./write-ahead-log.ts";

interface Job {
  readonly run: (db: Database) => Promise<void>;
  /** What can be written in one go with those that stand beside it and have the same `together`. */
  readonly shared?: SharedWork | undefined;
  readonly commit: () => void;
  readonly fail: (error: unknown) => void;
}

const MAX_GROUP = 200;
/** Groups that may be on their way to the disk at once. */
const MOST_SYNCS = 2;
/** So long a group waits for the next of those that are likely to come, and so long for all of them. */
const GATHER_MS = 2;
const MOST_GATHER_MS = 6;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Lasting {
  readonly disk: Disk;
  readonly checkpoints?: Checkpoints | undefined;
  readonly meter?: DatabaseMeter | undefined;
}

/**
 * Group commit: the writes that wait at the same time share one transaction and one fsync, each in a savepoint of its
 * own. A write that fails takes back only itself; a promise resolves only when its group is on the disk. Requests are
 * read and answered while a group is on its way there. Works that can be shared and stand beside each other are written
 * by the statements of one; when that fails, each is written alone.
 */
export class WriteQueue {
  readonly #writer: LibsqlDatabase;
  readonly #db: Database;
  readonly #lasting: Lasting;
  readonly #syncing = new Set<Promise<void>>();
  #waiting: Job[] = [];
  #draining: Promise<void> | undefined;
  /** Writes that were under way when the last group began: so many clients are writing. */
  #writers = 0;
  /** Writes of the groups that are on their way to the disk. */
  #leaving = 0;
  /** Is told of what comes while a group waits. */
  #gathering: { readonly arrived: () => void } | undefined;

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
      this.#arrived();
    });
  }

  writeShared(work: SharedWork): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run: (db) => work.alone(db), shared: work, commit: resolve, fail: reject });
      this.#arrived();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#draining;
    await Promise.all(this.#syncing);
  }

  #arrived(): void {
    this.#draining ??= this.#drain();
    this.#gathering?.arrived();
  }

  /**
   * Who was answered a moment ago often writes again at once. A group of all is less work than two of halves: a commit and its way
   * to the disk cost about as much as ten small writes. Those who come over new connections come one after the other, so each that
   * comes gives the next its time.
   */
  async #gather(): Promise<void> {
    if (this.#waiting.length < this.#writers) {
      const latest = performance.now() + MOST_GATHER_MS;
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, GATHER_MS);
        this.#gathering = {
          arrived: () => {
            if (this.#waiting.length < this.#writers && performance.now() < latest) return void late.refresh();
            clearTimeout(late);
            resolve();
          },
        };
      });
      this.#gathering = undefined;
    }
    this.#writers = this.#waiting.length + this.#leaving;
  }

  async #drain(): Promise<void> {
    // One turn of the event loop lets the requests that arrived together join the same group.
    await nextTurn();
    while (this.#waiting.length > 0) {
      await this.#gather();
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
    this.#leaving += written.length;
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
      .finally(() => {
        this.#leaving -= written.length;
        this.#syncing.delete(syncing);
      });
    this.#syncing.add(syncing);
  }

  /** Answers those of the group that were written. */
  async #commit(db: Database, group: readonly Job[]): Promise<readonly Job[]> {
    const writer = this.#writer;
    const begin = () => beginImmediate(async () => writer.run("begin immediate"));
    await begin();
    try {
      const units = unitsOf(group);
      if (units.length === 1) {
        if (await attempt(db, group)) {
          writer.run("commit");
          return group;
        }
        writer.run("rollback");
        if (group.length === 1) return [];
        await begin();
      }
      const written = await this.#writeEach(db, units);
      writer.run("commit");
      return written;
    } catch (error) {
      try {
        // SQLite has already rolled back when the disk is full; a second rollback would only hide the first error.
        writer.run("rollback");
      } catch {}
      throw error;
    }
  }

  async #writeEach(db: Database, units: readonly (readonly Job[])[]): Promise<readonly Job[]> {
    const written: Job[] = [];
    for (const unit of units) {
      if (await attemptInSavepoint(this.#writer, db, unit)) {
        written.push(...unit);
        continue;
      }
      if (unit.length === 1) continue;
      for (const job of unit) if (await attemptInSavepoint(this.#writer, db, [job])) written.push(job);
    }
    return written;
  }
}

/** Neighbours that can be written together, together. */
function unitsOf(group: readonly Job[]): readonly (readonly Job[])[] {
  const units: Job[][] = [];
  for (const job of group) {
    const last = units.at(-1);
    if (last !== undefined && job.shared !== undefined && last[0]?.shared?.together === job.shared.together)
      last.push(job);
    else units.push([job]);
  }
  return units;
}

/** Whether the unit was written. A job that was alone has then failed for its own reason; of several nobody knows which one did. */
async function attempt(db: Database, unit: readonly Job[]): Promise<boolean> {
  const [first] = unit;
  try {
    if (unit.length > 1)
      await first?.shared?.together(
        db,
        unit.flatMap(({ shared }) => shared ?? []),
      );
    else await first?.run(db);
    return true;
  } catch (error) {
    if (unit.length === 1) first?.fail(error);
    return false;
  }
}

async function attemptInSavepoint(writer: LibsqlDatabase, db: Database, unit: readonly Job[]): Promise<boolean> {
  writer.run("savepoint esteira_write");
  const isWritten = await attempt(db, unit);
  if (!isWritten) writer.run("rollback to esteira_write");
  writer.run("release esteira_write");
  return isWritten;
}
