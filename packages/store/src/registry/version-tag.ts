import { type Database, WORKSPACE } from "../database/tables.ts";

/** The value of a version's tag; undefined where it has none, empty where it is empty. */
export async function findVersionTag(
  db: Database,
  name: string,
  version: number,
  key: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("model_version_tags")
    .select("value")
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "=", version)
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? undefined : (row.value ?? "");
}

/** Where a version's files lie; undefined where it has none, or does not exist. */
export async function findVersionLocation(db: Database, name: string, version: number): Promise<string | undefined> {
  const row = await db
    .selectFrom("model_versions")
    .select(["storage_location", "source"])
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  return row?.storage_location || row?.source || undefined;
}
