import type { Experiment } from "@esteira/core/entities/experiment";
import { alreadyExists, EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { type ExperimentId, experimentId } from "@esteira/core/ids";
import { checkExperimentName, checkKey, checkLength, LIMITS, parseExperimentId } from "@esteira/core/names";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { type RawBuilder, sql } from "kysely";
import { grantOwner } from "../access/grants.ts";
import { joinUri, type StoreContext } from "../database/context.ts";
import { isUniqueViolation } from "../database/errors.ts";
import type { Session } from "../database/session.ts";
import { forShare, forUpdate, insertMany } from "../database/sql.ts";
import { statement } from "../database/statement.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { type ExperimentRow, toExperiments } from "./experiment-data.ts";
import { searchExperiments } from "./experiment-search.ts";
import { checkDistinctTags } from "./tags.ts";

type ExperimentPart = Pick<
  TrackingStore,
  | "createExperiment"
  | "getExperiment"
  | "getExperimentByName"
  | "searchExperiments"
  | "renameExperiment"
  | "deleteExperiment"
  | "restoreExperiment"
  | "setExperimentTag"
  | "deleteExperimentTag"
>;

export function experimentStore(session: Session, context: StoreContext): ExperimentPart {
  return {
    createExperiment: async (input) => {
      checkExperimentName(input.name);
      if (input.artifactLocation) checkArtifactLocation(input.artifactLocation);
      for (const tag of input.tags) checkExperimentTag(tag);
      checkDistinctTags(input.tags);
      return session.write((db) => createExperiment(db, context, input));
    },
    getExperiment: (id) => session.read(async (db) => withTags(db, await findExperiment(db, parseExperimentId(id)))),
    getExperimentByName: (name) =>
      session.read(async (db) => {
        const row = await inWorkspace(db).where("name", "=", name).executeTakeFirst();
        if (row === undefined) throw notFound(`Could not find experiment with name '${name}'`);
        return withTags(db, row);
      }),
    searchExperiments: (query) => searchExperiments(session, query),
    renameExperiment: async (id, name) => {
      checkExperimentName(name);
      await session.write((db) => renameExperiment(db, context.clock(), parseExperimentId(id), name));
    },
    deleteExperiment: (id) => session.write((db) => setStage(db, context.clock(), parseExperimentId(id), "deleted")),
    restoreExperiment: (id) => session.write((db) => setStage(db, context.clock(), parseExperimentId(id), "active")),
    setExperimentTag: async (id, tag) => {
      checkExperimentTag(tag);
      await session.write(async (db) => {
        const row = await findActiveExperiment(db, parseExperimentId(id));
        await db
          .insertInto("experiment_tags")
          .values({ ...tag, experiment_id: row.experiment_id })
          .onConflict((conflict) => conflict.columns(["key", "experiment_id"]).doUpdateSet({ value: tag.value }))
          .execute();
      });
    },
    deleteExperimentTag: (id, key) => session.write((db) => deleteTag(db, parseExperimentId(id), key)),
  };
}

const inWorkspace = (db: Database) => db.selectFrom("experiments").selectAll().where("workspace", "=", WORKSPACE);

/** An id may be wider than the column. */
const byId = (lock: RawBuilder<unknown>) =>
  statement<ExperimentRow>(
    (id) =>
      sql`select * from experiments where workspace = ${WORKSPACE} and experiment_id = cast(${id} as bigint) ${lock}`,
  );
const FREE = byId(sql``);
const SHARED = byId(forShare);
const LOCKED = byId(forUpdate);

/** Active or deleted. `lock` is how the SELECT ends: with `forShare` the experiment stays as it is until the write is done. */
export async function findExperiment(db: Database, id: number, lock?: typeof forShare): Promise<ExperimentRow> {
  const { rows } = await (lock === undefined ? FREE : lock === forShare ? SHARED : LOCKED)(db, id);
  const row = rows[0];
  if (row === undefined) throw notFound(`No Experiment with id=${id} exists`);
  return row;
}

export async function findActiveExperiment(db: Database, id: number, lock?: typeof forShare): Promise<ExperimentRow> {
  const row = await findExperiment(db, id, lock);
  if (row.lifecycle_stage !== "active") {
    throw invalid(`The experiment ${id} must be in the 'active' state. Current state is ${row.lifecycle_stage}.`);
  }
  return row;
}

async function withTags(db: Database, row: ExperimentRow): Promise<Experiment> {
  return (await toExperiments(db, [row]))[0]!;
}

async function createExperiment(
  db: Database,
  context: StoreContext,
  input: Parameters<TrackingStore["createExperiment"]>[0],
): Promise<ExperimentId> {
  const now = context.clock();
  const created = await db
    .insertInto("experiments")
    .values({
      name: input.name,
      artifact_location: input.artifactLocation || null,
      lifecycle_stage: "active",
      creation_time: now,
      last_update_time: now,
      workspace: WORKSPACE,
    })
    .onConflict((conflict) => conflict.columns(["workspace", "name"]).doNothing())
    .returning("experiment_id")
    .executeTakeFirst();
  if (created === undefined) throw alreadyExists(`Experiment(name=${input.name}) already exists.`);
  const { experiment_id: id } = created;
  if (!input.artifactLocation) {
    const location = joinUri(context.artifactRoot, String(id));
    await db.updateTable("experiments").set({ artifact_location: location }).where("experiment_id", "=", id).execute();
  }
  await grantOwner(db, input.owner, "experiment", String(id));
  const tags = new Map(input.tags.map((tag) => [tag.key, tag.value]));
  await insertMany(
    db,
    "experiment_tags",
    ["key", "value", "experiment_id"],
    [...tags].map(([key, value]) => [key, value, id]),
  );
  return experimentId(String(id));
}

async function renameExperiment(db: Database, now: number, id: number, name: string): Promise<void> {
  const row = await findExperiment(db, id);
  if (row.lifecycle_stage !== "active") {
    throw new EsteiraError("INVALID_STATE", "Cannot rename a non-active experiment.");
  }
  try {
    await db.updateTable("experiments").set({ name, last_update_time: now }).where("experiment_id", "=", id).execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new EsteiraError("BAD_REQUEST", `Experiment(name=${name}) already exists.`, { cause: error });
  }
}

/** Deletes or restores the experiment and all of its runs. */
async function setStage(db: Database, now: number, id: number, stage: "active" | "deleted"): Promise<void> {
  const row = await findExperiment(db, id, forUpdate);
  if (row.lifecycle_stage === stage) throw notFound(`No Experiment with id=${id} exists`);
  await db
    .updateTable("experiments")
    .set({ lifecycle_stage: stage, last_update_time: now })
    .where("experiment_id", "=", id)
    .execute();
  await db
    .updateTable("runs")
    .set({ lifecycle_stage: stage, deleted_time: stage === "deleted" ? now : null })
    .where("experiment_id", "=", id)
    .execute();
}

async function deleteTag(db: Database, id: number, key: string): Promise<void> {
  await findActiveExperiment(db, id);
  const { numDeletedRows } = await db
    .deleteFrom("experiment_tags")
    .where("experiment_id", "=", id)
    .where("key", "=", key)
    .executeTakeFirst();
  if (numDeletedRows === 0n) throw notFound(`No tag with name: ${key} in experiment with id ${id}`);
}

function checkExperimentTag(tag: { key: string; value: string }): void {
  checkKey(tag.key);
  checkLength("key", LIMITS.key, tag.key);
  checkLength("value", LIMITS.experimentTagValue, tag.value);
}

function checkArtifactLocation(location: string): void {
  const query = /\?([^#]*)/.exec(location)?.[1] ?? "";
  if (/[#;]/.test(location) || query.includes("..")) {
    throw invalid("'artifact_location' URL can't include fragments or params.");
  }
  if (location.startsWith("runs:")) {
    throw invalid(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  }
  checkLength("artifact_location", LIMITS.artifactLocation, location);
}
