import { sql } from "kysely";
import { dialectOf } from "../database/dialect.ts";
import { MLFLOW_REVISION } from "../database/mlflow-revision.ts";
import type { Database } from "../database/tables.ts";
import { explainSqliteError } from "../sqlite/errors.ts";
import type { ExistingDatabase } from "./connect.ts";

export interface DatabaseReport {
  readonly revision: string;
  /** What is wrong, one sentence each, with what to do. Nothing when the database is sound. */
  readonly faults: readonly string[];
  /** Rows of the main tables, `experiments (deleted)` and `runs (deleted)` apart. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Child rows whose owner must exist: SQLite checks that only for programs that ask it to. */
const OWNED: readonly (readonly [table: string, column: string, owner: string, key: string])[] = [
  ["experiment_tags", "experiment_id", "experiments", "experiment_id"],
  ["runs", "experiment_id", "experiments", "experiment_id"],
  ["metrics", "run_uuid", "runs", "run_uuid"],
  ["latest_metrics", "run_uuid", "runs", "run_uuid"],
  ["params", "run_uuid", "runs", "run_uuid"],
  ["tags", "run_uuid", "runs", "run_uuid"],
  ["datasets", "experiment_id", "experiments", "experiment_id"],
  ["input_tags", "input_uuid", "inputs", "input_uuid"],
  ["logged_models", "experiment_id", "experiments", "experiment_id"],
  ["logged_model_params", "model_id", "logged_models", "model_id"],
  ["logged_model_tags", "model_id", "logged_models", "model_id"],
  ["logged_model_metrics", "model_id", "logged_models", "model_id"],
  ["registered_model_tags", "name", "registered_models", "name"],
  ["registered_model_aliases", "name", "registered_models", "name"],
  ["model_versions", "name", "registered_models", "name"],
  ["model_version_tags", "name", "model_versions", "name"],
];
const COUNTED = ["metrics", "logged_models", "registered_models", "model_versions"];

/** Looks at everything and changes nothing. */
export async function checkDatabase({ name, db }: ExistingDatabase): Promise<DatabaseReport> {
  try {
    const faults = [...(await brokenParts(db))];
    const revision = await revisionOf(db);
    if (revision !== MLFLOW_REVISION) {
      faults.push(
        revision === ""
          ? `${name} is not MLflow's: it has no alembic_version.`
          : `${name} has the schema revision ${revision}, and Esteira works with ${MLFLOW_REVISION}: upgrade it with \`esteira db upgrade\`, which keeps the old one, or with \`mlflow db upgrade\` of MLflow 3.17.`,
      );
      return { revision, faults, counts: {} };
    }
    for (const [table, column, owner, key] of OWNED) {
      const orphans = await count(
        db,
        sql`${sql.table(table)} as c where not exists (select 1 from ${sql.table(owner)} as o where o.${sql.ref(key)} = c.${sql.ref(column)})`,
      );
      if (orphans > 0)
        faults.push(`${orphans} rows of ${table} belong to no row of ${owner}: delete them by hand, after a backup.`);
    }
    const counts: Record<string, number> = {};
    for (const table of ["experiments", "runs"]) {
      counts[table] = await count(db, sql`${sql.table(table)} where lifecycle_stage = 'active'`);
      counts[`${table} (deleted)`] = await count(db, sql`${sql.table(table)} where lifecycle_stage = 'deleted'`);
    }
    for (const table of COUNTED) counts[table] = await count(db, sql.table(table));
    return { revision, faults, counts };
  } catch (error) {
    throw explainSqliteError(error, name);
  }
}

async function count(db: Database, from: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await sql<{ found: number }>`select count(*) as found from ${from}`.execute(db);
  return Number(rows[0]?.found ?? 0);
}

export async function revisionOf(db: Database): Promise<string> {
  const known =
    dialectOf(db) === "sqlite"
      ? sql`sqlite_master where type = 'table' and name = 'alembic_version'`
      : sql`pg_tables where schemaname = current_schema() and tablename = 'alembic_version'`;
  if ((await count(db, known)) === 0) return "";
  const rows = await db.selectFrom("alembic_version").select("version_num").execute();
  return rows.map((row) => row.version_num).join(", ");
}

/** What the database says of its own files. */
async function brokenParts(db: Database): Promise<readonly string[]> {
  if (dialectOf(db) === "sqlite") {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
    const complaints = rows.map((row) => row.integrity_check).filter((line) => line !== "ok");
    return complaints.map((line) => `The file is damaged (${line}): restore the last backup.`);
  }
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_index as i join pg_class as c on c.oid = i.indexrelid
    where not i.indisvalid and c.relnamespace = current_schema()::regnamespace`.execute(db);
  return rows.map((row) => `The index ${row.name} is not valid: run REINDEX INDEX "${row.name}".`);
}
