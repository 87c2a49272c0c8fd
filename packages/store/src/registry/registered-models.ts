import type { RegisteredModel } from "@esteira/core/entities/registered-model";
import type { Tag } from "@esteira/core/entities/tag";
import { alreadyExists, type EsteiraError, invalid, notFound } from "@esteira/core/errors";
import {
  checkAlias,
  checkKey,
  checkLength,
  checkModelName,
  checkNewAlias,
  LIMITS,
  parseVersion,
} from "@esteira/core/names";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { Actor } from "@esteira/core/timeline/entry";
import { forgetModelGrants, grantOwner, renameModelGrants } from "../access/grants.ts";
import type { StoreContext } from "../database/context.ts";
import { isUniqueViolation } from "../database/errors.ts";
import type { Session } from "../database/session.ts";
import { groupBy, inList, insertMany } from "../database/sql.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { forgetDeployments, renameDeploymentRows } from "../deployment/model-gone.ts";
import { endFlows, renameFlowRows } from "../flow/model-gone.ts";
import {
  allowPromotion,
  allowRemoval,
  allowUnprotected,
  findHeld,
  forgetGrounds,
  renamePolicyRows,
} from "../policy/guard.ts";
import { orRecordRefusal } from "../policy/refusals.ts";
import { forgetReviews, renameReviewRows } from "../review/model-gone.ts";
import { type Recorder, recorded } from "../timeline/append.ts";
import { descriptionState, modelState, tagState } from "../timeline/registry-state.ts";
import { emitAlias, emitModelCreated, emitModelTag } from "../webhooks/outbox.ts";
import { holderOf } from "./alias-holder.ts";
import { findModelTag } from "./model-tag.ts";
import {
  aliasRows,
  findModelVersion,
  findRegisteredModel,
  latestVersionRows,
  modelWriter,
  parseStage,
  type RegisteredModelRow,
  toModelVersions,
} from "./model-version-data.ts";
import { PROMPT_TAG, searchRegisteredModels } from "./registry-search.ts";

type RegisteredModelPart = Pick<
  RegistryStore,
  | "createRegisteredModel"
  | "getRegisteredModel"
  | "renameRegisteredModel"
  | "updateRegisteredModel"
  | "deleteRegisteredModel"
  | "searchRegisteredModels"
  | "setRegisteredModelTag"
  | "deleteRegisteredModelTag"
  | "getLatestVersions"
  | "setAlias"
  | "deleteAlias"
  | "getVersionByAlias"
>;

