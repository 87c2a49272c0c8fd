import { sql } from "kysely";
import { forgetExperimentGrants } from "../../access/grants.ts";
import { forUpdate, inList } from "../../database/sql.ts";
import type { Database } from "../../database/tables.ts";
import type { Doomed, DoomedExperiment } from "./plan.ts";

/**
 * Removes the rows of a deleted run or logged model, and notes where its files are, in one transaction. False when somebody
 * has restored or removed it meanwhile. As in MLflow, inputs of a run and datasets of its experiment stay.
 */
export async function removeDoomed(db: Database, doomed: Doomed, now: number): Promise<boolean> {
  const { kind, id } = doomed;
  const query =
    kind === "run"
      ? db.selectFrom("runs").select("lifecycle_stage").where("run_uuid", "=", id)
      : db.selectFrom("logged_models").select("lifecycle_stage").where("model_id", "=", id);
  const row = await query.modifyEnd(forUpdate).executeTakeFirst();
  if (row?.lifecycle_stage !== "deleted") return false;
  await (kind === "run" ? removeRuns(db, [id]) : removeModels(db, [id]));
  await condemn(db, [doomed], now);
  return true;
}

/**
 * The same for a deleted experiment with all that is in it, also what came into it since the plan was made (that must be
 * none of what the plan keeps, so new members make it stay). What was granted on its number goes too: the next experiment
 * may get the number again.
 */
export async function removeExperiment(db: Database, experiment: DoomedExperiment, now: number): Promise<boolean> {
  const { id, members } = experiment;
  const row = await db
    .selectFrom("experiments")
    .select("lifecycle_stage")
    .where("experiment_id", "=", id)
    .modifyEnd(forUpdate)
    .executeTakeFirst();
  if (row?.lifecycle_stage !== "deleted") return false;
  const runs = await db.selectFrom("runs").select("run_uuid as id").where("experiment_id", "=", id).execute();
  const models = await db
    .selectFrom("logged_models")
    .select("model_id as id")
    .where("experiment_id", "=", id)
    .execute();
  const planned = new Set(members.map((member) => member.id));
  if ([...runs, ...models].some((member) => !planned.has(member.id))) return false;
  await removeModels(
    db,
    models.map((model) => model.id),
  );
  await removeRuns(
    db,
    runs.map((run) => run.id),
  );
  await db.deleteFrom("experiment_tags").where("experiment_id", "=", id).execute();
  for (const table of OF_TRACES) await sql`delete from ${sql.table(table)} where experiment_id = ${id}`.execute(db);
  await forgetExperimentGrants(db, String(id));
  await db.deleteFrom("experiments").where("experiment_id", "=", id).execute();
  await condemn(db, members, now);
  return true;
}

/** MLflow's tables of traces: they have no key that would remove them with their experiment, or only one of several. */
const OF_TRACES = [
  "trace_info",
  "sql_trace_metric_daily_rollups",
  "sql_span_cost_daily_rollups",
  "sql_assessment_daily_rollups",
  "sql_trace_rollup_rebuild_queue",
];

async function removeRuns(db: Database, ids: readonly string[]): Promise<void> {
  for (const table of ["metrics", "latest_metrics", "params", "tags"] as const) {
    await db.deleteFrom(table).where(inList("run_uuid", ids)).execute();
  }
  await db.deleteFrom("runs").where(inList("run_uuid", ids)).execute();
}

async function removeModels(db: Database, ids: readonly string[]): Promise<void> {
  for (const table of ["logged_model_metrics", "logged_model_params", "logged_model_tags", "logged_models"] as const) {
    await db.deleteFrom(table).where(inList("model_id", ids)).execute();
  }
}

async function condemn(db: Database, members: readonly Doomed[], now: number): Promise<void> {
  for (const { kind, id, location, filesOf } of members) {
    if (filesOf !== undefined || location === "") continue;
    await db
      .insertInto("esteira_condemned_artifacts")
      .values({ owner_id: id, owner_kind: kind, location, condemned_at: now })
      .onConflict((conflict) => conflict.column("owner_id").doUpdateSet({ location, condemned_at: now }))
      .execute();
  }
}
