import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { Tag } from "@esteira/core/entities/tag";
import { invalid } from "@esteira/core/errors";
import { checkKey, checkModelName, isLonger, LIMITS, parseVersion } from "@esteira/core/names";
import type { Target } from "@esteira/core/policy/policy";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { Actor } from "@esteira/core/timeline/entry";
import type { JsonObject } from "@esteira/core/timeline/json";
import type { StoreContext } from "../database/context.ts";
import { Overtaken } from "../database/errors.ts";
import type { Session } from "../database/session.ts";
import { insertMany } from "../database/sql.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { startWithVersion } from "../flow/begin.ts";
import { lapseApprovals, MODEL_DIGEST } from "../policy/approvals.ts";
import { allowRemoval, findHeld, type Grounds } from "../policy/guard.ts";
import { orRecordRefusal } from "../policy/refusals.ts";
import { type Change, type Recorder, recorded } from "../timeline/append.ts";
import { descriptionState, tagState, versionState } from "../timeline/registry-state.ts";
import { emitVersionCreated, emitVersionTag } from "../webhooks/outbox.ts";
import {
  aliasRows,
  DELETED_STAGE,
  findModelVersion,
  findRegisteredModel,
  type ModelVersionRow,
  modelWriter,
  parseStage,
  readModelVersion,
  touchRegisteredModel,
  updateVersionRow,
} from "./model-version-data.ts";
import { checkRegistryTag } from "./registered-models.ts";
import { searchModelVersions } from "./registry-search.ts";
import { downloadUri, resolveSource } from "./version-source.ts";
import { transition } from "./version-stage.ts";
import { findVersionTag } from "./version-tag.ts";

const PROMPT_TEXT_TAG = "mlflow.prompt.text";

type ModelVersionPart = Pick<
  RegistryStore,
  | "createModelVersion"
  | "getModelVersion"
  | "updateModelVersion"
  | "deleteModelVersion"
  | "transitionStage"
  | "searchModelVersions"
  | "getDownloadUri"
  | "setModelVersionTag"
  | "deleteModelVersionTag"
>;
type NewVersion = Parameters<RegistryStore["createModelVersion"]>[0];

export function modelVersionStore(
  session: Session,
  context: StoreContext,
  record: Recorder,
  actor: Actor,
): ModelVersionPart {
  const writeModel = modelWriter(session);
  return {
    createModelVersion: async (input) => {
      checkModelName(input.name);
      for (const tag of input.tags) checkVersionTag(tag);
      return writeModel(input.name, async (db) => {
        const created = await createModelVersion(db, context.clock(), input, record);
        const flow = { model: input.name, version: Number(created.version), actor };
        await startWithVersion(db, context, flow, record);
        return created;
      });
    },
    getModelVersion: async (name, version) => {
      const number = parseVersion(version);
      return session.read((db) => readModelVersion(db, name, number));
    },
    updateModelVersion: async (name, version, change) => {
      const number = parseVersion(version);
      return writeModel(name, async (db) => {
        const { description } = await findModelVersion(db, name, number);
        await updateVersionRow(db, name, number, {
          description: change.description ?? null,
          last_updated_time: context.clock(),
        });
        await recordVersion(record, db, {
          action: "version.described",
          subject: { model: name, version: number },
          before: { description: descriptionState(description) },
          after: { description: descriptionState(change.description) },
        });
        return readModelVersion(db, name, number);
      });
    },
    deleteModelVersion: async (name, version) => {
      const number = parseVersion(version);
      await writeModel(name, (db) => deleteModelVersion(db, context.clock(), name, number, record));
    },
    transitionStage: async (name, version, change) => {
      const number = parseVersion(version);
      const target = { stage: parseStage(change.stage) };
      const held = await findHeld(session, context, { model: name, version: number, target });
      const write = writeModel(name, (db) => transition(db, context.clock(), name, number, change, held, record));
      return orRecordRefusal(write, session, context, record, actor);
    },
    searchModelVersions: (query) => searchModelVersions(session, query),
    getDownloadUri: async (name, version) => {
      const number = parseVersion(version);
      return session.read((db) => downloadUri(db, name, number));
    },
    setModelVersionTag: async (name, version, tag) => {
      checkVersionTag(tag);
      const number = parseVersion(version);
      await writeModel(name, async (db) => {
        await findModelVersion(db, name, number);
        const old = await findVersionTag(db, name, number, tag.key);
        const grounds = await allowTag(db, context.clock(), name, number, tag.key);
        await db
          .insertInto("model_version_tags")
          .values({ ...tag, name, version: number, workspace: WORKSPACE })
          .onConflict((conflict) =>
            conflict.columns(["workspace", "key", "name", "version"]).doUpdateSet({ value: tag.value }),
          )
          .execute();
        await emitVersionTag(db, context.clock(), { name, version: number, ...tag });
        await recordVersion(record, db, {
          action: "version.tagged",
          subject: { model: name, version: number, tag: recorded(tag.key) },
          before: { tags: { [recorded(tag.key)]: old === undefined ? null : recorded(old) } },
          after: { tags: tagState([tag]) },
          ...grounds,
        });
        if (tag.key === MODEL_DIGEST)
          await lapseApprovals(db, { model: name, version: number, was: old, is: tag.value }, record);
      });
    },
    deleteModelVersionTag: async (name, version, key) => {
      checkKey(key);
      const number = parseVersion(version);
      await writeModel(name, async (db) => {
        await findModelVersion(db, name, number);
        const old = await findVersionTag(db, name, number, key);
        const grounds = await allowTag(db, context.clock(), name, number, key);
        await db
          .deleteFrom("model_version_tags")
          .where("workspace", "=", WORKSPACE)
          .where("name", "=", name)
          .where("version", "=", number)
          .where("key", "=", key)
          .execute();
        await emitVersionTag(db, context.clock(), { name, version: number, key });
        if (old === undefined) return;
        await recordVersion(record, db, {
          action: "version.untagged",
          subject: { model: name, version: number, tag: recorded(key) },
          before: { tags: { [recorded(key)]: recorded(old) } },
          after: { tags: { [recorded(key)]: null } },
          ...grounds,
        });
        if (key === MODEL_DIGEST)
          await lapseApprovals(db, { model: name, version: number, was: old, is: undefined }, record);
      });
    },
  };
}

