import type { Json, JsonObject } from "@esteira/core/timeline/json";
import type { ModelState } from "@esteira/core/timeline/model-state";
import { groupBy } from "../database/sql.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { DELETED_STAGE, type ModelVersionRow } from "../registry/model-version-data.ts";
import { recorded } from "./append.ts";

interface Tagged {
  readonly key: string;
  readonly value: string | null;
}

export const descriptionState = (description: string | null | undefined): Json =>
  description ? recorded(description) : null;

export const tagState = (tags: readonly Tagged[]): JsonObject =>
  Object.fromEntries(tags.map(({ key, value }) => [recorded(key), recorded(value ?? "")]));

/** What the chain keeps of a version. */
export function versionState(
  row: Omit<ModelVersionRow, "version" | "name" | "workspace">,
  tags: readonly Tagged[],
): JsonObject {
  return withoutNothing({
    stage: row.current_stage ?? "None",
    description: descriptionState(row.description),
    source: row.source ? recorded(row.source) : null,
    location: row.storage_location && row.storage_location !== row.source ? recorded(row.storage_location) : null,
    runId: row.run_id || null,
    status: row.status ?? null,
    tags: tagState(tags),
  });
}

export const modelState = (parts: {
  readonly description: string | null | undefined;
  readonly tags: readonly Tagged[];
  readonly aliases?: readonly { readonly alias: string; readonly version: number }[];
  readonly versions?: Readonly<Record<string, JsonObject>>;
}): ModelState =>
  withoutNothing({
    description: descriptionState(parts.description),
    tags: tagState(parts.tags),
    aliases: Object.fromEntries((parts.aliases ?? []).map(({ alias, version }) => [alias, version])),
    versions: parts.versions ?? {},
  });

const withoutNothing = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([, part]) => part !== null && !(typeof part === "object" && Object.keys(part).length === 0),
    ),
  );

/** The whole registry as it is now. */
export async function registryState(db: Database): Promise<ReadonlyMap<string, ModelState>> {
  const models = await db.selectFrom("registered_models").selectAll().where("workspace", "=", WORKSPACE).execute();
  const versions = groupBy(
    await db
      .selectFrom("model_versions")
      .selectAll()
      .where("workspace", "=", WORKSPACE)
      .where("current_stage", "<>", DELETED_STAGE)
      .execute(),
    (row) => row.name,
  );
  const tags = groupBy(
    await db.selectFrom("registered_model_tags").selectAll().where("workspace", "=", WORKSPACE).execute(),
    (row) => row.name,
  );
  const aliases = groupBy(
    await db.selectFrom("registered_model_aliases").selectAll().where("workspace", "=", WORKSPACE).execute(),
    (row) => row.name,
  );
  const versionTags = groupBy(
    await db.selectFrom("model_version_tags").selectAll().where("workspace", "=", WORKSPACE).execute(),
    (row) => `${row.version}/${row.name}`,
  );
  return new Map(
    models.map(({ name, description }) => {
      const own = (versions.get(name) ?? []).map((row): [string, JsonObject] => [
        String(row.version),
        versionState(row, versionTags.get(`${row.version}/${name}`) ?? []),
      ]);
      const state = modelState({
        description,
        tags: tags.get(name) ?? [],
        aliases: aliases.get(name) ?? [],
        versions: Object.fromEntries(own),
      });
      return [name, state];
    }),
  );
}
