import { EsteiraError } from "@esteira/core/errors";
import { beginTimeline } from "../timeline/begin.ts";
import { TIMELINE_TABLE } from "../timeline/timeline-schema.ts";
import type { StoreContext } from "./context.ts";
import { dialectOf } from "./dialect.ts";
import { missingObjects } from "./esteira-schema.ts";
import { insertFirstRows } from "./first-rows.ts";
import { MLFLOW_REVISION } from "./mlflow-revision.ts";
import type { Database } from "./tables.ts";

/** What preparing a schema needs of a database that nobody else may change meanwhile. */
export interface SchemaSite {
  /** How messages call the database; without a password. */
  readonly name: string;
  readonly db: Database;
  /** MLflow's tables as this database writes them. */
  readonly mlflowSchema: string;
  readonly tables: () => Promise<ReadonlySet<string>>;
  readonly indexes: () => Promise<ReadonlySet<string>>;
  /** Runs statements that have no parameters and no rows. */
  readonly run: (statements: string) => Promise<void>;
}

/**
 * Creates MLflow's schema in an empty database, and what is ours beside it. A database of another revision, or of something
 * else, is refused with INVALID_STATE before anything is changed.
 */
export async function prepareSchema(site: SchemaSite, context: StoreContext): Promise<void> {
  const tables = await site.tables();
  if (tables.size === 0) {
    await site.run(site.mlflowSchema);
    await insertFirstRows(site.db, context);
  } else {
    await assertRevision(site, tables);
  }
  const present = new Set([...tables, ...(await site.indexes())]);
  for (const statement of missingObjects(dialectOf(site.db), present)) await site.run(statement);
  if (!present.has(TIMELINE_TABLE)) await beginTimeline(site.db, context);
}

async function assertRevision({ name, db }: SchemaSite, tables: ReadonlySet<string>): Promise<void> {
  if (!tables.has("alembic_version")) {
    throw new EsteiraError(
      "INVALID_STATE",
      `${name} is not MLflow's: it has tables and no alembic_version; choose another database.`,
    );
  }
  const rows = await db.selectFrom("alembic_version").select("version_num").execute();
  const revisions = rows.map((row) => row.version_num);
  if (revisions.length === 1 && revisions[0] === MLFLOW_REVISION) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `${name} has the schema revision ${revisions.join(", ") || "(none)"}, and Esteira works with ${MLFLOW_REVISION} (MLflow 3.17): upgrade it with \`esteira db upgrade\`, or with \`mlflow db upgrade\` of MLflow 3.17, or choose another database.`,
  );
}
