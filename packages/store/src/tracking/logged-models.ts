import { LOGGED_MODEL_STATUSES, type LoggedModel } from "@esteira/core/entities/logged-model";
import type { Param, Tag } from "@esteira/core/entities/tag";
import { invalid, notFound } from "@esteira/core/errors";
import { type LoggedModelId, loggedModelId } from "@esteira/core/ids";
import { checkLoggedModelName, parseExperimentId } from "@esteira/core/names";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { joinUri, type StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { forShare, forUpdate, insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { generateRunName } from "../run-names.ts";
import { findActiveExperiment } from "./experiments.ts";
import { type LoggedModelRow, toLoggedModels } from "./logged-model-data.ts";
import { searchLoggedModels } from "./logged-model-search.ts";
import { checkDistinctTags } from "./tags.ts";

type LoggedModelPart = Pick<
  TrackingStore,
  | "createLoggedModel"
  | "getLoggedModel"
  | "finalizeLoggedModel"
  | "deleteLoggedModel"
  | "setLoggedModelTags"
  | "changeLoggedModelTag"
  | "deleteLoggedModelTag"
  | "logLoggedModelParams"
  | "searchLoggedModels"
>;

const PENDING = LOGGED_MODEL_STATUSES.indexOf("LOGGED_MODEL_PENDING");

export function loggedModelStore(session: Session, context: StoreContext): LoggedModelPart {
  const touch = (db: Database, id: LoggedModelId, change: { status?: number; lifecycle_stage?: "deleted" }) =>
    db
      .updateTable("logged_models")
      .set({ ...change, last_updated_timestamp_ms: context.clock() })
      .where("model_id", "=", id)
      .execute();
  return {
    createLoggedModel: async (input) => {
      if (input.name) checkLoggedModelName(input.name);
      checkDistinctTags(input.tags);
      return session.write((db) => createLoggedModel(db, context, input));
    },
    getLoggedModel: (id, options) => session.read((db) => readLoggedModel(db, id, options)),
    finalizeLoggedModel: (id, status) =>
      session.write(async (db) => {
        const row = await findLoggedModel(db, id);
        await touch(db, id, { status: LOGGED_MODEL_STATUSES.indexOf(status) });
        const [model] = await toLoggedModels(db, [await findLoggedModel(db, row.model_id)]);
        return model!;
      }),
    deleteLoggedModel: (id) =>
      session.write(async (db) => {
        await findLoggedModel(db, id);
        await touch(db, id, { lifecycle_stage: "deleted" });
      }),
    setLoggedModelTags: (id, tags) =>
      session.write(async (db) => {
        await insertTags(db, await findLoggedModel(db, id), tags);
      }),
    changeLoggedModelTag: (id, key, change) =>
      session.write(async (db) => {
        const model = await findLoggedModel(db, id, forUpdate);
        const found = await db
          .selectFrom("logged_model_tags")
          .select("tag_value")
          .where("model_id", "=", id)
          .where("tag_key", "=", key)
          .executeTakeFirst();
        await insertTags(db, model, [{ key, value: change(found?.tag_value ?? undefined) }]);
      }),
    deleteLoggedModelTag: (id, key) =>
      session.write(async (db) => {
        await findLoggedModel(db, id);
        const { numDeletedRows } = await db
          .deleteFrom("logged_model_tags")
          .where("model_id", "=", id)
          .where("tag_key", "=", key)
          .executeTakeFirst();
        if (numDeletedRows === 0n) throw notFound(`No tag with key '${key}' found for model with ID '${id}'.`);
      }),
    logLoggedModelParams: (id, params) =>
      session.write(async (db) => {
        await insertParams(db, await findLoggedModel(db, id, forUpdate), params);
      }),
    searchLoggedModels: (query) => searchLoggedModels(session, query),
  };
}

/** Also a deleted one: its tags and status may still be set. */
async function findLoggedModel(db: Database, id: string, lock?: typeof forUpdate): Promise<LoggedModelRow> {
  const query = db.selectFrom("logged_models").selectAll().where("model_id", "=", id);
  const row = await (lock === undefined ? query : query.modifyEnd(lock)).executeTakeFirst();
  if (row === undefined) throw notFound(`Logged model with ID '${id}' not found.`);
  return row;
}

/** Not a deleted one, unless it is asked for. */
export async function readLoggedModel(
  db: Database,
  id: string,
  { allowDeleted = false }: { allowDeleted?: boolean } = {},
): Promise<LoggedModel> {
  const row = await findLoggedModel(db, id);
  if (row.lifecycle_stage === "deleted" && !allowDeleted) throw notFound(`Logged model with ID '${id}' not found.`);
  const [model] = await toLoggedModels(db, [row]);
  return model!;
}

async function createLoggedModel(
  db: Database,
  context: StoreContext,
  input: Parameters<TrackingStore["createLoggedModel"]>[0],
): Promise<LoggedModel> {
  const experiment = await findActiveExperiment(db, parseExperimentId(input.experimentId), forShare);
  const id = loggedModelId(`m-${context.newId()}`);
  const now = context.clock();
  const row: LoggedModelRow = {
    model_id: id,
    experiment_id: experiment.experiment_id,
    name: input.name || generateRunName(context.random),
    artifact_location: joinUri(experiment.artifact_location ?? "", "models", id, "artifacts"),
    creation_timestamp_ms: now,
    last_updated_timestamp_ms: now,
    status: PENDING,
    lifecycle_stage: "active",
    model_type: input.modelType ?? null,
    source_run_id: input.sourceRunId ?? null,
    status_message: null,
  };
  await db.insertInto("logged_models").values(row).execute();
  await insertParams(db, row, input.params);
  await insertTags(db, row, input.tags);
  return readLoggedModel(db, id);
}

/** Like a run's params they never change. */
async function insertParams(db: Database, model: LoggedModelRow, params: readonly Param[]): Promise<void> {
  if (params.length === 0) return;
  const known = new Map(
    (
      await db
        .selectFrom("logged_model_params")
        .select(["param_key", "param_value"])
        .where("model_id", "=", model.model_id)
        .execute()
    ).map((row) => [row.param_key, row.param_value]),
  );
  const fresh: unknown[][] = [];
  for (const { key, value } of params) {
    const old = known.get(key);
    if (old !== undefined && old !== value) {
      throw invalid(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for model ID='${model.model_id}'. Attempted logging new value '${value}'.`,
      );
    }
    if (old === undefined) fresh.push([model.model_id, model.experiment_id, key, value]);
    known.set(key, value);
  }
  await insertMany(db, "logged_model_params", ["model_id", "experiment_id", "param_key", "param_value"], fresh);
}

async function insertTags(db: Database, model: LoggedModelRow, tags: readonly Tag[]): Promise<void> {
  const values = new Map(tags.map((tag) => [tag.key, tag.value]));
  await insertMany(
    db,
    "logged_model_tags",
    ["model_id", "experiment_id", "tag_key", "tag_value"],
    [...values].map(([key, value]) => [model.model_id, model.experiment_id, key, value]),
    "on conflict (model_id, tag_key) do update set tag_value = excluded.tag_value",
  );
}
