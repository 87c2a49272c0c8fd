import { close, closeSync, fdatasync, fsyncSync, openSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

const dataSync = promisify(fdatasync);
const closeFile = promisify(close);

/** What makes commits last. */
export interface Disk {
  /** Resolves when everything that was committed before the call is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** For a database in memory there is none. */
export const NO_DISK: Disk = { sync: async () => {}, close: async () => {} };

/**
 * The write-ahead log of a SQLite file that some connection of this process keeps open. Committing with synchronous=NORMAL
 * appends to it without waiting; waiting here instead of in SQLite leaves the thread that answers free meanwhile. SQLite
 * holds no locks on this file, so to open and close it beside SQLite is harmless.
 */
export class WriteAheadLog implements Disk {
  readonly #file: string;
  #descriptor: number | undefined;
  #fault: unknown;

  constructor(database: string) {
    this.#file = database;
  }

  async sync(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      this.#descriptor ??= openLog(realpathSync(this.#file));
      await dataSync(this.#descriptor);
    } catch (error) {
      // The system may have forgotten what it could not write, and a later success would say nothing about it.
      this.#fault ??= Object.assign(new Error(`${this.#file}-wal cannot be written to the disk`, { cause: error }), {
        code: "SQLITE_IOERR_FSYNC",
      });
      throw this.#fault;
    }
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) await closeFile(descriptor);
  }
}

/** The log of a file (SQLite names it after what a link leads to), its name in the folder brought to the disk first. */
function openLog(database: string): number {
  const log = openSync(`${database}-wal`, "r+");
  // Where folders cannot be opened (Windows), the system sees to their names itself.
  if (process.platform !== "win32") {
    const folder = openSync(dirname(database), "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
  return log;
}
