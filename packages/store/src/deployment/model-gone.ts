import type { Database } from "../database/tables.ts";
import { armsOf } from "./deployment-rows.ts";

/** What serves a model is found under its new name. */
export async function renameDeploymentRows(db: Database, from: string, to: string): Promise<void> {
  await db.updateTable("esteira_deployment_changes").set({ model: to }).where("model", "=", from).execute();
  const rows = await db.selectFrom("esteira_deployments").selectAll().where("model", "=", from).execute();
  const renamed = (text: string): string =>
    JSON.stringify(
      armsOf(text).map((arm) => {
        const at = `models:/${from}/`;
        return arm.uri.startsWith(at) ? { ...arm, uri: `models:/${to}/${arm.uri.slice(at.length)}` } : arm;
      }),
    );
  for (const { id, arms, former } of rows)
    await db
      .updateTable("esteira_deployments")
      .set({ model: to, arms: renamed(arms), former: former === null ? null : renamed(former) })
      .where("id", "=", id)
      .execute();
}

/** A new model of this name is another one: what serves the old is the timeline's to tell. */
export async function forgetDeployments(db: Database, model: string): Promise<void> {
  await db.deleteFrom("esteira_deployments").where("model", "=", model).execute();
}
