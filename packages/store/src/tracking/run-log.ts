import { invalid } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import { LIMITS } from "@esteira/core/names";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { Session, SharedWork } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { logModelMetrics } from "./logged-model-metrics.ts";
import { checkMetric, logMetrics } from "./metrics.ts";
import { addParams, checkDistinctKeys, checkParam, logParams } from "./params.ts";
import { findActiveRun } from "./run-data.ts";
import { checkTag, putTags, RUN_NAME_TAG, setTags } from "./tags.ts";

type Batch = Parameters<TrackingStore["logBatch"]>[1];

/** The batch as it is stored; throws where it asks for too much, or for what no run can have. `alone` chooses MLflow's wording. */
export function checkBatch(batch: Batch, alone: boolean): Batch {
  const total = batch.metrics.length + batch.params.length + batch.tags.length;
  const at = (index: number): number | undefined => (alone ? undefined : index);
  checkCount("metrics", LIMITS.batchMetrics, batch.metrics.length);
  checkCount("params", LIMITS.batchParams, batch.params.length);
  checkCount("tags", LIMITS.batchTags, batch.tags.length);
  checkCount("metrics, params, and tags", LIMITS.batchTotal, total);
  batch.metrics.forEach((metric, index) => {
    checkMetric(metric, at(index));
  });
  const params = batch.params.map((param, index) => checkParam(param, at(index)));
  const tags = batch.tags.map((tag, index) => checkTag(tag, at(index)));
  checkDistinctKeys(params);
  return { metrics: batch.metrics, params, tags };
}

function checkCount(what: string, limit: number, count: number): void {
  if (count <= limit) return;
  throw invalid(
    `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. Please split up ${what} across multiple requests and try again.`,
  );
}

/** Writes a checked batch to an active run. */
export function log(session: Session, id: RunId, batch: Batch, alone: boolean): Promise<void> {
  const isPlain =
    batch.metrics.every(({ modelId }) => modelId === undefined) && batch.tags.every(({ key }) => key !== RUN_NAME_TAG);
  return isPlain
    ? session.writeShared(new LogWork(id, batch, alone))
    : session.write((db) => logBatch(db, id, batch, alone));
}

/** What is logged to a run and touches nothing but metrics, params and tags: most of what training sends. */
class LogWork implements SharedWork {
  readonly id: RunId;
  readonly batch: Batch;
  readonly #isAlone: boolean;
  readonly together = logTogether;

  constructor(id: RunId, batch: Batch, isAlone: boolean) {
    this.id = id;
    this.batch = batch;
    this.#isAlone = isAlone;
  }

  alone(db: Database): Promise<void> {
    return logBatch(db, this.id, this.batch, this.#isAlone);
  }
}

async function logBatch(db: Database, id: RunId, batch: Batch, alone: boolean): Promise<void> {
  const run = await findActiveRun(db, id);
  await logParams(db, id, batch.params, alone);
  await logMetrics(db, [{ id, metrics: batch.metrics }]);
  await logModelMetrics(db, id, run.experiment_id ?? 0, batch.metrics);
  await setTags(db, id, batch.tags);
}

/** What the works do one after the other, by the statements of one. Throws when any of them would be refused, or might be. */
async function logTogether(db: Database, works: readonly SharedWork[]): Promise<void> {
  const logs = works.filter((work) => work instanceof LogWork);
  for (const id of new Set(logs.map((log) => log.id))) await findActiveRun(db, id);
  const params = logs.flatMap(({ id, batch }) => batch.params.map(({ key, value }) => [key, value, id] as const));
  if (params.length > 0 && (await addParams(db, params)) < params.length) {
    throw new Error("Some of the params are there already: whether that is a fault, each of the works says.");
  }
  await logMetrics(
    db,
    logs.map(({ id, batch }) => ({ id, metrics: batch.metrics })),
  );
  const tags = new Map(
    logs.flatMap(({ id, batch }) => batch.tags.map(({ key, value }) => [`${id} ${key}`, [key, value, id] as const])),
  );
  if (tags.size > 0) await putTags(db, [...tags.values()]);
}
