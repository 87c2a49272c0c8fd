import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";

const M = "/api/2.0/mlflow";
let server: Harness;
let run: string;
let other: string;
let model: string;

let name: string;
let count = 0;

beforeAll(async () => {
  server = await openHarness();
});
beforeEach(async () => {
  count += 1;
  name = `fraud-${count}`;
  const newRun = async () => {
    const { body } = await server.call("POST", `${M}/runs/create`, { experiment_id: "0", start_time: 1 });
    return String(body.run?.info?.run_id);
  };
  run = await newRun();
  other = await newRun();
  const { body } = await server.call("POST", `${M}/logged-models`, { experiment_id: "0", source_run_id: run });
  model = String(body.model?.info?.model_id);
  await server.call("POST", `${M}/registered-models/create`, { name });
});
afterAll(() => server.close());

const create = (fields: object) => server.call("POST", `${M}/model-versions/create`, { name, ...fields });

describe("the source of a version", () => {
  it("may lie inside the run's or the model's artifacts, or in a bucket", async () => {
    for (const fields of [
      { source: `mlflow-artifacts:/0/${run}/artifacts/model`, run_id: run },
      { source: `runs:/${run}/model`, run_id: run },
      { source: `models:/${model}`, model_id: model },
      { source: "s3://bucket/key" },
    ]) {
      expect(await create(fields)).toMatchObject({ status: 200 });
    }
  });

  it.each<[string, (ids: { run: string; other: string; model: string }) => object]>([
    ["a local file", () => ({ source: "file:///etc" })],
    ["a path", ({ run }) => ({ source: "/etc/passwd", run_id: run })],
    ["localhost", () => ({ source: "file://localhost/etc" })],
    ["upper case", () => ({ source: "FILE:///etc" })],
    ["no run", ({ run }) => ({ source: `mlflow-artifacts:/0/${run}/artifacts` })],
    ["another run", ({ run, other }) => ({ source: `mlflow-artifacts:/0/${other}/artifacts`, run_id: run })],
    ["a longer name", ({ run }) => ({ source: `mlflow-artifacts:/0/${run}/artifacts-evil`, run_id: run })],
    ["..", ({ run, other }) => ({ source: `mlflow-artifacts:/0/${run}/artifacts/../../${other}`, run_id: run })],
    ["encoded ..", ({ run }) => ({ source: `mlflow-artifacts:/0/${run}/artifacts/%252e%252e/x`, run_id: run })],
    ["a query", () => ({ source: "http://h/?/../../etc" })],
    ["a fragment", () => ({ source: "s3://bucket/a#/../b" })],
    ["another run's runs:", ({ run, other }) => ({ source: `runs:/${other}/x`, run_id: run })],
    ["a model without its id", ({ model }) => ({ source: `models:/${model}` })],
    ["another model", ({ model }) => ({ source: "models:/m-other", model_id: model })],
    ["another registry", () => ({ source: "models://host/fraud/1" })],
    ["a script", () => ({ source: "javascript:alert(1)" })],
    ["a prompt's tag", () => ({ source: "file:///etc", tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] })],
  ])("must not be elsewhere: %s", async (_, fields) => {
    expect(await create(fields({ run, other, model }))).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE" },
    });
    const { body } = await server.call("GET", `${M}/model-versions/search?filter=name%3D'${name}'`);
    expect(body).toEqual({});
  });

  it("takes the run of the version that it refers to", async () => {
    await create({ source: `mlflow-artifacts:/0/${run}/artifacts/model`, run_id: run });
    await server.call("POST", `${M}/registered-models/alias`, { name, alias: "champion", version: "1" });
    const { body } = await create({ source: `models:/${name}@champion` });
    expect(body).toMatchObject({ model_version: { source: `models:/${name}/1`, run_id: run } });
    expect(await create({ source: `models:/${name}/1`, run_id: other })).toMatchObject({ status: 400 });
  });
});

it("tells the logged model under which names it is registered", async () => {
  await create({ source: `models:/${model}`, model_id: model });
  await create({ source: `models:/${model}`, model_id: model });
  const { body } = await server.call("GET", `${M}/logged-models/${model}`);
  const tags = body.model?.info?.tags as unknown as readonly { key: string; value: string }[];
  expect(tags.find(({ key }) => key === "mlflow.modelVersions")?.value).toBe(
    `[{"name": "${name}", "version": 1}, {"name": "${name}", "version": 2}]`,
  );
});

it("matches stages without case and refuses others", async () => {
  await create({ source: "s3://bucket/key" });
  const move = (stage: string) =>
    server.call("POST", `${M}/model-versions/transition-stage`, { name, version: "1", stage });
  expect(await move("PRODUCTION")).toMatchObject({ body: { model_version: { current_stage: "Production" } } });
  expect(await move("Bogus")).toMatchObject({ status: 400 });
});
