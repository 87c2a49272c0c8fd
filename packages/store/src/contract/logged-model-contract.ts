import { loggedModelId } from "@esteira/core/ids";
import { describe, expect, test } from "vitest";
import { NO_ENTRIES, newExperiment, newRun, refused, type TrackingSubject } from "./support.ts";

export function describeLoggedModels(subject: TrackingSubject): void {
  describe("datasets and models", () => {
    test("a run shows its inputs and outputs, each once", async () => {
      const id = await newExperiment(subject.store);
      const run = await newRun(subject.store, id);
      const dataset = { name: "d", digest: "abc", sourceType: "local", source: "{}", schema: "{}" };
      const input = { dataset, tags: [{ key: "mlflow.data.context", value: "training" }] };
      const model = loggedModelId("m-1");
      await subject.store.logInputs(run, { datasets: [input, input], models: [{ modelId: model }] });
      await subject.store.logInputs(run, { datasets: [input], models: [] });
      await subject.store.logOutputs(run, { models: [{ modelId: model, step: 3 }] });
      const { inputs, outputs } = await subject.store.getRun(run);
      expect(inputs).toEqual({ datasets: [input], models: [{ modelId: model }] });
      expect(outputs).toEqual({ models: [{ modelId: model, step: 3 }] });
      expect(await subject.store.searchDatasets([id])).toEqual([{ experimentId: id, dataset, context: "training" }]);
      await refused(
        subject.store.logInputs(run, {
          datasets: [{ dataset: { ...dataset, digest: "x".repeat(37) }, tags: [] }],
          models: [],
        }),
        "INVALID_PARAMETER_VALUE",
        "'digest' exceeds the maximum length of 36 characters",
      );
    });

    test("a logged model is created, finished, tagged and deleted", async () => {
      const id = await newExperiment(subject.store);
      const run = await newRun(subject.store, id);
      const created = await subject.store.createLoggedModel({
        experimentId: id,
        name: "lm",
        sourceRunId: run,
        params: [{ key: "a", value: "1" }],
        tags: [{ key: "t", value: "v" }],
      });
      expect(created).toMatchObject({ name: "lm", status: "LOGGED_MODEL_PENDING", sourceRunId: run, modelType: "" });
      expect(created.artifactUri).toBe(`mlflow-artifacts:/${id}/models/${created.modelId}/artifacts`);
      expect(created.modelId).toMatch(/^m-[0-9a-f]{32}$/);
      expect((await subject.store.finalizeLoggedModel(created.modelId, "LOGGED_MODEL_READY")).status).toBe(
        "LOGGED_MODEL_READY",
      );
      await subject.store.setLoggedModelTags(created.modelId, [
        { key: "t", value: "w" },
        { key: "u", value: "x" },
      ]);
      await subject.store.deleteLoggedModelTag(created.modelId, "u");
      await refused(
        subject.store.deleteLoggedModelTag(created.modelId, "u"),
        "RESOURCE_DOES_NOT_EXIST",
        `No tag with key 'u' found for model with ID '${created.modelId}'.`,
      );
      await subject.store.logLoggedModelParams(created.modelId, [{ key: "b", value: "2" }]);
      await refused(
        subject.store.logLoggedModelParams(created.modelId, [{ key: "b", value: "3" }]),
        "INVALID_PARAMETER_VALUE",
        "Changing param values is not allowed.",
      );
      const metric = {
        key: "auc",
        value: 0.9,
        timestamp: 1,
        step: 0,
        modelId: created.modelId,
        datasetName: "d",
        datasetDigest: "x",
      };
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [metric] });
      const model = await subject.store.getLoggedModel(created.modelId);
      expect(model.tags).toEqual([{ key: "t", value: "w" }]);
      expect(model.params).toEqual([
        { key: "a", value: "1" },
        { key: "b", value: "2" },
      ]);
      expect(model.metrics).toEqual([{ ...metric, runId: run }]);
      await subject.store.deleteLoggedModel(created.modelId);
      await refused(
        subject.store.getLoggedModel(created.modelId),
        "RESOURCE_DOES_NOT_EXIST",
        `Logged model with ID '${created.modelId}' not found.`,
      );
      await refused(
        subject.store.createLoggedModel({ experimentId: id, name: "a/b", params: [], tags: [] }),
        "INVALID_PARAMETER_VALUE",
        "Invalid model name ('a/b') provided.",
      );
    });

    test("logged models are searched with tokens that belong to their query", async () => {
      const id = await newExperiment(subject.store);
      for (const name of ["a", "b", "c"])
        await subject.store.createLoggedModel({ experimentId: id, name, params: [], tags: [] });
      const query = { experimentIds: [id], orderBy: [{ fieldName: "name" }], maxResults: 2 };
      const first = await subject.store.searchLoggedModels(query);
      expect(first.items.map((model) => model.name)).toEqual(["a", "b"]);
      const pageToken = first.nextPageToken ?? "";
      expect(
        (await subject.store.searchLoggedModels({ ...query, pageToken })).items.map((model) => model.name),
      ).toEqual(["c"]);
      await refused(
        subject.store.searchLoggedModels({ ...query, filter: "name = 'a'", pageToken }),
        "INVALID_PARAMETER_VALUE",
        "Filter string in the page token do not match",
      );
      await refused(
        subject.store.searchLoggedModels({ ...query, pageToken: "bad" }),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token",
      );
      await refused(
        subject.store.searchLoggedModels({ ...query, orderBy: [{ fieldName: "bogus" }] }),
        "INVALID_PARAMETER_VALUE",
        "Invalid order by field name: bogus",
      );
      await refused(
        subject.store.searchLoggedModels({ ...query, orderBy: [{ fieldName: "params.a" }] }),
        "INVALID_PARAMETER_VALUE",
        "Invalid order by field name: params.a. Only metrics are supported.",
      );
      await refused(
        subject.store.searchLoggedModels({ ...query, datasets: [{ datasetName: "" }] }),
        "INVALID_PARAMETER_VALUE",
        "`dataset_name` in the `datasets` clause must be specified.",
      );
      expect(
        (await subject.store.searchLoggedModels({ experimentIds: [id], filter: "status = 'PENDING'" })).items,
      ).toHaveLength(3);
    });
  });
}
