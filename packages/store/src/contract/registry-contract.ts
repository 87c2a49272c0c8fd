import { experimentId, loggedModelId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newRun, type OpenStore, refused } from "./support.ts";

/** What every RegistryStore promises. It is opened together with the tracking store whose models it registers. */
export function describeRegistryStore(name: string, open: OpenStore<TrackingStore & RegistryStore>): void {
  describe(`registry in ${name}`, () => {
    let store: Awaited<ReturnType<typeof open>>;
    let model = "";
    let count = 0;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    beforeEach(async () => {
      model = `model ${++count}`;
      await store.createRegisteredModel({ name: model, tags: [] });
    });
    const newVersion = (source = "s3://bucket/model") => store.createModelVersion({ name: model, source, tags: [] });
    const stages = async () =>
      (await store.searchModelVersions({ filter: `name = '${model}'`, orderBy: ["version_number ASC"] })).items.map(
        (version) => version.currentStage,
      );

    test("a model keeps its description and tags", async () => {
      const name = `${model} full`;
      const tags = [{ key: "team", value: "fraud" }];
      const created = await store.createRegisteredModel({ name, description: "of Pix", tags });
      expect(created).toMatchObject({ name, description: "of Pix", tags, aliases: [], latestVersions: [] });
      expect(await store.getRegisteredModel(name)).toEqual(created);
      expect((await store.updateRegisteredModel(name, { description: "new" })).description).toBe("new");
      await store.setRegisteredModelTag(name, { key: "team", value: "credit" });
      expect((await store.getRegisteredModel(name)).tags).toEqual([{ key: "team", value: "credit" }]);
      await store.deleteRegisteredModelTag(name, "team");
      await store.deleteRegisteredModelTag(name, "team");
      expect((await store.getRegisteredModel(name)).tags).toEqual([]);
    });

    test("bad and taken names are refused", async () => {
      const create = (name: string) => store.createRegisteredModel({ name, tags: [] });
      await refused(create(model), "RESOURCE_ALREADY_EXISTS", `Registered Model (name=${model}) already exists.`);
      await refused(
        create("a/b"),
        "INVALID_PARAMETER_VALUE",
        "Invalid model name 'a/b'. Names cannot contain '/' or ':'.",
      );
      await refused(create(""), "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'.");
      const missing = ["RESOURCE_DOES_NOT_EXIST", "Registered Model with name=none not found"] as const;
      await refused(store.getRegisteredModel("none"), ...missing);
      await refused(store.updateRegisteredModel("none", {}), ...missing);
      await refused(store.renameRegisteredModel("none", "x"), ...missing);
      await refused(store.deleteRegisteredModel("none"), ...missing);
      await refused(store.getLatestVersions("none", []), ...missing);
      await refused(store.createModelVersion({ name: "none", source: "s3://x", tags: [] }), ...missing);
      await refused(
        store.setRegisteredModelTag(model, { key: "k", value: "v".repeat(100_001) }),
        "INVALID_PARAMETER_VALUE",
        "'value' exceeds the maximum length of 100000 characters",
      );
      await refused(
        store.createModelVersion({
          name: model,
          source: "dummy",
          tags: [{ key: "mlflow.prompt.text", value: "v".repeat(100_001) }],
        }),
        "INVALID_PARAMETER_VALUE",
        "Prompt text exceeds max length of 100000 characters.",
      );
    });

    test("renaming takes versions, tags and aliases along", async () => {
      await newVersion();
      await store.setModelVersionTag(model, "1", { key: "k", value: "v" });
      await store.setRegisteredModelTag(model, { key: "team", value: "x" });
      await store.setAlias(model, "champion", "1");
      const renamed = `${model} renamed`;
      expect(await store.renameRegisteredModel(model, renamed)).toMatchObject({
        name: renamed,
        aliases: [{ alias: "champion", version: "1" }],
        tags: [{ key: "team", value: "x" }],
      });
      expect(await store.getVersionByAlias(renamed, "champion")).toMatchObject({
        name: renamed,
        tags: [{ key: "k", value: "v" }],
      });
      await refused(store.getRegisteredModel(model), "RESOURCE_DOES_NOT_EXIST", "not found");
      await store.createRegisteredModel({ name: model, tags: [] });
      await refused(
        store.renameRegisteredModel(renamed, model),
        "RESOURCE_ALREADY_EXISTS",
        `Registered Model (name=${model}) already exists.`,
      );
    });

    test("deleting removes everything of the model", async () => {
      await newVersion();
      await store.setModelVersionTag(model, "1", { key: "k", value: "v" });
      await store.setAlias(model, "champion", "1");
      await store.deleteRegisteredModel(model);
      expect((await store.searchModelVersions({ filter: `name = '${model}'` })).items).toEqual([]);
      await store.createRegisteredModel({ name: model, tags: [] });
      expect(await store.getRegisteredModel(model)).toMatchObject({ aliases: [], latestVersions: [] });
    });

    test("versions count up, and a deleted number is not used again", async () => {
      expect([(await newVersion()).version, (await newVersion()).version]).toEqual(["1", "2"]);
      await store.setAlias(model, "champion", "2");
      await store.deleteModelVersion(model, "2");
      await refused(
        store.getModelVersion(model, "2"),
        "RESOURCE_DOES_NOT_EXIST",
        `Model Version (name=${model}, version=2) not found`,
      );
      await refused(
        store.getVersionByAlias(model, "champion"),
        "INVALID_PARAMETER_VALUE",
        "Registered model alias champion not found.",
      );
      expect((await newVersion()).version).toBe("3");
      expect(
        (await store.searchModelVersions({ filter: `name = '${model}'` })).items.map((one) => one.version),
      ).toEqual(["3", "1"]);
      await refused(
        store.getModelVersion(model, "abc"),
        "INVALID_PARAMETER_VALUE",
        "Parameter 'version' must be an integer, got 'abc'.",
      );
      await refused(
        store.updateModelVersion(model, "99", {}),
        "RESOURCE_DOES_NOT_EXIST",
        `Model Version (name=${model}, version=99) not found`,
      );
    });

    test("versions that are created together get different numbers", async () => {
      const versions = await Promise.all(Array.from({ length: 20 }, () => newVersion()));
      expect(new Set(versions.map((one) => one.version)).size).toBe(20);
    });

    test("a version of a logged model knows its run and where its bytes are", async () => {
      const run = await newRun(store, experimentId("0"));
      const logged = await store.createLoggedModel({
        experimentId: experimentId("0"),
        sourceRunId: run,
        params: [],
        tags: [],
      });
      const version = await store.createModelVersion({
        name: model,
        source: `models:/${logged.modelId}`,
        modelId: logged.modelId,
        tags: [{ key: "k", value: "v" }],
      });
      expect(version).toMatchObject({
        source: `models:/${logged.modelId}`,
        runId: run,
        modelId: logged.modelId,
        status: "READY",
        currentStage: "None",
        tags: [{ key: "k", value: "v" }],
      });
      expect(await store.getDownloadUri(model, "1")).toBe(logged.artifactUri);
      await store.setAlias(model, "champion", "1");
      await store.createModelVersion({ name: model, source: `models:/${model}@champion`, tags: [] });
      await store.createModelVersion({ name: model, source: `models:/${model}/2`, tags: [] });
      expect(await store.getDownloadUri(model, "3")).toBe(logged.artifactUri);
      const plain = await store.createModelVersion({
        name: model,
        source: "s3://b/k",
        runId: runId("other"),
        modelId: loggedModelId(logged.modelId),
        tags: [],
      });
      expect(plain.runId).toBe("other");
      await refused(
        newVersion("models:/m-nope"),
        "INVALID_PARAMETER_VALUE",
        "Logged model with ID 'm-nope' not found.",
      );
      await refused(
        newVersion("models:/a/b/c"),
        "INVALID_PARAMETER_VALUE",
        "Invalid model version source: 'models:/a/b/c'.",
      );
    });

    test("stages move, and archive the others when asked", async () => {
      for (let version = 0; version < 3; version++) await newVersion();
      const move = (version: string, stage: "Staging" | "Production" | "None", archiveExistingVersions = false) =>
        store.transitionStage(model, version, { stage, archiveExistingVersions });
      expect((await move("1", "Production")).currentStage).toBe("Production");
      await move("2", "Production");
      expect(await stages()).toEqual(["Production", "Production", "None"]);
      await move("3", "Production", true);
      expect(await stages()).toEqual(["Archived", "Archived", "Production"]);
      await refused(
        move("1", "None", true),
        "INTERNAL_ERROR",
        "Model version transition cannot archive existing model versions because 'None' is not an Active stage. Valid stages are ['Staging', 'Production']",
      );
      await refused(move("99", "Production", true), "RESOURCE_DOES_NOT_EXIST", "version=99");
      expect(await stages()).toEqual(["Archived", "Archived", "Production"]);
    });

    test("the latest version of each stage", async () => {
      for (let version = 0; version < 4; version++) await newVersion();
      await store.transitionStage(model, "1", { stage: "Production", archiveExistingVersions: false });
      await store.transitionStage(model, "2", { stage: "Production", archiveExistingVersions: false });
      await store.setAlias(model, "champion", "2");
      const latest = async (...wanted: string[]) =>
        (await store.getLatestVersions(model, wanted)).map((one) => `${one.currentStage} ${one.version}`);
      expect(new Set(await latest())).toEqual(new Set(["Production 2", "None 4"]));
      expect(await latest("production")).toEqual(["Production 2"]);
      expect((await store.getLatestVersions(model, ["Production"]))[0]?.aliases).toEqual(["champion"]);
      expect((await store.getRegisteredModel(model)).latestVersions.map((one) => one.version)).toEqual(["2", "4"]);
      await refused(
        latest("Bogus"),
        "INVALID_PARAMETER_VALUE",
        "Invalid Model Version stage: Bogus. Value must be one of None, Staging, Production, Archived.",
      );
      expect((await store.getVersionByAlias(model, "latest")).version).toBe("4");
    });

    test("aliases point at one version and move", async () => {
      await newVersion();
      await newVersion();
      await store.setAlias(model, "champion", "1");
      await store.setAlias(model, "champion", "2");
      await store.setAlias(model, "ok-1_A", "2");
      expect((await store.getModelVersion(model, "2")).aliases).toEqual(["champion", "ok-1_A"]);
      expect((await store.getModelVersion(model, "1")).aliases).toEqual([]);
      await store.deleteAlias(model, "champion");
      await store.deleteAlias(model, "champion");
      await refused(
        store.getVersionByAlias(model, "champion"),
        "INVALID_PARAMETER_VALUE",
        "Registered model alias champion not found.",
      );
      await refused(
        store.setAlias(model, "latest", "1"),
        "INVALID_PARAMETER_VALUE",
        "'latest' alias name (case insensitive) is reserved.",
      );
      await refused(
        store.setAlias(model, "v1", "1"),
        "INVALID_PARAMETER_VALUE",
        "Version alias name 'v1' is reserved.",
      );
      await refused(
        store.setAlias(model, "x", "99"),
        "RESOURCE_DOES_NOT_EXIST",
        `Model Version (name=${model}, version=99) not found`,
      );
      await refused(
        store.getVersionByAlias("none", "x"),
        "RESOURCE_DOES_NOT_EXIST",
        "Registered Model with name=none not found",
      );
    });

    test("version tags and descriptions", async () => {
      await newVersion();
      await store.setModelVersionTag(model, "1", { key: "k", value: "1" });
      await store.setModelVersionTag(model, "1", { key: "k", value: "2" });
      expect((await store.updateModelVersion(model, "1", { description: "best" })).description).toBe("best");
      expect((await store.getModelVersion(model, "1")).tags).toEqual([{ key: "k", value: "2" }]);
      await store.deleteModelVersionTag(model, "1", "k");
      await store.deleteModelVersionTag(model, "1", "nope");
      expect((await store.getModelVersion(model, "1")).tags).toEqual([]);
    });

    test("a model and a prompt never have one name, and the refusal says which was first", async () => {
      const prompt = `${model} ask`;
      const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
      await store.createRegisteredModel({ name: prompt, tags });
      await refused(
        store.createRegisteredModel({ name: prompt, tags }),
        "RESOURCE_ALREADY_EXISTS",
        `Prompt (name=${prompt}) already exists.`,
      );
      await refused(
        store.createRegisteredModel({ name: prompt, tags: [] }),
        "RESOURCE_ALREADY_EXISTS",
        `Tried to create a registered model with name '${prompt}', but the name is already taken by a prompt. MLflow does not allow creating a model and a prompt with the same name.`,
      );
      await refused(
        store.createRegisteredModel({ name: model, tags }),
        "RESOURCE_ALREADY_EXISTS",
        `Tried to create a prompt with name '${model}', but the name is already taken by a registered model. MLflow does not allow creating a model and a prompt with the same name.`,
      );
    });

    test("searching models pages by name, and leaves prompts out unless asked", async () => {
      const prefix = `${model} search`;
      for (const suffix of ["a", "b", "c"])
        await store.createRegisteredModel({ name: `${prefix}-${suffix}`, tags: [] });
      await store.createRegisteredModel({
        name: `${prefix}-p`,
        tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }],
      });
      const filter = `name LIKE '${prefix}%'`;
      const first = await store.searchRegisteredModels({ filter, maxResults: 2 });
      expect(first.items.map((one) => one.name)).toEqual([`${prefix}-a`, `${prefix}-b`]);
      const next = await store.searchRegisteredModels({ filter, maxResults: 2, pageToken: first.nextPageToken ?? "" });
      expect(next).toMatchObject({ items: [{ name: `${prefix}-c` }] });
      expect(next.nextPageToken).toBeUndefined();
      const prompts = await store.searchRegisteredModels({
        filter: `${filter} AND tags.\`mlflow.prompt.is_prompt\` = 'true'`,
      });
      expect(prompts.items.map((one) => one.name)).toEqual([`${prefix}-p`]);
      await refused(store.searchRegisteredModels({ maxResults: 1001 }), "INVALID_PARAMETER_VALUE", "max_results");
      await refused(
        store.searchModelVersions({ maxResults: 0 }),
        "INVALID_PARAMETER_VALUE",
        "Invalid value for max_results. It must be a positive integer, but got 0",
      );
    });
  });
}
