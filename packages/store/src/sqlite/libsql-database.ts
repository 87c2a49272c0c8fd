import { asInt64 } from "@esteira/core/int64";
import { Kysely, type SqliteDatabase, type SqliteStatement } from "kysely";
import type Libsql from "libsql";
import { sqliteDialect } from "../database/dialect.ts";
import type { Database, Tables } from "../database/tables.ts";

type Statement = ReturnType<InstanceType<typeof Libsql>["prepare"]>;

const MAX_STATEMENTS = 200;

/** libsql as kysely sees a SQLite database, with prepared statements kept by their text. */
export class LibsqlDatabase implements SqliteDatabase {
  readonly #database: InstanceType<typeof Libsql>;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: InstanceType<typeof Libsql>) {
    this.#database = database;
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      // Last used goes last: the first one of the map is the one to forget.
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = asKysely(this.#database.prepare(sql), sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > MAX_STATEMENTS) {
      const oldest = this.#statements.keys().next().value;
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return statement;
  }

  /** One statement without parameters whose rows nobody wants: transactions. */
  run(sql: string): void {
    const statement = this.prepare(sql);
    if (statement.reader) statement.all([]);
    else statement.run([]);
  }

  /** How many rows this connection has changed since it was opened. */
  changes(): number {
    const [row] = this.prepare("select total_changes() as changes").all([]);
    return typeof row === "object" && row !== null && "changes" in row ? Number(row.changes) : 0;
  }

  /** Several statements without parameters: schema and pragmas. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

export const overLibsql = (database: LibsqlDatabase): Database =>
  new Kysely<Tables>({ dialect: sqliteDialect({ database }) });

function asKysely(statement: Statement, sql: string): SqliteStatement {
  const wide = wideColumns(statement, sql);
  return {
    reader: statement.reader,
    all: (parameters) => {
      const bound = parameters.map(bindable);
      const rows = statement.all(bound);
      return wide.length > 0 && rows.some((row) => hasRounded(row, wide)) ? allExact(statement, bound) : rows;
    },
    run: (parameters) => {
      const { changes, lastInsertRowid } = statement.run(parameters.map(bindable));
      return { changes, lastInsertRowid };
    },
    iterate: (parameters) => statement.iterate(parameters.map(bindable)),
  };
}

/** Columns of a SELECT that hold 64-bit integers, which libsql gives as numbers. */
function wideColumns(statement: Statement, sql: string): readonly string[] {
  if (!statement.reader || !/^\s*(select|with)\b/i.test(sql)) return [];
  return statement
    .columns()
    .filter(({ type }) => type?.toUpperCase() === "BIGINT")
    .map(({ name }) => name);
}

function hasRounded(row: unknown, columns: readonly string[]): boolean {
  if (typeof row !== "object" || row === null) return false;
  return columns.some((column) => {
    const value: unknown = Reflect.get(row, column);
    return typeof value === "number" && !Number.isSafeInteger(value);
  });
}

/** The same rows once more, with all digits: reading every integer as a bigint would slow down those who have none. */
function allExact(statement: Statement, parameters: unknown[]): unknown[] {
  statement.safeIntegers(true);
  try {
    return statement.all(parameters).map((row) => {
      if (typeof row !== "object" || row === null) return row;
      return Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? asInt64(value) : value]),
      );
    });
  } finally {
    statement.safeIntegers(false);
  }
}

/** SQLite has no booleans, and libsql ends the process when it is given one. */
export const bindable = (value: unknown): unknown => (typeof value === "boolean" ? Number(value) : value);
