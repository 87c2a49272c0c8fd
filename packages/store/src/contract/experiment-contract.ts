import { experimentId } from "@esteira/core/ids";
import { describe, expect, test } from "vitest";
import { newExperiment, newRun, refused, type TrackingSubject } from "./support.ts";

export function describeExperiments(subject: TrackingSubject): void {
  describe("experiments", () => {
    test("the default one is there", async () => {
      expect(await subject.store.getExperiment(experimentId("0"))).toMatchObject({
        name: "Default",
        artifactLocation: "mlflow-artifacts:/0",
        lifecycleStage: "active",
      });
    });

    test("are created with a location of their own and their tags", async () => {
      const tags = [{ key: "team", value: "fraud" }];
      const id = await subject.store.createExperiment({ name: "with tags", tags });
      expect(await subject.store.getExperiment(id)).toMatchObject({
        experimentId: id,
        name: "with tags",
        artifactLocation: `mlflow-artifacts:/${id}`,
        tags,
      });
      expect((await subject.store.getExperimentByName("with tags")).experimentId).toBe(id);
      const given = await subject.store.createExperiment({
        name: "given",
        artifactLocation: "s3://bucket/x",
        tags: [],
      });
      expect((await subject.store.getExperiment(given)).artifactLocation).toBe("s3://bucket/x");
    });

    test("bad names, ids and locations are refused", async () => {
      await refused(
        subject.store.createExperiment({ name: "Default", tags: [] }),
        "RESOURCE_ALREADY_EXISTS",
        "Experiment(name=Default) already exists.",
      );
      await refused(
        subject.store.createExperiment({ name: "n".repeat(501), tags: [] }),
        "INVALID_PARAMETER_VALUE",
        "'name' exceeds the maximum length of 500 characters",
      );
      await refused(
        subject.store.createExperiment({ name: "fragment", artifactLocation: "file:///tmp/x#frag", tags: [] }),
        "INVALID_PARAMETER_VALUE",
        "'artifact_location' URL can't include fragments or params.",
      );
      await refused(
        subject.store.getExperiment(experimentId("9999")),
        "RESOURCE_DOES_NOT_EXIST",
        "No Experiment with id=9999 exists",
      );
      await refused(
        subject.store.getExperiment(experimentId("abc")),
        "INVALID_PARAMETER_VALUE",
        "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.",
      );
      await refused(
        subject.store.getExperimentByName("zzz"),
        "RESOURCE_DOES_NOT_EXIST",
        "Could not find experiment with name 'zzz'",
      );
    });

    test("deleting takes the runs along, restoring brings them back", async () => {
      const id = await newExperiment(subject.store);
      const run = await newRun(subject.store, id);
      await subject.store.deleteExperiment(id);
      expect((await subject.store.getExperiment(id)).lifecycleStage).toBe("deleted");
      expect((await subject.store.getRun(run)).info.lifecycleStage).toBe("deleted");
      await refused(
        subject.store.deleteExperiment(id),
        "RESOURCE_DOES_NOT_EXIST",
        `No Experiment with id=${id} exists`,
      );
      await refused(
        subject.store.renameExperiment(id, "other"),
        "INVALID_STATE",
        "Cannot rename a non-active experiment.",
      );
      await refused(
        newRun(subject.store, id),
        "INVALID_PARAMETER_VALUE",
        `The experiment ${id} must be in the 'active' state. Current state is deleted.`,
      );
      await subject.store.restoreExperiment(id);
      expect((await subject.store.getRun(run)).info.lifecycleStage).toBe("active");
      await refused(
        subject.store.restoreExperiment(id),
        "RESOURCE_DOES_NOT_EXIST",
        `No Experiment with id=${id} exists`,
      );
    });

    test("are renamed, but not to a taken name", async () => {
      const id = await newExperiment(subject.store);
      await subject.store.renameExperiment(id, `renamed ${id}`);
      expect((await subject.store.getExperiment(id)).name).toBe(`renamed ${id}`);
      await refused(subject.store.renameExperiment(id, "Default"), "BAD_REQUEST", "already exists");
      expect((await subject.store.getExperiment(id)).name).toBe(`renamed ${id}`);
    });

    test("tags are set, replaced and deleted", async () => {
      const id = await newExperiment(subject.store);
      await subject.store.setExperimentTag(id, { key: "k", value: "1" });
      await subject.store.setExperimentTag(id, { key: "k", value: "2" });
      expect((await subject.store.getExperiment(id)).tags).toEqual([{ key: "k", value: "2" }]);
      await subject.store.deleteExperimentTag(id, "k");
      await refused(
        subject.store.deleteExperimentTag(id, "k"),
        "RESOURCE_DOES_NOT_EXIST",
        `No tag with name: k in experiment with id ${id}`,
      );
      await refused(
        subject.store.setExperimentTag(id, { key: "k".repeat(251), value: "" }),
        "INVALID_PARAMETER_VALUE",
        "'key' exceeds the maximum length of 250 characters",
      );
      await refused(
        subject.store.setExperimentTag(id, { key: "k", value: "v".repeat(20_001) }),
        "INVALID_PARAMETER_VALUE",
        "'value' exceeds the maximum length of 20000 characters",
      );
    });
  });
}
