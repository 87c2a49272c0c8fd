import { invalid, notFound } from "@esteira/core/errors";
import { parseExperimentId } from "@esteira/core/names";
import { inList } from "../../database/sql.ts";
import { type Database, WORKSPACE } from "../../database/tables.ts";
import type { Selection } from "./selection.ts";

export type Kind = "run" | "logged model";

/** A run or logged model as the database has it. */
export interface Found {
  readonly kind: Kind;
  readonly id: string;
  readonly experimentId: number;
  readonly location: string;
  /** Milliseconds since the epoch; undefined while it is active. A run of an old database may have no time: then 0. */
  readonly deletedAt: number | undefined;
}

const runs = (db: Database) =>
  db
    .selectFrom("runs")
    .select(["run_uuid", "experiment_id", "artifact_uri", "lifecycle_stage", "deleted_time"])
    .orderBy("run_uuid");
const models = (db: Database) =>
  db
    .selectFrom("logged_models")
    .select(["model_id", "experiment_id", "artifact_location", "lifecycle_stage", "last_updated_timestamp_ms"])
    .orderBy("model_id");

type RunRow = Awaited<ReturnType<ReturnType<typeof runs>["execute"]>>[number];
type ModelRow = Awaited<ReturnType<ReturnType<typeof models>["execute"]>>[number];

const toFoundRun = (row: RunRow): Found => ({
  kind: "run",
  id: row.run_uuid,
  experimentId: row.experiment_id ?? 0,
  location: row.artifact_uri ?? "",
  deletedAt: row.lifecycle_stage === "deleted" ? (row.deleted_time ?? 0) : undefined,
});
const toFoundModel = (row: ModelRow): Found => ({
  kind: "logged model",
  id: row.model_id,
  experimentId: row.experiment_id,
  location: row.artifact_location,
  deletedAt: row.lifecycle_stage === "deleted" ? row.last_updated_timestamp_ms : undefined,
});

/** As in MLflow, a run that was deleted before deletions had a time goes only when it is named, or with its experiment. */
export const deletedRuns = async (db: Database): Promise<readonly Found[]> =>
  (await runs(db).where("lifecycle_stage", "=", "deleted").where("deleted_time", "is not", null).execute()).map(
    toFoundRun,
  );

export const deletedModels = async (db: Database): Promise<readonly Found[]> =>
  (await models(db).where("lifecycle_stage", "=", "deleted").execute()).map(toFoundModel);

/** All runs and logged models of these experiments, active ones too. */
export async function membersOf(db: Database, experimentIds: readonly number[]): Promise<readonly Found[]> {
  if (experimentIds.length === 0) return [];
  const inside = inList("experiment_id", experimentIds);
  return [
    ...(await runs(db).where(inside).execute()).map(toFoundRun),
    ...(await models(db).where(inside).execute()).map(toFoundModel),
  ];
}

export async function namedRuns(db: Database, ids: readonly string[]): Promise<readonly Found[]> {
  if (ids.length === 0) return [];
  const found = (await runs(db).where(inList("run_uuid", ids)).execute()).map(toFoundRun);
  assertAll(ids, found, (id) => `Run with id=${id} not found`);
  return found;
}

export async function namedModels(db: Database, ids: readonly string[]): Promise<readonly Found[]> {
  if (ids.length === 0) return [];
  const found = (await models(db).where(inList("model_id", ids)).execute()).map(toFoundModel);
  assertAll(ids, found, (id) => `Logged model with ID '${id}' not found.`);
  return found;
}

function assertAll(ids: readonly string[], found: readonly Found[], missing: (id: string) => string): void {
  const known = new Set(found.map(({ id }) => id));
  const absent = ids.find((id) => !known.has(id));
  if (absent !== undefined) throw notFound(missing(absent));
}

/** A run or logged model that was named must be deleted, and long enough ago. */
export function checkNamed({ kind, id, deletedAt }: Found, isOld: boolean, { olderThan }: Selection): void {
  const title = kind === "run" ? "Run" : "Logged model";
  if (deletedAt === undefined) {
    throw invalid(
      `${title} ${id} is not in \`deleted\` lifecycle stage. Only ${kind}s in \`deleted\` lifecycle stage can be deleted.`,
    );
  }
  if (!isOld) {
    throw invalid(
      `${title} ${id} is not older than the required age. Only ${kind}s older than ${olderThan?.text} can be deleted.`,
    );
  }
}

/** The experiments that were named, each of which must be deleted and old enough; else all that are. */
export async function chooseExperiments(
  db: Database,
  { experimentIds, olderThan, onlyNamed }: Selection,
  threshold: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  const rows = await db
    .selectFrom("experiments")
    .select(["experiment_id as id", "name", "lifecycle_stage as stage", "last_update_time as updated"])
    .where("workspace", "=", WORKSPACE)
    .orderBy("experiment_id")
    .execute();
  const isOld = (row: (typeof rows)[number]): boolean =>
    olderThan === undefined || (row.updated !== null && row.updated < threshold);
  if (experimentIds === undefined) {
    return onlyNamed ? [] : rows.filter((row) => row.stage === "deleted" && isOld(row));
  }
  const byId = new Map(rows.map((row) => [row.id, row]));
  const named = [...new Set(experimentIds)].map((text) => {
    const row = byId.get(parseExperimentId(text));
    if (row === undefined) throw notFound(`No Experiment with id=${text} exists`);
    return row;
  });
  const list = (some: typeof named): string => `[${some.map(({ id }) => `'${id}'`).join(", ")}]`;
  const active = named.filter(({ stage }) => stage !== "deleted");
  if (active.length > 0) {
    throw invalid(
      `Experiments ${list(active)} are not in the deleted lifecycle stage. Only experiments in the deleted lifecycle stage can be hard-deleted.`,
    );
  }
  const young = named.filter((row) => !isOld(row));
  if (young.length > 0) {
    throw invalid(
      `Experiments ${list(young)} are not older than the required age. Only experiments older than ${olderThan?.text} can be deleted.`,
    );
  }
  return named;
}
