import { EsteiraError } from "@esteira/core/errors";
import { sql } from "kysely";
import { MLFLOW_REVISION } from "../../database/mlflow-revision.ts";
import { type Database, WORKSPACE } from "../../database/tables.ts";
import { revisionOf } from "../check.ts";
import { COPIED_TABLES, OLDER_REVISIONS } from "./revisions.ts";

/** What each kind of database does its own way; all of it inside one transaction on `db`. */
export interface UpgradeSite {
  /** For messages; without a password. */
  readonly name: string;
  readonly db: Database;
  /** MLflow's tables of the new revision as this database writes them. */
  readonly mlflowSchema: string;
  readonly tables: () => Promise<readonly string[]>;
  /** A table may be `schema.table`. */
  readonly columns: (table: string) => Promise<readonly string[]>;
  /** Moves these tables out of the way of new ones of the same names, and says how they are called then. */
  readonly setAside: (tables: readonly string[], revision: string) => Promise<(table: string) => string>;
  /** Runs statements that have no parameters and no rows. */
  readonly run: (statements: string) => Promise<void>;
}

/** Rows that were copied, by table. */
export type Copied = Readonly<Record<string, number>>;

/**
 * Makes MLflow's tables of the new revision, and copies the rows of experiments, runs, models and versions into them. It
 * looks first, and changes nothing in a database that only MLflow's own migrations can upgrade.
 *
 * @throws EsteiraError INVALID_STATE with MLflow's command for such a database.
 */
export async function upgradeRows(site: UpgradeSite, revision: string): Promise<Copied> {
  const { db } = site;
  const ours = newTables(site.mlflowSchema);
  const old = (await site.tables()).filter((table) => ours.has(table) || table.startsWith("esteira_"));
  await assertCopyable(site.name, db, old, revision);
  const aside = await site.setAside(old, revision);
  await site.run(site.mlflowSchema);
  const copied: Record<string, number> = {};
  for (const table of COPIED_TABLES) {
    if (!old.includes(table)) continue;
    const present = new Set(await site.columns(table));
    const shared = (await site.columns(aside(table))).filter((column) => present.has(column));
    const names = sql.join(shared.map((column) => sql.ref(column)));
    await sql`insert into ${sql.table(table)} (${names}) select ${names} from ${sql.table(aside(table))}`.execute(db);
    const [before, after] = [await count(db, aside(table)), await count(db, table)];
    if (before !== after) throw new Error(`${table}: ${after} rows of ${before} were copied.`);
    copied[table] = after;
  }
  if (!old.includes("workspaces")) {
    const description = "Default workspace for legacy resources";
    await db.insertInto("workspaces").values({ name: WORKSPACE, description }).execute();
  }
  await db.insertInto("alembic_version").values({ version_num: MLFLOW_REVISION }).execute();
  return copied;
}

/** The revision of an older database that may be upgraded at all; undefined when it is of the new one already. */
export async function olderRevision(name: string, db: Database): Promise<string | undefined> {
  const revision = await revisionOf(db);
  if (revision === MLFLOW_REVISION) return undefined;
  if (revision === "") throw refusal(`${name} is not MLflow's: it has no alembic_version.`);
  if (OLDER_REVISIONS.some((known) => known === revision)) return revision;
  throw refusal(
    `${name} has the schema revision ${revision}, which is none of MLflow 2.0 to 3.17: ${MLFLOWS_OWN} (or a later one).`,
  );
}

async function assertCopyable(name: string, db: Database, tables: readonly string[], revision: string): Promise<void> {
  const copied = new Set<string>([...COPIED_TABLES, "alembic_version"]);
  for (const table of tables) {
    if (copied.has(table) || (await isEmpty(db, table))) continue;
    throw refusal(
      `${name} (revision ${revision}) has rows in ${table}, and what belongs there now must be computed from them: ${MLFLOWS_OWN}.`,
    );
  }
}

const newTables = (schema: string): ReadonlySet<string> =>
  new Set([...schema.matchAll(/^CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?/gm)].map(([, name = ""]) => name));

async function count(db: Database, table: string): Promise<number> {
  const { rows } = await sql<{ found: number }>`select count(*) as found from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.found ?? 0);
}

async function isEmpty(db: Database, table: string): Promise<boolean> {
  return (await sql`select 1 from ${sql.table(table)} limit 1`.execute(db)).rows.length === 0;
}

const MLFLOWS_OWN = "take a backup (esteira db backup), then run `mlflow db upgrade` of MLflow 3.17";
const refusal = (sentence: string): EsteiraError => new EsteiraError("INVALID_STATE", sentence);
