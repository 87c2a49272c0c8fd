import { sql } from "kysely";
import { joinUri, type StoreContext } from "./context.ts";
import { MLFLOW_REVISION } from "./mlflow-revision.ts";
import { type Database, WORKSPACE } from "./tables.ts";

/** What a new database of MLflow holds: its revision, the default workspace, the default experiment. */
export async function insertFirstRows(db: Database, context: StoreContext): Promise<void> {
  const now = context.clock();
  await db.insertInto("alembic_version").values({ version_num: MLFLOW_REVISION }).execute();
  await db
    .insertInto("workspaces")
    .values({ name: WORKSPACE, description: "Default workspace for legacy resources" })
    .execute();
  await sql`
    insert into experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
    values (0, 'Default', ${joinUri(context.artifactRoot, "0")}, 'active', ${now}, ${now})`.execute(db);
}
