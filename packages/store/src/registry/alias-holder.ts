import { type Database, WORKSPACE } from "../database/tables.ts";

/** The version that has an alias now. */
export async function holderOf(db: Database, model: string, alias: string): Promise<number | undefined> {
  const row = await db
    .selectFrom("registered_model_aliases")
    .select("version")
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", model)
    .where("alias", "=", alias)
    .executeTakeFirst();
  return row?.version;
}