export function registeredModelStore(
  session: Session,
  context: StoreContext,
  record: Recorder,
  actor: Actor,
): RegisteredModelPart {
  const writeModel = modelWriter(session);
  return {
    createRegisteredModel: async (input) => {
      checkModelName(input.name);
      for (const tag of input.tags) checkRegistryTag(tag);
      return session.write((db) => createRegisteredModel(db, context.clock(), input, record));
    },
    getRegisteredModel: (name) => session.read((db) => readRegisteredModel(db, name)),
    renameRegisteredModel: async (name, newName) => {
      checkModelName(newName, "new_name");
      return writeModel(name, (db) => rename(db, context.clock(), name, newName, record));
    },
    updateRegisteredModel: (name, change) =>
      writeModel(name, async (db) => {
        const { description } = await findRegisteredModel(db, name);
        await db
          .updateTable("registered_models")
          .set({ description: change.description ?? null, last_updated_time: context.clock() })
          .where("workspace", "=", WORKSPACE)
          .where("name", "=", name)
          .execute();
        await record(db, {
          action: "model.described",
          subject: { model: name },
          before: { description: descriptionState(description) },
          after: { description: descriptionState(change.description) },
        });
        return readRegisteredModel(db, name);
      }),
    deleteRegisteredModel: (name) =>
      writeModel(name, async (db) => {
        await forgetDeployments(db, name);
        await forgetReviews(db, name);
        await deleteRegisteredModel(db, context.clock(), name, record);
        await endFlows(db, context, name, actor);
      }),
    searchRegisteredModels: (query) => searchRegisteredModels(session, query, toRegisteredModels),
    setRegisteredModelTag: async (name, tag) => {
      checkRegistryTag(tag);
      await writeModel(name, async (db) => {
        await findRegisteredModel(db, name);
        const old = await findModelTag(db, name, tag.key);
        await db
          .insertInto("registered_model_tags")
          .values({ ...tag, name, workspace: WORKSPACE })
          .onConflict((conflict) => conflict.columns(["workspace", "key", "name"]).doUpdateSet({ value: tag.value }))
          .execute();
        await emitModelTag(db, context.clock(), { name, ...tag });
        await record(db, {
          action: "model.tagged",
          subject: { model: name, tag: recorded(tag.key) },
          before: { tags: { [recorded(tag.key)]: old === undefined ? null : recorded(old) } },
          after: { tags: tagState([tag]) },
        });
      });
    },
    deleteRegisteredModelTag: async (name, key) => {
      checkKey(key);
      await writeModel(name, async (db) => {
        await findRegisteredModel(db, name);
        const old = await findModelTag(db, name, key);
        await db
          .deleteFrom("registered_model_tags")
          .where("workspace", "=", WORKSPACE)
          .where("name", "=", name)
          .where("key", "=", key)
          .execute();
        await emitModelTag(db, context.clock(), { name, key });
        if (old === undefined) return;
        await record(db, {
          action: "model.untagged",
          subject: { model: name, tag: recorded(key) },
          before: { tags: { [recorded(key)]: recorded(old) } },
          after: { tags: { [recorded(key)]: null } },
        });
      });
    },
    getLatestVersions: (name, stages) =>
      session.read(async (db) => {
        await findRegisteredModel(db, name);
        const wanted = new Set<string | null>(stages.map(parseStage));
        const rows = await latestVersionRows(db, [name]);
        const chosen = wanted.size === 0 ? rows : rows.filter((row) => wanted.has(row.current_stage));
        return toModelVersions(db, chosen, { aliases: true });
      }),
    setAlias: async (name, alias, version) => {
      checkNewAlias(alias);
      const number = parseVersion(version);
      const promotion = { model: name, version: number, target: { alias } };
      const held = await findHeld(session, context, promotion);
      const write = writeModel(name, async (db) => {
        await findModelVersion(db, name, number);
        const old = await holderOf(db, name, alias);
        const grounds = await allowPromotion(db, context.clock(), { ...promotion, held });
        await db
          .insertInto("registered_model_aliases")
          .values({ alias, version: number, name, workspace: WORKSPACE })
          .onConflict((conflict) => conflict.columns(["workspace", "name", "alias"]).doUpdateSet({ version: number }))
          .execute();
        await emitAlias(db, context.clock(), { name, alias, version: number });
        await record(db, {
          action: "alias.set",
          subject: { model: name, version: number, alias },
          before: { aliases: { [alias]: old ?? null } },
          after: { aliases: { [alias]: number } },
          ...grounds,
        });
      });
      await orRecordRefusal(write, session, context, record, actor);
    },
    deleteAlias: async (name, alias) => {
      checkAlias(alias);
      await writeModel(name, async (db) => {
        await findRegisteredModel(db, name);
        const old = await holderOf(db, name, alias);
        const grounds = await allowRemoval(db, context.clock(), {
          model: name,
          targets: [{ alias }],
          doing: "Deleting it",
        });
        await db
          .deleteFrom("registered_model_aliases")
          .where("workspace", "=", WORKSPACE)
          .where("name", "=", name)
          .where("alias", "=", alias)
          .execute();
        await emitAlias(db, context.clock(), { name, alias });
        if (old === undefined) return;
        await record(db, {
          action: "alias.deleted",
          subject: { model: name, version: old, alias },
          before: { aliases: { [alias]: old } },
          after: { aliases: { [alias]: null } },
          ...grounds,
        });
      });
    },
    getVersionByAlias: async (name, alias) => {
      checkAlias(alias);
      return session.read(async (db) => {
        const row = await findModelVersion(db, name, await versionOfAlias(db, name, alias));
        const [version] = await toModelVersions(db, [row], { aliases: true });
        return version!;
      });
    },
  };
}

