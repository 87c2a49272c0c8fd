import type { Database } from "../../database/tables.ts";

/** Versions (`name/version`) by the run or logged model in whose folder their files are. */
export type VersionsById = ReadonlyMap<string, readonly string[]>;

/**
 * Which of these ids registered versions need. The folder of a run or logged model bears its id, and so do `runs:/ID/...` and
 * `models:/ID`: a version whose source or storage location names an id has its files there.
 */
export async function registeredVersions(db: Database, ids: ReadonlySet<string>): Promise<VersionsById> {
  const found = new Map<string, string[]>();
  const versions = await db
    .selectFrom("model_versions")
    .select(["name", "version", "source", "storage_location"])
    .where("current_stage", "!=", "Deleted_Internal")
    .orderBy("name")
    .orderBy("version")
    .execute();
  for (const { name, version, source, storage_location } of versions) {
    const words = new Set(`${source ?? ""}/${storage_location ?? ""}`.split(/[/:?#]/));
    for (const word of words) {
      if (!ids.has(word)) continue;
      const known = found.get(word) ?? [];
      known.push(`${name}/${version}`);
      found.set(word, known);
    }
  }
  return found;
}
