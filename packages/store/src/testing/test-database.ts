import { randomBytes } from "node:crypto";
import pg from "pg";

/**
 * URI of a new, empty database for one test: in SQLite's memory, or in the PostgreSQL server that `ESTEIRA_TEST_POSTGRES`
 * names (a URI with `{}` where the database's name goes) when `ESTEIRA_TEST_BACKEND` is `postgres`.
 */
export async function newTestDatabase(): Promise<string> {
  const template = process.env.ESTEIRA_TEST_POSTGRES;
  if (process.env.ESTEIRA_TEST_BACKEND !== "postgres") return "sqlite://";
  if (template === undefined) throw new Error("ESTEIRA_TEST_BACKEND=postgres needs ESTEIRA_TEST_POSTGRES");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client({ connectionString: template.replace("{}", "postgres") });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return template.replace("{}", name);
}
