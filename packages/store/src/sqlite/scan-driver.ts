import { type CompiledQuery, type DatabaseConnection, type Driver, Kysely, type QueryResult } from "kysely";
import { sqliteDialectOver } from "../database/dialect.ts";
import type { Database, Tables } from "../database/tables.ts";
import { bindable } from "./libsql-database.ts";
import { ScanThread } from "./scan-thread.ts";

/** More would take the processor from the thread that answers. */
const MOST_THREADS = 2;

/** The same file as a database whose statements run on threads of their own, which start when they are first needed. */
export const overThreads = (file: string, pragmas: readonly string[]): Database =>
  new Kysely<Tables>({ dialect: sqliteDialectOver(() => new ScanDriver(file, pragmas)) });

class ScanDriver implements Driver {
  readonly #file: string;
  readonly #pragmas: readonly string[];
  readonly #free: ScanConnection[] = [];
  readonly #waiting: ((connection: ScanConnection) => void)[] = [];
  #started = 0;
  #isClosed = false;

  constructor(file: string, pragmas: readonly string[]) {
    this.#file = file;
    this.#pragmas = pragmas;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#started < MOST_THREADS) return this.#start();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** A thread that has died is replaced. */
  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (!(connection instanceof ScanConnection)) return;
    if (this.#isClosed) return connection.thread.close();
    let next = connection;
    if (!connection.thread.isAlive) {
      this.#started -= 1;
      if (this.#waiting.length === 0) return;
      next = this.#start();
    }
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#free.push(next);
    else waiting(next);
  }

  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return execute(connection, "begin");
  }
  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return execute(connection, "commit");
  }
  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return execute(connection, "rollback");
  }

  async destroy(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#free.splice(0).map((connection) => connection.thread.close()));
  }

  #start(): ScanConnection {
    this.#started += 1;
    return new ScanConnection(new ScanThread(this.#file, this.#pragmas));
  }
}

async function execute(connection: DatabaseConnection, sql: string): Promise<void> {
  if (connection instanceof ScanConnection) await connection.thread.run(sql, []);
}

class ScanConnection implements DatabaseConnection {
  readonly thread: ScanThread;

  constructor(thread: ScanThread) {
    this.thread = thread;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    // The caller says what the rows of its statement are.
    return { rows: (await this.thread.run(sql, parameters.map(bindable))) as unknown as R[] };
  }

  // biome-ignore lint/correctness/useYield: rows of a scan come at once.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("A scan gives its rows at once.");
  }
}
