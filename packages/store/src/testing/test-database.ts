import { randomBytes } from "node:crypto";
import { join } from "node:path";
import pg from "pg";

/**
 * URI of a new, empty database for one test: in SQLite's memory (or a file in `folder`, for a test that looks into it), or
 * in the PostgreSQL server that `ESTEIRA_TEST_POSTGRES` names (a URI with `{}` where the database's name goes) when
 * `ESTEIRA_TEST_BACKEND` is `postgres`.
 */
export async function newTestDatabase(folder?: string): Promise<string> {
  const template = process.env.ESTEIRA_TEST_POSTGRES;
  if (process.env.ESTEIRA_TEST_BACKEND !== "postgres") {
    return folder === undefined ? "sqlite://" : `sqlite:///${join(folder, "tracking.db")}`;
  }
  if (template === undefined) throw new Error("ESTEIRA_TEST_BACKEND=postgres needs ESTEIRA_TEST_POSTGRES");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await query(template.replace("{}", "postgres"), `create database ${name}`);
  return template.replace("{}", name);
}

/** The rows of one statement, on a connection of its own. */
export async function query(uri: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
