import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/**
 * What runs on the thread: plain JavaScript, since a thread has no TypeScript loader of its own. Integers beyond 2^53 come
 * exact, as on the main thread: see `libsql-database.ts`.
 */
const ON_THE_THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const Libsql = require(workerData.libsql);
const database = new Libsql(workerData.file);
for (const pragma of workerData.pragmas) database.exec(pragma);
const statements = new Map();
function prepare(sql) {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = database.prepare(sql);
  const wide = statement.reader && /^\\s*(select|with)\\b/i.test(sql)
    ? statement.columns().filter(({ type }) => type && type.toUpperCase() === "BIGINT").map(({ name }) => name)
    : [];
  const entry = { statement, wide };
  statements.set(sql, entry);
  if (statements.size > workerData.mostStatements) statements.delete(statements.keys().next().value);
  return entry;
}
function rowsOf({ statement, wide }, parameters) {
  if (!statement.reader) {
    statement.run(parameters);
    return [];
  }
  const rows = statement.all(parameters);
  const isRounded = (value) => typeof value === "number" && !Number.isSafeInteger(value);
  if (!rows.some((row) => wide.some((name) => isRounded(row[name])))) return rows;
  statement.safeIntegers(true);
  try {
    return statement.all(parameters).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) =>
        [name, typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value])));
  } finally {
    statement.safeIntegers(false);
  }
}
parentPort.on("message", (asked) => {
  if (asked === "close") {
    statements.clear();
    database.close();
    parentPort.close();
    return;
  }
  try {
    const rows = rowsOf(prepare(asked.sql), asked.parameters);
    // Bytes go over without a copy.
    const bytes = rows.length === 1 ? Object.values(rows[0]).filter((value) => value instanceof ArrayBuffer) : [];
    parentPort.postMessage({ rows }, bytes);
  } catch (error) {
    parentPort.postMessage({ fault: { message: String(error && error.message || error), code: error && error.code } });
  }
});
`;

const MOST_STATEMENTS = 100;

type Row = Readonly<Record<string, unknown>>;
type Reply =
  | { readonly rows: readonly Row[] }
  | { readonly fault: { readonly message: string; readonly code?: string } };

/** A connection to a SQLite file on a thread of its own: a statement there may take long, and holds nobody up. */
export class ScanThread {
  readonly #worker: Worker;
  #waiting: { resolve(rows: readonly Row[]): void; reject(reason: unknown): void } | undefined;
  #fault: unknown;

  constructor(file: string, pragmas: readonly string[]) {
    const libsql = createRequire(import.meta.url).resolve("libsql");
    this.#worker = new Worker(ON_THE_THREAD, {
      eval: true,
      workerData: { libsql, file, pragmas, mostStatements: MOST_STATEMENTS },
      // Not those of this process: a TypeScript loader would take longer to start than most scans.
      execArgv: [],
    });
    this.#worker.on("message", (reply: Reply) => {
      const waiting = this.#take();
      if ("rows" in reply) waiting?.resolve(reply.rows);
      else waiting?.reject(Object.assign(new Error(reply.fault.message), { code: reply.fault.code }));
    });
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (code) => this.#end(new Error(`The thread that reads ${file} ended with code ${code}.`)));
    this.#worker.unref();
  }

  /** Whether it still answers. */
  get isAlive(): boolean {
    return this.#fault === undefined;
  }

  /** One statement after the other. */
  run(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== undefined) return reject(this.#fault);
      this.#waiting = { resolve, reject };
      // An idle thread keeps no process alive, a busy one does.
      this.#worker.ref();
      this.#worker.postMessage({ sql, parameters });
    });
  }

  async close(): Promise<void> {
    if (!this.isAlive) return;
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#worker.ref();
    this.#worker.postMessage("close");
    await ended;
  }

  #take() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    return waiting;
  }

  #end(reason: unknown): void {
    this.#fault ??= reason;
    this.#take()?.reject(reason);
  }
}
