import type { RunId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { forUpdate } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { checkDatasetInput, logInputs, logOutputs, searchDatasets } from "./inputs.ts";
import { isShortHistory, metricHistory, metricHistoryBulk } from "./metrics.ts";
import { createRun } from "./new-run.ts";
import { findActiveRun, findRun, toRunInfo } from "./run-data.ts";
import { checkBatch, log } from "./run-log.ts";
import { readRun } from "./run-read.ts";
import { searchRuns } from "./run-search.ts";
import { checkTag, deleteTag, RUN_NAME_TAG, setTags } from "./tags.ts";

type RunPart = Pick<
  TrackingStore,
  | "createRun"
  | "getRun"
  | "updateRun"
  | "deleteRun"
  | "restoreRun"
  | "searchRuns"
  | "logBatch"
  | "setTag"
  | "changeTag"
  | "deleteTag"
  | "logInputs"
  | "logOutputs"
  | "getMetricHistory"
  | "getMetricHistoryBulk"
  | "searchDatasets"
>;

export function runStore(session: Session, context: StoreContext): RunPart {
  const setStage = (id: RunId, stage: "active" | "deleted"): Promise<void> =>
    session.write(async (db) => {
      await findRun(db, id);
      const deleted_time = stage === "deleted" ? context.clock() : null;
      await db.updateTable("runs").set({ lifecycle_stage: stage, deleted_time }).where("run_uuid", "=", id).execute();
    });
  return {
    createRun: (input) => createRun(session, context, input),
    getRun: (id) => session.readOnce((db) => readRun(db, id)),
    updateRun: (id, change) =>
      session.write(async (db) => {
        await findActiveRun(db, id);
        const { status, endTime, runName } = change;
        if (status !== undefined || endTime !== undefined) {
          await db
            .updateTable("runs")
            .set({
              ...(status === undefined ? {} : { status }),
              ...(endTime === undefined ? {} : { end_time: endTime }),
            })
            .where("run_uuid", "=", id)
            .execute();
        }
        if (runName) await setTags(db, id, [{ key: RUN_NAME_TAG, value: runName }]);
        return toRunInfo(await findRun(db, id));
      }),
    deleteRun: (id) => setStage(id, "deleted"),
    restoreRun: (id) => setStage(id, "active"),
    searchRuns: (query) => searchRuns(session, query),
    logBatch: async (id, batch, { alone = false } = {}) => {
      await log(session, id, checkBatch(batch, alone), alone);
    },
    setTag: async (id, tag) => {
      await log(session, id, { metrics: [], params: [], tags: [checkTag(tag, undefined)] }, true);
    },
    changeTag: (id, key, change) =>
      session.write(async (db) => {
        // Whoever changes the same tag waits here.
        await findActiveRun(db, id, forUpdate);
        const found = await db
          .selectFrom("tags")
          .select("value")
          .where("run_uuid", "=", id)
          .where("key", "=", key)
          .executeTakeFirst();
        await setTags(db, id, [checkTag({ key, value: change(found?.value ?? undefined) }, undefined)]);
      }),
    deleteTag: (id, key) =>
      session.write(async (db) => {
        await findActiveRun(db, id);
        await deleteTag(db, id, key);
      }),
    logInputs: async (id, inputs) => {
      for (const dataset of inputs.datasets) checkDatasetInput(dataset);
      await session.write((db) => logInputs(db, context.newId, id, inputs));
    },
    logOutputs: (id, outputs) => session.write((db) => logOutputs(db, context.newId, id, outputs.models)),
    getMetricHistory: async (query) => {
      const history = (db: Database) => metricHistory(db, query);
      const short = await session.read(async (db) =>
        (await isShortHistory(db, query.runId, query.metricKey)) ? history(db) : undefined,
      );
      return short ?? session.scan(history);
    },
    getMetricHistoryBulk: (query) => session.scan((db) => metricHistoryBulk(db, query)),
    searchDatasets: (experimentIds) => session.read((db) => searchDatasets(db, experimentIds)),
  };
}
