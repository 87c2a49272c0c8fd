import { CompiledQuery, type QueryResult, type RawBuilder, sql } from "kysely";
import { type DialectName, dialectOf } from "./dialect.ts";
import type { Database } from "./tables.ts";

/** Where the value of this number goes. */
class Place {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

interface Compiled {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** Runs the statement with these values in its places. */
export type Statement<Row> = (db: Database, ...values: readonly unknown[]) => Promise<QueryResult<Row>>;

/**
 * A statement that is put together once for each kind of database, not each time that it runs: for what every request asks,
 * that takes longer than the database. `build` is given what stands for the values; one may stand in several places.
 */
export function statement<Row>(
  build: (...places: readonly RawBuilder<unknown>[]) => RawBuilder<Row>,
  count = build.length,
): Statement<Row> {
  const compiled = new Map<DialectName, Compiled>();
  const compile = (db: Database): Compiled => {
    const places = Array.from({ length: count }, (_, number) => sql`${new Place(number)}`);
    const { sql: text, parameters } = build(...places).compile(db);
    return { text, parameters };
  };
  return (db, ...values) => {
    const dialect = dialectOf(db);
    let known = compiled.get(dialect);
    if (known === undefined) {
      known = compile(db);
      compiled.set(dialect, known);
    }
    const parameters = known.parameters.map((one) => (one instanceof Place ? values[one.number] : one));
    return db.executeQuery<Row>(CompiledQuery.raw(known.text, parameters));
  };
}