async function createRegisteredModel(
  db: Database,
  now: number,
  input: Parameters<RegistryStore["createRegisteredModel"]>[0],
  record: Recorder,
): Promise<RegisteredModel> {
  const tags = new Map(input.tags.map((tag) => [tag.key, tag.value]));
  const isPrompt = tags.get(PROMPT_TAG) === "true";
  // A statement that fails would end the transaction on PostgreSQL, and what is there already says how to refuse.
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("registered_models")
    .values({
      name: input.name,
      creation_time: now,
      last_updated_time: now,
      description: input.description ?? null,
      workspace: WORKSPACE,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) throw await nameTaken(db, input.name, isPrompt);
  await grantOwner(db, input.owner, isPrompt ? "prompt" : "registered_model", input.name);
  await insertMany(
    db,
    "registered_model_tags",
    ["key", "value", "name", "workspace"],
    [...tags].map(([key, value]) => [key, value, input.name, WORKSPACE]),
  );
  await emitModelCreated(db, now, input);
  await record(db, {
    action: "model.created",
    subject: { model: input.name },
    before: null,
    after: modelState({
      description: input.description,
      tags: [...tags].map(([key, value]) => ({ key, value })),
    }),
  });
  return readRegisteredModel(db, input.name);
}

/** A model and a prompt cannot have one name, which may surprise somebody who sees only one of the kinds. */
async function nameTaken(db: Database, name: string, asPrompt: boolean): Promise<EsteiraError> {
  const prompt = await db
    .selectFrom("registered_model_tags")
    .select("name")
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("key", "=", PROMPT_TAG)
    .where("value", "=", "true")
    .executeTakeFirst();
  const [kind, other] = asPrompt ? ["Prompt", "Registered Model"] : ["Registered Model", "Prompt"];
  if ((prompt !== undefined) === asPrompt) return alreadyExists(`${kind} (name=${name}) already exists.`);
  return alreadyExists(
    `Tried to create a ${kind.toLowerCase()} with name '${name}', but the name is already taken by a ${other.toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
  );
}

async function readRegisteredModel(db: Database, name: string): Promise<RegisteredModel> {
  const [model] = await toRegisteredModels(db, [await findRegisteredModel(db, name)]);
  return model!;
}

async function toRegisteredModels(
  db: Database,
  rows: readonly RegisteredModelRow[],
): Promise<readonly RegisteredModel[]> {
  if (rows.length === 0) return [];
  const names = rows.map((row) => row.name);
  const versions = groupBy(
    await toModelVersions(db, await latestVersionRows(db, names), { aliases: false }),
    (version) => version.name,
  );
  const tags = groupBy(
    await db
      .selectFrom("registered_model_tags")
      .selectAll()
      .where("workspace", "=", WORKSPACE)
      .where(inList("name", names))
      .execute(),
    (tag) => tag.name,
  );
  const aliases = groupBy(await aliasRows(db, names), (alias) => alias.name);
  return rows.map(
    (row): RegisteredModel => ({
      name: row.name,
      creationTimestamp: row.creation_time ?? 0,
      lastUpdatedTimestamp: row.last_updated_time ?? 0,
      description: row.description ?? "",
      latestVersions: versions.get(row.name) ?? [],
      tags: (tags.get(row.name) ?? []).map(({ key, value }) => ({ key, value: value ?? "" })),
      aliases: (aliases.get(row.name) ?? []).map(({ alias, version }) => ({ alias, version: String(version) })),
    }),
  );
}

/** The foreign keys carry the new name to versions, tags and aliases. */
async function rename(
  db: Database,
  now: number,
  name: string,
  newName: string,
  record: Recorder,
): Promise<RegisteredModel> {
  await findRegisteredModel(db, name);
  const grounds = await allowUnprotected(db, now, [name, newName], `${name} may not be renamed to ${newName}`);
  try {
    await db
      .updateTable("registered_models")
      .set({ name: newName, last_updated_time: now })
      .where("workspace", "=", WORKSPACE)
      .where("name", "=", name)
      .execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw alreadyExists(`Registered Model (name=${newName}) already exists.`);
  }
  await renameModelGrants(db, name, newName);
  await renamePolicyRows(db, name, newName);
  await renameFlowRows(db, name, newName);
  await renameDeploymentRows(db, name, newName);
  await renameReviewRows(db, name, newName);
  await db
    .updateTable("model_versions")
    .set({ last_updated_time: now })
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", newName)
    .execute();
  await record(db, {
    action: "model.renamed",
    subject: { model: name },
    before: { name },
    after: { name: newName },
    ...grounds,
  });
  return readRegisteredModel(db, newName);
}

async function deleteRegisteredModel(db: Database, now: number, name: string, record: Recorder): Promise<void> {
  const { description } = await findRegisteredModel(db, name);
  const aliases = await aliasRows(db, [name]);
  const grounds = await allowUnprotected(db, now, [name], `${name} may not be deleted`);
  // Children first: their foreign keys do not delete.
  for (const table of [
    "model_version_tags",
    "model_versions",
    "registered_model_tags",
    "registered_model_aliases",
    "registered_models",
  ] as const) {
    await db.deleteFrom(table).where("workspace", "=", WORKSPACE).where("name", "=", name).execute();
  }
  await forgetModelGrants(db, name);
  await forgetGrounds(db, name);
  await record(db, {
    action: "model.deleted",
    subject: { model: name },
    before: modelState({ description, tags: [], aliases }),
    after: null,
    ...grounds,
  });
}

async function versionOfAlias(db: Database, name: string, alias: string): Promise<number> {
  await findRegisteredModel(db, name);
  if (alias.toLowerCase() === "latest") {
    const versions = (await latestVersionRows(db, [name])).map((row) => row.version);
    if (versions.length === 0) throw notFound(`Latest version not found for model ${name}.`);
    return Math.max(...versions);
  }
  const version = await holderOf(db, name, alias);
  if (version === undefined) throw invalid(`Registered model alias ${alias} not found.`);
  return version;
}

export function checkRegistryTag(tag: Tag): void {
  checkKey(tag.key);
  checkLength("key", LIMITS.key, tag.key);
  checkLength("value", LIMITS.registryTagValue, tag.value);
}
