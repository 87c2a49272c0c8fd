import { type Database, WORKSPACE } from "../database/tables.ts";

/** The value of a registered model's tag; undefined where it has none of this key. */
export async function findModelTag(db: Database, name: string, key: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("registered_model_tags")
    .select("value")
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? undefined : (row.value ?? "");
}