/** Aliases and stage of a version. */
async function targetsOf(db: Database, name: string, version: number): Promise<readonly Target[]> {
  const { current_stage } = await findModelVersion(db, name, version);
  const aliases = (await aliasRows(db, [name])).filter((row) => row.version === version);
  return [...aliases.map(({ alias }) => ({ alias })), { stage: current_stage ?? "None" }];
}

/** What Esteira's own tags say of a version in service is what it was let through by. */
async function allowTag(db: Database, now: number, name: string, version: number, key: string): Promise<Grounds> {
  if (!key.startsWith("esteira.")) return {};
  const doing = `Changing the tag ${key} of version ${version} of ${name}`;
  return allowRemoval(db, now, { model: name, targets: await targetsOf(db, name, version), doing });
}

/** `before` and `after` are of the version; the chain has them as patches on its model. */
const recordVersion = (
  record: Recorder,
  db: Database,
  { before, after, ...change }: Change & { before: JsonObject | null; after: JsonObject | null },
): Promise<void> =>
  record(db, {
    ...change,
    before: { versions: { [String(change.subject.version)]: before } },
    after: { versions: { [String(change.subject.version)]: after } },
  });

/** The text of a prompt is a tag; whoever wrote too long a one has never heard of tags. */
function checkVersionTag(tag: Tag): void {
  if (tag.key === PROMPT_TEXT_TAG && isLonger(tag.value, LIMITS.registryTagValue)) {
    throw invalid(`Prompt text exceeds max length of ${LIMITS.registryTagValue} characters.`);
  }
  checkRegistryTag(tag);
}

async function createModelVersion(
  db: Database,
  now: number,
  input: NewVersion,
  record: Recorder,
): Promise<ModelVersion> {
  await findRegisteredModel(db, input.name);
  const { storageLocation, runId } = await resolveSource(db, input);
  const { last } = await db
    .selectFrom("model_versions")
    .select((select) => select.fn.max("version").as("last"))
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", input.name)
    .executeTakeFirstOrThrow();
  const version = (last ?? 0) + 1;
  const row: ModelVersionRow = {
    name: input.name,
    version,
    creation_time: now,
    last_updated_time: now,
    description: input.description ?? null,
    user_id: null,
    current_stage: "None",
    source: input.source,
    run_id: runId ?? input.runId ?? null,
    status: "READY",
    status_message: null,
    run_link: input.runLink ?? null,
    storage_location: storageLocation,
    workspace: WORKSPACE,
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("model_versions")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  // A writer that takes no lock on the model, such as MLflow's own server, was faster.
  if (numInsertedOrUpdatedRows === 0n) throw new Overtaken();
  const tags = new Map(input.tags.map((tag) => [tag.key, tag.value]));
  await insertMany(
    db,
    "model_version_tags",
    ["key", "value", "name", "version", "workspace"],
    [...tags].map(([key, value]) => [key, value, input.name, version, WORKSPACE]),
  );
  await touchRegisteredModel(db, input.name, now);
  await emitVersionCreated(db, now, { ...input, version, runId });
  await recordVersion(record, db, {
    action: "version.created",
    subject: { model: input.name, version },
    before: null,
    after: versionState(
      row,
      [...tags].map(([key, value]) => ({ key, value })),
    ),
  });
  return readModelVersion(db, input.name, version);
}

/** Its aliases go, its tags stay; the number is never used again. */
async function deleteModelVersion(
  db: Database,
  now: number,
  name: string,
  version: number,
  record: Recorder,
): Promise<void> {
  const { current_stage } = await findModelVersion(db, name, version);
  const aliases = (await aliasRows(db, [name])).filter((row) => row.version === version);
  const grounds = await allowRemoval(db, now, {
    model: name,
    targets: await targetsOf(db, name, version),
    doing: `Deleting version ${version} of ${name}`,
  });
  await db
    .deleteFrom("registered_model_aliases")
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "=", version)
    .execute();
  await db
    .updateTable("model_versions")
    .set({
      current_stage: DELETED_STAGE,
      last_updated_time: now,
      description: null,
      user_id: null,
      source: "REDACTED-SOURCE-PATH",
      run_id: "REDACTED-RUN-ID",
      run_link: "REDACTED-RUN-LINK",
      status_message: null,
    })
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "=", version)
    .execute();
  await touchRegisteredModel(db, name, now);
  const named = (value: number | null) => Object.fromEntries(aliases.map(({ alias }) => [alias, value]));
  await record(db, {
    action: "version.deleted",
    subject: { model: name, version },
    before: { versions: { [String(version)]: { stage: current_stage ?? "None" } }, aliases: named(version) },
    after: { versions: { [String(version)]: null }, aliases: named(null) },
    ...grounds,
  });
}
