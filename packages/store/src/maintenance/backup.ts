import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { sql } from "kysely";
import { type PostgresUri, parseBackendUri } from "../database/uri.ts";
import { explainSqliteError } from "../sqlite/errors.ts";
import { connectExisting } from "./connect.ts";

const run = promisify(execFile);

/**
 * Copies a database as it is at one moment, while servers go on writing to it, and gives the size of the copy. The file
 * appears when it is whole and on the disk; one that is there already is not replaced. Artifacts are not in it.
 */
export async function backUp(uri: string, file: string): Promise<{ bytes: number }> {
  const target = resolve(file);
  if (existsSync(target)) throw invalid(`${target} exists already: choose another file for the backup.`);
  const partial = `${target}.partial-${process.pid}`;
  const parsed = parseBackendUri(uri);
  try {
    if (parsed.kind === "sqlite") await vacuumInto(uri, partial);
    else await dump(parsed, partial);
    await onDisk(partial);
    await rename(partial, target);
    await onDisk(dirname(target));
    return { bytes: (await stat(target)).size };
  } catch (error) {
    await rm(partial, { force: true });
    throw explainSqliteError(error, target);
  }
}

async function vacuumInto(uri: string, file: string): Promise<void> {
  const source = await connectExisting(uri);
  try {
    await sql`vacuum into ${file}`.execute(source.db);
  } finally {
    await source.close();
  }
}

/** pg_dump's custom format, which pg_restore reads. The password goes by the environment, which nobody else can see. */
async function dump({ options, ...uri }: PostgresUri, file: string): Promise<void> {
  const program = await findPgDump();
  const given = {
    PGHOST: uri.host,
    PGPORT: uri.port === undefined ? undefined : String(uri.port),
    PGUSER: uri.user,
    PGPASSWORD: uri.password,
    PGDATABASE: uri.database,
    PGSSLMODE: options.get("sslmode"),
    PGSSLROOTCERT: options.get("sslrootcert"),
    PGSSLCERT: options.get("sslcert"),
    PGSSLKEY: options.get("sslkey"),
    PGOPTIONS: options.get("options"),
  };
  const env = {
    ...process.env,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  try {
    await run(program, ["--format=custom", "--no-owner", "--no-password", "--file", file], { env });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new EsteiraError("INVALID_STATE", `pg_dump could not copy the database: ${said}`, { cause: error });
  }
}

async function findPgDump(): Promise<string> {
  const debian = "/usr/lib/postgresql";
  const versions = await readdir(debian).catch((): string[] => []);
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, "bin"));
  const found = [...newestFirst, ...(process.env.PATH ?? "").split(delimiter)]
    .map((folder) => join(folder, "pg_dump"))
    .find(existsSync);
  if (found !== undefined) return found;
  throw new EsteiraError(
    "INVALID_STATE",
    "This machine has no pg_dump: install PostgreSQL's client programs (postgresql-client), or take the backup on the server with pg_dump --format=custom.",
  );
}

async function onDisk(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
