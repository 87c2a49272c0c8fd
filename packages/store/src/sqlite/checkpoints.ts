import type { LibsqlDatabase } from "./libsql-database.ts";
import { ScanThread } from "./scan-thread.ts";

/** Rows that may have changed before the log is folded into the file, and the time between two foldings. */
const MANY_ROWS = 2000;
const PAUSE_MS = 500;
/**
 * So many are folded whenever they have come. A log that has grown long costs those that write more: the file system makes it
 * longer, and its pages have left the processor's caches when they are written again.
 */
const MOST_ROWS = 16_000;
const FOLD = "pragma wal_checkpoint(passive)";

/**
 * Folds the write-ahead log into the database's file while writing goes on: a thread writes most of it, and the writer
 * only what was added meanwhile, after which its next commit begins the log anew.
 */
export class Checkpoints {
  readonly #writer: LibsqlDatabase;
  readonly #file: string;
  readonly #pragmas: readonly string[];
  #thread: ScanThread | undefined;
  #folding: Promise<void> | undefined;
  #isFolded = false;
  #rows = 0;
  #begun = performance.now();

  constructor(writer: LibsqlDatabase, file: string, pragmas: readonly string[]) {
    this.#writer = writer;
    this.#file = file;
    this.#pragmas = pragmas;
  }

  /** To be called between two transactions of the writer. */
  committed(): void {
    if (this.#folding !== undefined) return;
    if (this.#isFolded) {
      this.#isFolded = false;
      this.#foldRest();
    }
    const rows = this.#writer.changes();
    const changed = rows - this.#rows;
    if (changed < MANY_ROWS || (changed < MOST_ROWS && performance.now() - this.#begun < PAUSE_MS)) return;
    this.#rows = rows;
    this.#begun = performance.now();
    this.#folding = this.#fold();
  }

  async close(): Promise<void> {
    await this.#folding;
    await this.#thread?.close();
  }

  #foldRest(): void {
    try {
      this.#writer.run(FOLD);
    } catch {}
  }

  /** What fails here SQLite does by itself, when its log has grown long. */
  async #fold(): Promise<void> {
    try {
      if (this.#thread?.isAlive !== true) this.#thread = new ScanThread(this.#file, this.#pragmas);
      await this.#thread.run(FOLD, []);
      this.#isFolded = true;
    } catch {
    } finally {
      this.#folding = undefined;
    }
  }
}
