import { experimentId, type RunId, runId } from "@esteira/core/ids";
import { fillSample } from "@esteira/store/contract/sample-data";
import { openStore } from "@esteira/store/open";
import Libsql from "libsql";
import type { Known } from "./requests.ts";

const NO_ENTRIES = { metrics: [], params: [], tags: [] };

/** Fills a database: what `fillSample` makes, histories, datasets of models, and ties and gaps that no call can make. */
export async function fillDatabase(path: string): Promise<Known> {
  const store = await openStore({ uri: `sqlite:///${path}`, artifactRoot: "mlflow-artifacts:/" });
  try {
    const { experimentIds, runIds } = await fillSample(store, 7, 60);
    const active: RunId[] = [];
    for (const id of runIds) {
      const { info } = await store.getRun(id);
      if (info.lifecycleStage === "active") active.push(info.runId);
    }
    const [one = runId(""), two = runId(""), three = runId("")] = active;
    const points = (count: number, offset: number) =>
      Array.from({ length: count }, (_, step) => ({
        key: "long",
        value: (step * 7919) % 101,
        timestamp: 5 + (step % 3),
        step: step + offset,
      }));
    await store.logBatch(one, { ...NO_ENTRIES, metrics: points(300, 0) });
    await store.logBatch(two, { ...NO_ENTRIES, metrics: points(120, 50) });
    await store.logBatch(three, { ...NO_ENTRIES, metrics: points(2, 10) });
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5, 0, 1e-300];
    const mixed = values.flatMap((value, index) => [
      { key: "mixed", value, timestamp: 9 - index, step: index % 2 },
      { key: "mixed", value, timestamp: 4, step: -3 },
    ]);
    const keys = ["a.b", "a b", "a/b"].map((key, index) => ({ key, value: index, timestamp: 1, step: 0 }));
    await store.logBatch(one, { ...NO_ENTRIES, metrics: [...mixed, ...keys], params: [{ key: "ação", value: "x" }] });
    const ids = experimentIds.map((id) => experimentId(id));
    const models = (await store.searchLoggedModels({ experimentIds: ids })).items.map((model) => model.modelId);
    for (const [index, modelId] of models.entries()) {
      const metrics = [0, 1, 2].map((step) => ({
        key: "auc",
        value: [0.5, 0.9, Number.NaN, 0.7][(index + step) % 4] ?? 0,
        timestamp: step === 2 ? 1 : step,
        step,
        modelId,
        datasetName: step === 0 ? "train" : "test",
        datasetDigest: index % 2 === 0 ? "d1" : "d2",
      }));
      if (index % 3 !== 0) await store.logBatch(active[index % active.length] ?? one, { ...NO_ENTRIES, metrics });
    }
    for (const name of ["50% off", "a_b", "Ação", "gone"])
      await store.createExperiment({ name, tags: [{ key: "team", value: name }] });
    await store.deleteExperiment((await store.getExperimentByName("gone")).experimentId);
    await makeTies(path);
    return { experimentIds: ids, runIds: active, modelIds: models };
  } finally {
    await store.close();
  }
}

async function makeTies(path: string): Promise<void> {
  const database = new Libsql(path);
  database.exec(`
    PRAGMA busy_timeout = 5000;
    UPDATE experiments SET creation_time = 1000, last_update_time = 5 WHERE experiment_id % 2 = 0;
    UPDATE experiments SET last_update_time = NULL WHERE experiment_id = 3;
    UPDATE registered_models SET last_updated_time = 1000 WHERE name <> 'fraud';
    UPDATE model_versions SET creation_time = 1000, last_updated_time = 2000 + version % 2;
    UPDATE logged_models SET creation_timestamp_ms = 1000 + (unicode(substr(model_id, 3)) % 3);
    UPDATE runs SET name = NULL WHERE rowid % 17 = 0;
    UPDATE model_versions SET description = '', run_link = '' WHERE description IS NULL;
  `);
  database.close();
}
