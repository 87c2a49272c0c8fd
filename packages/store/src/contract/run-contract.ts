import { experimentId, runId } from "@esteira/core/ids";
import { describe, expect, test } from "vitest";
import { NO_ENTRIES, newExperiment, newRun, refused, type TrackingSubject } from "./support.ts";

export function describeRuns(subject: TrackingSubject): void {
  describe("runs", () => {
    test("start with defaults and a generated name, which is also a tag", async () => {
      const id = await newExperiment(subject.store);
      const run = await subject.store.createRun({ experimentId: id, userId: "", startTime: 0, tags: [] });
      expect(run.info).toMatchObject({ experimentId: id, status: "RUNNING", startTime: 0, lifecycleStage: "active" });
      expect(run.info.artifactUri).toBe(`mlflow-artifacts:/${id}/${run.info.runId}/artifacts`);
      expect(run.info.runName).toMatch(/^[a-z]+-[a-z]+-\d{1,4}$/);
      expect(run.info.runName.length).toBeLessThanOrEqual(20);
      expect(run.data.tags).toEqual([{ key: "mlflow.runName", value: run.info.runName }]);
      expect(await subject.store.getRun(run.info.runId)).toEqual(run);
    });

    test("take their name from the tag, and refuse two different names", async () => {
      const base = { experimentId: await newExperiment(subject.store), userId: "", startTime: 1 };
      const named = await subject.store.createRun({ ...base, tags: [{ key: "mlflow.runName", value: "b" }] });
      expect(named.info.runName).toBe("b");
      await refused(
        subject.store.createRun({ ...base, runName: "a", tags: [{ key: "mlflow.runName", value: "b" }] }),
        "INVALID_PARAMETER_VALUE",
        "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a', mlflow.runName='b').",
      );
    });

    test("that start at the same time are each as if alone, and one that is refused refuses no other", async () => {
      const [kept, deleted] = [await newExperiment(subject.store), await newExperiment(subject.store)];
      await subject.store.deleteExperiment(deleted);
      const inputs = Array.from({ length: 40 }, (_, index) => ({
        experimentId: index === 20 ? deleted : kept,
        userId: `user${index % 2}`,
        startTime: index,
        tags: index % 3 === 0 ? [{ key: "index", value: String(index) }] : [],
      }));
      const answers = await Promise.allSettled(inputs.map((input) => subject.store.createRun(input)));
      for (const [index, answer] of answers.entries()) {
        if (index === 20) {
          expect(answer).toMatchObject({ status: "rejected", reason: { code: "INVALID_PARAMETER_VALUE" } });
          continue;
        }
        if (answer.status === "rejected") throw answer.reason;
        const { userId, startTime, tags } = inputs[index]!;
        expect(answer.value.info).toMatchObject({ experimentId: kept, userId, startTime });
        expect(answer.value.data.tags).toEqual([...tags, { key: "mlflow.runName", value: answer.value.info.runName }]);
        expect(await subject.store.getRun(answer.value.info.runId)).toEqual(answer.value);
      }
      expect((await subject.store.searchRuns({ experimentIds: [deleted], viewType: "ALL" })).items).toEqual([]);
    });

    test("the name and its tag never differ", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const names = async () => {
        const { info, data } = await subject.store.getRun(run);
        return [info.runName, data.tags.find(({ key }) => key === "mlflow.runName")?.value];
      };
      await subject.store.updateRun(run, { runName: "one" });
      expect(await names()).toEqual(["one", "one"]);
      await subject.store.setTag(run, { key: "mlflow.runName", value: "two" });
      expect(await names()).toEqual(["two", "two"]);
      await subject.store.logBatch(run, { ...NO_ENTRIES, tags: [{ key: "mlflow.runName", value: "three" }] });
      expect(await names()).toEqual(["three", "three"]);
      await subject.store.setTag(run, { key: "mlflow.runName", value: "" });
      expect(await names()).toEqual(["three", "three"]);
    });

    test("end, are deleted and restored", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      expect(await subject.store.updateRun(run, { status: "FINISHED", endTime: 9 })).toMatchObject({
        status: "FINISHED",
        endTime: 9,
      });
      await subject.store.deleteRun(run);
      const state = `The run ${run} must be in the 'active' state. Current state is deleted.`;
      await refused(subject.store.logBatch(run, NO_ENTRIES), "INVALID_PARAMETER_VALUE", state);
      await refused(subject.store.updateRun(run, { status: "FAILED" }), "INVALID_PARAMETER_VALUE", state);
      await subject.store.restoreRun(run);
      expect((await subject.store.getRun(run)).info).toMatchObject({ status: "FINISHED", lifecycleStage: "active" });
    });

    test("unknown ones are refused everywhere", async () => {
      const nobody = runId("nope");
      const missing = ["RESOURCE_DOES_NOT_EXIST", "Run with id=nope not found"] as const;
      await refused(subject.store.getRun(nobody), ...missing);
      await refused(subject.store.updateRun(nobody, {}), ...missing);
      await refused(subject.store.deleteRun(nobody), ...missing);
      await refused(subject.store.restoreRun(nobody), ...missing);
      await refused(subject.store.logBatch(nobody, NO_ENTRIES), ...missing);
      await refused(subject.store.setTag(nobody, { key: "a", value: "" }), ...missing);
      await refused(
        subject.store.createRun({ experimentId: experimentId("9999"), userId: "", startTime: 0, tags: [] }),
        "RESOURCE_DOES_NOT_EXIST",
        "No Experiment with id=9999 exists",
      );
    });
  });
}
