import type { Tag } from "@esteira/core/entities/tag";
import { invalid, notFound } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import { checkKey, checkLength, fieldPath, LIMITS, truncate } from "@esteira/core/names";
import { inLockOrder, insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";

/** A run's name is kept in its row and in this tag; they never differ. */
export const RUN_NAME_TAG = "mlflow.runName";

/** The tag as it is stored: a long value is cut. */
export function checkTag(tag: Tag, index: number | undefined): Tag {
  const where = fieldPath("tags", index, "key");
  checkKey(tag.key, () => where);
  checkLength(where, LIMITS.key, tag.key);
  return { key: tag.key, value: truncate(tag.value, LIMITS.tagValue) };
}

/** The tags that a run is created with may have any key that fits; each key comes once. */
export function checkFirstTags(tags: readonly Tag[]): readonly Tag[] {
  checkDistinctTags(tags);
  return tags.map(({ key, value }, index) => {
    const where = fieldPath("tags", index, "key");
    if (key === "") throw invalid(`Missing value for required parameter '${where}': a tag needs a key.`);
    checkLength(where, LIMITS.key, key);
    return { key, value: truncate(value, LIMITS.tagValue) };
  });
}

export function checkDistinctTags(tags: readonly Tag[]): void {
  const seen = new Set<string>();
  const repeated = tags.find(({ key }) => seen.has(key) || !seen.add(key));
  if (repeated !== undefined) throw invalid(`The tag '${repeated.key}' is given twice; give each key once.`);
}

/**
 * Sets or replaces; of a key that comes twice the last value stays. An empty name leaves the run's name as it is. Answers
 * what was written, in that order.
 */
export async function setTags(db: Database, id: RunId, tags: readonly Tag[]): Promise<readonly Tag[]> {
  if (tags.length === 0) return tags;
  const values = new Map(tags.map((tag) => [tag.key, tag.value]));
  const name = values.get(RUN_NAME_TAG);
  if (name === "") values.delete(RUN_NAME_TAG);
  else if (name !== undefined) await db.updateTable("runs").set({ name }).where("run_uuid", "=", id).execute();
  const written = inLockOrder(db, [...values], ([key]) => key).map(([key, value]): Tag => ({ key, value }));
  await putTags(
    db,
    written.map(({ key, value }) => [key, value, id]),
  );
  return written;
}

/** Rows of key, value and run, none with the key and run of another; a name of a run is kept in its row as well. */
export async function putTags(db: Database, rows: readonly (readonly [string, string, RunId])[]): Promise<void> {
  await insertMany(
    db,
    "tags",
    ["key", "value", "run_uuid"],
    rows,
    `on conflict ("key", run_uuid) do update set value = excluded.value`,
  );
}

export async function deleteTag(db: Database, id: RunId, key: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom("tags")
    .where("run_uuid", "=", id)
    .where("key", "=", key)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw notFound(`No tag with name: ${key} in run with id ${id}`);
}
