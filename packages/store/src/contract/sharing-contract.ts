import { setImmediate as nextTurn } from "node:timers/promises";
import { type ExperimentId, experimentId, type RunId } from "@esteira/core/ids";
import { afterEach, describe, expect, test } from "vitest";
import type { Store } from "../open.ts";
import { seededRandom } from "./sample-data.ts";
import { NO_ENTRIES, newRun, refused } from "./support.ts";

/** What stores over one database promise each other. `openMany` gives some over a new, empty one. */
export function describeSharedDatabase(name: string, openMany: (count: number) => Promise<readonly Store[]>): void {
  describe(`several stores over one database in ${name}`, () => {
    let stores: readonly Store[] = [];
    afterEach(async () => {
      await Promise.all(stores.map((store) => store.close()));
    });
    const open = async (count: number): Promise<Store> => {
      stores = await openMany(count);
      return stores[0]!;
    };
    /** Every store does this at once, `each` times over. */
    const together = <T>(each: number, work: (store: Store, index: number) => Promise<T>): Promise<readonly T[]> =>
      Promise.all(stores.flatMap((store, at) => Array.from({ length: each }, (_, i) => work(store, at * each + i))));

    test("make its schema once, and see at once what another has written", async () => {
      await open(4);
      const ids = await together(1, (store, index) => store.createExperiment({ name: `e${index}`, tags: [] }));
      expect(new Set(ids).size).toBe(4);
      for (const store of stores) expect((await store.searchExperiments({})).items).toHaveLength(5);
    });

    test("tell a watcher every point once, whichever of them logs it and in whatever order", async () => {
      const store = await open(3);
      const run = await newRun(store, await store.createExperiment({ name: "watched", tags: [] }));
      const random = seededRandom(5);
      const steps = Array.from({ length: 900 }, (_, step) => step).sort(() => random() - 0.5);
      const watched = { runIds: [run], experimentIds: [] };
      let { position } = await store.readRunChanges(watched);
      const told: number[] = [];
      const look = async () => {
        const changes = await store.readRunChanges(watched, position);
        position = changes.position;
        for (const point of changes.points ?? []) told.push(Number(point.step));
      };
      let isLogging = true;
      const watching = (async () => {
        while (isLogging) {
          await look();
          // A look at SQLite leaves the loop of events no turn of its own.
          await nextTurn();
        }
        await look();
      })();
      await together(60, async (one, index) => {
        const metrics = steps
          .slice(index * 5, index * 5 + 5)
          .map((step) => ({ key: "m", value: 1, timestamp: step, step }));
        await one.logBatch(run, { ...NO_ENTRIES, metrics });
      });
      isLogging = false;
      await watching;
      expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 900 }, (_, step) => step));
    });

    test("let one of many take a name", async () => {
      await open(3);
      const results = await Promise.allSettled(
        stores.flatMap((store) => [
          store.createExperiment({ name: "one", tags: [] }),
          store.createExperiment({ name: "one", tags: [] }),
        ]),
      );
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "RESOURCE_ALREADY_EXISTS" });
      }
    });

    test("number the versions of a model one by one", async () => {
      const store = await open(3);
      await store.createRegisteredModel({ name: "m", tags: [] });
      const versions = await together(8, (one) => one.createModelVersion({ name: "m", source: "s3://b", tags: [] }));
      expect(versions.map(({ version }) => Number(version)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 24 }, (_, index) => index + 1),
      );
    });

    test("leave one version in Production, however many are promoted at once", async () => {
      const store = await open(3);
      await store.createRegisteredModel({ name: "m", tags: [] });
      for (let version = 0; version < 6; version++)
        await store.createModelVersion({ name: "m", source: "s3://b", tags: [] });
      for (let round = 0; round < 10; round++) {
        await together(2, (one, index) =>
          one.transitionStage("m", String(index + 1), { stage: "Production", archiveExistingVersions: true }),
        );
        const { items } = await store.searchModelVersions({ filter: "name = 'm'" });
        expect(items.filter(({ currentStage }) => currentStage === "Production")).toHaveLength(1);
      }
    });

    test("never let an alias point to a version that is gone", async () => {
      const store = await open(2);
      await store.createRegisteredModel({ name: "m", tags: [] });
      for (let version = 1; version <= 20; version++) {
        await store.createModelVersion({ name: "m", source: "s3://b", tags: [] });
        await Promise.allSettled([
          stores[0]!.setAlias("m", "champion", String(version)),
          stores[1]!.deleteModelVersion("m", String(version)),
        ]);
        expect((await store.getRegisteredModel("m")).aliases).toEqual([]);
      }
    });

    test("keep the first value of a param, and refuse every other one in MLflow's words", async () => {
      const store = await open(3);
      const run = await newRun(store, experimentId("0"));
      for (let key = 0; key < 10; key++) {
        const results = await Promise.allSettled(
          stores.map((one, index) =>
            one.logBatch(run, { ...NO_ENTRIES, params: [{ key: `p${key}`, value: String(index) }] }),
          ),
        );
        expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
        for (const result of results) {
          if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "INVALID_PARAMETER_VALUE" });
        }
      }
      const same = { ...NO_ENTRIES, params: [{ key: "same", value: "1" }] };
      await together(4, (one) => one.logBatch(run, same));
    });

    test("find the latest value whatever the order in which batches arrive", async () => {
      const store = await open(3);
      const run = await newRun(store, experimentId("0"));
      const random = seededRandom(5);
      const keys = Array.from({ length: 6 }, (_, index) => `m${index}`);
      const steps = Array.from({ length: 60 }, (_, step) => step).toSorted(() => random() - 0.5);
      await together(20, (one, index) => {
        const step = steps[index]!;
        const metrics = keys.map((key) => ({ key, value: step, timestamp: 1, step }));
        // Opposite orders would wait for each other.
        return one.logBatch(run, { ...NO_ENTRIES, metrics: index % 2 === 0 ? metrics : metrics.toReversed() });
      });
      const { data } = await store.getRun(run);
      expect(new Set(data.metrics.map(({ key }) => key))).toEqual(new Set(keys));
      expect(data.metrics.every(({ step, value }) => step === 59 && value === 59)).toBe(true);
      expect((await store.getMetricHistory({ runId: run, metricKey: "m3" })).items).toHaveLength(60);
    });

    test("set tags in any order at once, and a run's name with its tag", async () => {
      const store = await open(3);
      const run = await newRun(store, experimentId("0"));
      const keys = ["a", "b", "c", "mlflow.runName"];
      await together(10, (one, index) => {
        const tags = keys.map((key) => ({ key, value: `${key} ${index}` }));
        return one.logBatch(run, { ...NO_ENTRIES, tags: index % 2 === 0 ? tags : tags.toReversed() });
      });
      const { info, data } = await store.getRun(run);
      expect(data.tags.find(({ key }) => key === "mlflow.runName")?.value).toBe(info.runName);
    });

    test("add to one list in a tag at once, and lose nothing", async () => {
      const store = await open(3);
      const run = await newRun(store, experimentId("0"));
      const { modelId } = await store.createLoggedModel({ experimentId: experimentId("0"), params: [], tags: [] });
      await together(10, async (one, index) => {
        const add = (value: string | undefined) => `${value ?? ""}[${index}]`;
        await Promise.all([one.changeTag(run, "list", add), one.changeLoggedModelTag(modelId, "list", add)]);
      });
      const sorted = (value: string | undefined) =>
        [...(value ?? "").matchAll(/\d+/g)].map(Number).sort((a, b) => a - b);
      const all = Array.from({ length: 30 }, (_, index) => index);
      const { data } = await store.getRun(run);
      expect(sorted(data.tags.find(({ key }) => key === "list")?.value)).toEqual(all);
      const model = await store.getLoggedModel(modelId);
      expect(sorted(model.tags.find(({ key }) => key === "list")?.value)).toEqual(all);
    });

    test("leave no active run in a deleted experiment", async () => {
      const store = await open(2);
      for (let round = 0; round < 10; round++) {
        const id = await store.createExperiment({ name: `to delete ${round}`, tags: [] });
        await Promise.allSettled([
          ...Array.from({ length: 5 }, () => newRun(stores[1]!, id)),
          stores[0]!.deleteExperiment(id),
          ...Array.from({ length: 5 }, () => newRun(stores[1]!, id)),
        ]);
        expect(await activeRuns(store, id)).toEqual([]);
      }
    });

    test("know a dataset once, by however many runs it is read at once", async () => {
      const store = await open(3);
      const runs = await together(3, () => newRun(store, experimentId("0")));
      const input = {
        dataset: { name: "d", digest: "1", sourceType: "local", source: "{}" },
        tags: [{ key: "mlflow.data.context", value: "training" }],
      };
      await together(3, async (one, index) => {
        await one.logInputs(runs[index]!, { datasets: [input], models: [] });
        await one.logInputs(runs[0]!, { datasets: [input], models: [] });
      });
      expect(await store.searchDatasets([experimentId("0")])).toHaveLength(1);
      for (const run of runs) expect((await store.getRun(run)).inputs.datasets).toEqual([input]);
    });

    test("rename and delete a model only once", async () => {
      const store = await open(2);
      await store.createRegisteredModel({ name: "m", tags: [] });
      await store.createModelVersion({ name: "m", source: "s3://b", tags: [] });
      const results = await Promise.allSettled([
        stores[0]!.renameRegisteredModel("m", "n"),
        stores[1]!.renameRegisteredModel("m", "o"),
      ]);
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      const [left] = (await store.searchRegisteredModels({})).items;
      await Promise.allSettled(stores.map((one) => one.deleteRegisteredModel(left!.name)));
      await refused(store.getRegisteredModel(left!.name), "RESOURCE_DOES_NOT_EXIST", "not found");
    });
  });
}

async function activeRuns(store: Store, id: ExperimentId): Promise<readonly RunId[]> {
  const { items } = await store.searchRuns({ experimentIds: [id], viewType: "ACTIVE_ONLY" });
  return items.map((run) => run.info.runId);
}
