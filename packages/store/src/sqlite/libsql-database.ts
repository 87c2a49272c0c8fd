import type { SqliteDatabase, SqliteStatement } from "kysely";
import type Libsql from "libsql";

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

function asKysely(statement: Statement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => statement.all([...parameters]),
    run: (parameters) => {
      const { changes, lastInsertRowid } = statement.run([...parameters]);
      return { changes, lastInsertRowid };
    },
    iterate: (parameters) => statement.iterate([...parameters]),
  };
}
