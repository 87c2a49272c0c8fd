import { createHash } from "node:crypto";
import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type { PoolClient } from "pg";
import { isUnprepared } from "./errors.ts";

/** A statement has a name from this use on: what is asked once is not worth keeping in the server. */
const USES_BEFORE_NAME = 3;
/** Each name is a plan in each connection of the server, some tens of kilobytes. */
const MOST_NAMES = 200;
const LONGEST_TEXT = 10_000;
/** Pages of searches, and counts: how to find them depends on how many there are. */
const IS_PLANNED_EACH_TIME = /\blimit\b|\bcount\(|\bgroup by\b/i;
/** Texts whose uses are counted; the oldest are forgotten first. */
const MOST_COUNTED = 1000;

/**
 * Which statements PostgreSQL prepares once a connection instead of each time. Searches and counts never are: they are
 * planned for their values, since a plan for any values might walk the wrong index.
 *
 * A name is a hash of its text. Behind a pool that hands connections around between transactions a name may be unknown
 * or taken, and then never means another statement.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #uses = new Map<string, number>();
  #isOn: boolean;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** From now on none has a name. */
  switchOff(): void {
    this.#isOn = false;
  }

  /** The name under which this statement is to be sent; undefined for one that is to be planned each time. */
  of(text: string): string | undefined {
    if (!this.#isOn) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#names.size >= MOST_NAMES || text.length > LONGEST_TEXT || IS_PLANNED_EACH_TIME.test(text))
      return undefined;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    this.#uses.delete(text);
    if (uses < USES_BEFORE_NAME) {
      this.#uses.set(text, uses);
      const oldest = this.#uses.keys().next().value;
      if (this.#uses.size > MOST_COUNTED && oldest !== undefined) this.#uses.delete(oldest);
      return undefined;
    }
    const name = `esteira_${createHash("sha256").update(text).digest("base64url").slice(0, 32)}`;
    this.#names.set(text, name);
    return name;
  }
}

const COMMANDS = ["INSERT", "UPDATE", "DELETE", "SELECT", "MERGE", "COMMIT", "ROLLBACK"] as const;

/** A connection of the pool whose statements have names where that pays. */
export class NamingClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #names: StatementNames;

  constructor(client: PoolClient, names: StatementNames) {
    this.#client = client;
    this.#names = names;
  }

  query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    statement: string | PostgresCursor<R>,
    values: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof statement !== "string") throw new TypeError("Cursors are not used here.");
    return this.#send<R>(statement, values);
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy);
  }

  async #send<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    const name = values.length === 0 ? undefined : this.#names.of(text);
    try {
      const result = await this.#client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
      const command = COMMANDS.find((one) => one === result.command) ?? "SELECT";
      return { command, rowCount: result.rowCount ?? 0, rows: result.rows };
    } catch (error) {
      // The session does the whole transaction again.
      if (name !== undefined && isUnprepared(error)) this.#names.switchOff();
      throw error;
    }
  }
}
