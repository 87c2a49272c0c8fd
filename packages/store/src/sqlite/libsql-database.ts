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
    const statement = asKysely(this.#database.prepare(sql));
    this.#statements.set(sql, statement);
    if (this.#statements.size > MAX_STATEMENTS) {
      const oldest = this.#statements.keys().next().value;
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return statement;
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

function asKysely(statement: Statement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => statement.all(parameters.map(bindable)),
    run: (parameters) => {
      const { changes, lastInsertRowid } = statement.run(parameters.map(bindable));
      return { changes, lastInsertRowid };
    },
    iterate: (parameters) => statement.iterate(parameters.map(bindable)),
  };
}

/** SQLite has no booleans, and libsql ends the process when it is given one. */
const bindable = (value: unknown): unknown => (typeof value === "boolean" ? Number(value) : value);
