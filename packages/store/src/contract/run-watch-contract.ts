import type { RunChanges } from "@esteira/core/entities/run-watch";
import { experimentId, runId } from "@esteira/core/ids";
import { describe, expect, test } from "vitest";
import type { RunQuerySubject } from "./run-query-contract.ts";
import { NO_ENTRIES, newExperiment, newRun, refused } from "./support.ts";

/** What a watcher of runs reads of what others write. */
export function describeRunWatch(subject: RunQuerySubject): void {
  describe("changes of watched runs", () => {
    const at = (step: number, value = step) => ({ key: "m", value, timestamp: 1000 + step, step });
    const stepsOf = (changes: RunChanges) => changes.points?.map((point) => point.step);

    test("begin with what the runs are, and go on with the points that are new", async () => {
      const { store } = subject;
      const run = await newRun(store, await newExperiment(store));
      await store.logBatch(run, { ...NO_ENTRIES, metrics: [at(0)], tags: [{ key: "b", value: "1" }] });
      const watched = { runIds: [run], experimentIds: [] };
      const first = await store.readRunChanges(watched);
      expect(first.points).toEqual([]);
      expect(first.live).toEqual([]);
      expect(first.runs.map(({ info, tags }) => [info.status, tags.map((tag) => tag.key)])).toEqual([
        ["RUNNING", ["b", "mlflow.runName"]],
      ]);
      await store.logBatch(run, { ...NO_ENTRIES, metrics: [at(5), at(3), at(4)] });
      const second = await store.readRunChanges(watched, first.position);
      expect(second.points?.map(({ runId: of, ...point }) => [of, point])).toEqual(
        expect.arrayContaining([3, 4, 5].map((step) => [run, at(step)])),
      );
      expect(second.points).toHaveLength(3);
      // Behind the latest value, the same once more, NaN: whatever was not there before.
      await store.logBatch(run, { ...NO_ENTRIES, metrics: [at(1), at(3), at(2, Number.NaN)] });
      const third = await store.readRunChanges(watched, second.position);
      expect(stepsOf(third)).toEqual([1, 2]);
      expect(third.points?.map((point) => point.value)).toEqual([1, Number.NaN]);
      // Who has lost the answers in between asks again from where it was.
      expect(stepsOf(await store.readRunChanges(watched, first.position))?.toSorted()).toEqual([1, 2, 3, 4, 5]);
      expect(stepsOf(await store.readRunChanges(watched, third.position))).toEqual([]);
      await store.updateRun(run, { status: "FINISHED", endTime: 9 });
      const last = await store.readRunChanges(watched, third.position);
      expect(last.runs[0]?.info).toMatchObject({ status: "FINISHED", endTime: 9 });
    });

    test("tell of an experiment the live runs alone", async () => {
      const { store } = subject;
      const id = await newExperiment(store);
      const [ended, deleted, old] = [await newRun(store, id), await newRun(store, id), await newRun(store, id)];
      await store.updateRun(ended, { status: "FAILED", endTime: 5 });
      await store.deleteRun(deleted);
      const watched = { runIds: [], experimentIds: [id] };
      const first = await store.readRunChanges(watched);
      expect(first.live).toEqual([old]);
      const { info } = await store.createRun({ experimentId: id, userId: "", startTime: 5000, tags: [] });
      for (const run of [ended, old, info.runId]) {
        await store.logBatch(run, { ...NO_ENTRIES, metrics: [at(1)] });
      }
      const second = await store.readRunChanges(watched, first.position);
      expect(second.live).toEqual([info.runId, old]);
      expect(second.runs.map((run) => run.info.runId).toSorted()).toEqual([info.runId, old].toSorted());
      expect(second.points?.map((point) => point.runId).toSorted()).toEqual([info.runId, old].toSorted());
      await store.updateRun(old, { status: "FINISHED", endTime: 5 });
      const third = await store.readRunChanges({ runIds: [old], experimentIds: [id] }, second.position);
      expect(third.live).toEqual([info.runId]);
      expect(third.runs.find((run) => run.info.runId === old)?.info.status).toBe("FINISHED");
    });

    test("give up counting points that are too many, and go on behind them", async () => {
      const { store } = subject;
      const run = await newRun(store, await newExperiment(store));
      const watched = { runIds: [run], experimentIds: [] };
      const { position } = await store.readRunChanges(watched);
      for (let from = 0; from < 11_000; from += 1000) {
        const metrics = Array.from({ length: 1000 }, (_, index) => at(from + index));
        await store.logBatch(run, { ...NO_ENTRIES, metrics });
      }
      const many = await store.readRunChanges(watched, position);
      expect(many.points).toBeUndefined();
      await store.logBatch(run, { ...NO_ENTRIES, metrics: [at(20_000)] });
      expect(stepsOf(await store.readRunChanges(watched, many.position))).toEqual([20_000]);
    });

    test("refuse what does not exist and what is no position", async () => {
      const { store } = subject;
      const run = await newRun(store, await newExperiment(store));
      await refused(
        store.readRunChanges({ runIds: [run, runId("nope")], experimentIds: [] }),
        "RESOURCE_DOES_NOT_EXIST",
        "Run with id=nope not found",
      );
      expect(await store.readRunChanges({ runIds: [], experimentIds: [experimentId("987654")] })).toMatchObject({
        runs: [],
        live: [],
      });
      for (const position of ["", "1", "r.1", "s.1", "r.-1.x", "s.1:2:x", "x".repeat(9000), "r.1.a; drop table runs"]) {
        await refused(
          store.readRunChanges({ runIds: [run], experimentIds: [] }, position),
          "INVALID_PARAMETER_VALUE",
          "is no position",
        );
      }
    });

    test("do not take the position of another database for its own", async () => {
      const { store } = subject;
      const run = await newRun(store, await newExperiment(store));
      const watched = { runIds: [run], experimentIds: [] };
      const { position } = await store.readRunChanges(watched);
      const foreign = position.startsWith("r.") ? "r.999999999.abcdefgh" : "s.999999999999:999999999999:";
      expect((await store.readRunChanges(watched, foreign)).points).toBeUndefined();
    });
  });
}
