import {
  type ModelVersion,
  type ModelVersionStatus,
  STAGES,
  type Stage,
} from "@esteira/core/entities/registered-model";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import { checkModelName } from "@esteira/core/names";
import type { Selectable } from "kysely";
import { sql } from "kysely";
import type { Session } from "../database/session.ts";
import { forUpdate, groupBy, inList } from "../database/sql.ts";
import { type Database, type Tables, WORKSPACE } from "../database/tables.ts";

export type ModelVersionRow = Selectable<Tables["model_versions"]>;
export type RegisteredModelRow = Selectable<Tables["registered_models"]>;

/** A deleted version keeps its number and its row, without what it said. */
export const DELETED_STAGE = "Deleted_Internal";
const STATUSES: readonly ModelVersionStatus[] = ["PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY"];

/** The stage whose name this is, whatever its case. */
export function parseStage(name: string): Stage {
  const stage = STAGES.find((known) => known.toLowerCase() === name.toLowerCase());
  if (stage !== undefined) return stage;
  throw invalid(`Invalid Model Version stage: ${name}. Value must be one of ${STAGES.join(", ")}.`);
}

export async function findRegisteredModel(db: Database, name: string): Promise<RegisteredModelRow> {
  checkModelName(name);
  const row = await db
    .selectFrom("registered_models")
    .selectAll()
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .executeTakeFirst();
  if (row === undefined) throw notFound(`Registered Model with name=${name} not found`);
  return row;
}

/** Writes on one model come one after the other: its numbers, stages and aliases depend on each other. */
export const modelWriter =
  (session: Session) =>
  <T>(name: string, work: (db: Database) => Promise<T>): Promise<T> =>
    session.write(async (db) => {
      await db
        .selectFrom("registered_models")
        .select("name")
        .where("workspace", "=", WORKSPACE)
        .where("name", "=", name)
        .modifyEnd(forUpdate)
        .execute();
      return work(db);
    });

export async function findModelVersion(db: Database, name: string, version: number): Promise<ModelVersionRow> {
  checkModelName(name);
  const row = await db
    .selectFrom("model_versions")
    .selectAll()
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "=", version)
    .where("current_stage", "<>", DELETED_STAGE)
    .executeTakeFirst();
  if (row === undefined) throw notFound(`Model Version (name=${name}, version=${version}) not found`);
  return row;
}

const keyOf = (row: { name: string; version: number }): string => `${row.version}/${row.name}`;

/**
 * Versions with their tags, and with their aliases where MLflow fills them in: not in searches and not inside a
 * registered model, which lists its aliases itself.
 */
export async function toModelVersions(
  db: Database,
  rows: readonly ModelVersionRow[],
  options: { aliases: boolean },
): Promise<readonly ModelVersion[]> {
  if (rows.length === 0) return [];
  const names = [...new Set(rows.map((row) => row.name))];
  const tags = groupBy(
    await db
      .selectFrom("model_version_tags")
      .selectAll()
      .where("workspace", "=", WORKSPACE)
      .where(inList("name", names))
      .execute(),
    keyOf,
  );
  const aliases = options.aliases
    ? groupBy(await aliasRows(db, names), keyOf)
    : new Map<string, readonly { alias: string }[]>();
  return rows.map((row): ModelVersion => {
    const modelId = /^models:\/+(m-[^/]+)$/.exec(row.source ?? "")?.[1];
    return {
      name: row.name,
      version: String(row.version),
      creationTimestamp: row.creation_time ?? 0,
      lastUpdatedTimestamp: row.last_updated_time ?? 0,
      currentStage: STAGES.find((stage) => stage === row.current_stage) ?? "None",
      ...(row.description === null ? {} : { description: row.description }),
      source: row.source ?? "",
      ...(row.run_id === null ? {} : { runId: runId(row.run_id) }),
      runLink: row.run_link ?? "",
      status: STATUSES.find((status) => status === row.status) ?? "READY",
      ...(row.status_message ? { statusMessage: row.status_message } : {}),
      ...(modelId === undefined ? {} : { modelId: loggedModelId(modelId) }),
      tags: (tags.get(keyOf(row)) ?? []).map(({ key, value }) => ({ key, value: value ?? "" })),
      aliases: (aliases.get(keyOf(row)) ?? []).map(({ alias }) => alias),
    };
  });
}

export const aliasRows = (db: Database, names: readonly string[]) =>
  db
    .selectFrom("registered_model_aliases")
    .selectAll()
    .where("workspace", "=", WORKSPACE)
    .where(inList("name", names))
    .orderBy("alias")
    .execute();

/** Of each model the highest version in each stage that has one, lowest version first. */
export async function latestVersionRows(db: Database, names: readonly string[]): Promise<readonly ModelVersionRow[]> {
  const { rows } = await sql<ModelVersionRow>`
    select * from (
      select *, row_number() over (partition by name, current_stage order by version desc) as place
      from model_versions
      where workspace = ${WORKSPACE} and ${inList("name", names)} and current_stage <> ${DELETED_STAGE}
    ) as placed where place = 1 order by name, version`.execute(db);
  return rows;
}

export const touchRegisteredModel = (db: Database, name: string, now: number) =>
  db
    .updateTable("registered_models")
    .set({ last_updated_time: now })
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .execute();

export const archiveRefusal = (stage: Stage): EsteiraError =>
  new EsteiraError(
    "INTERNAL_ERROR",
    `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
  );

export async function readModelVersion(db: Database, name: string, version: number): Promise<ModelVersion> {
  const [model] = await toModelVersions(db, [await findModelVersion(db, name, version)], { aliases: true });
  return model!;
}

export const updateVersionRow = (
  db: Database,
  name: string,
  version: number,
  change: { description?: string | null; last_updated_time: number; current_stage?: string },
) =>
  db
    .updateTable("model_versions")
    .set(change)
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "=", version)
    .execute();
