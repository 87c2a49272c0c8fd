import { localArtifactStore } from "@esteira/store/artifacts/local";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";

const M = "/api/2.0/mlflow";
let server: Harness;
let run: string;

beforeAll(async () => {
  server = await openHarness();
});
beforeEach(async () => {
  const { body } = await server.call("POST", `${M}/runs/create`, { experiment_id: "0", start_time: "7" });
  run = String(body.run?.info?.run_id);
});
afterAll(() => server.close());

const post = (path: string, body: unknown) => server.call("POST", M + path, body);
const getRun = async () => (await server.call("GET", `${M}/runs/get?run_id=${run}`)).body.run;

describe("metrics", () => {
  it("keeps NaN and stores infinities as the largest double, in every spelling", async () => {
    for (const [key, value] of [
      ["a", "NaN"],
      ["b", '"NaN"'],
      ["c", "Infinity"],
      ["d", '"-Infinity"'],
      ["e", "1e400"],
    ]) {
      const body = `{"run_id": "${run}", "key": "${key}", "value": ${value}, "timestamp": 1}`;
      expect(await post("/runs/log-metric", body)).toMatchObject({ status: 200 });
    }
    const metrics = (await getRun())?.data?.metrics as unknown as readonly { key: string; value: unknown }[];
    const big = Number.MAX_VALUE;
    expect(metrics.map(({ key, value }) => [key, value])).toEqual([
      ["a", "NaN"],
      ["b", "NaN"],
      ["c", big],
      ["d", -big],
      ["e", big],
    ]);
  });

  it("keeps every digit of a 64-bit step and time, as numbers and as texts, and refuses a 65th bit", async () => {
    const sent = [
      `"timestamp": 9007199254740993, "step": 9223372036854775807`,
      `"timestamp": "9007199254740995", "step": "-9223372036854775808"`,
    ];
    for (const fields of sent) {
      const answer = await post(
        "/runs/log-metric",
        `{"run_id": "${run}", "key": "m", "value": 12345678901234567890, ${fields}}`,
      );
      expect(answer).toMatchObject({ status: 200 });
    }
    const history = await server.call("GET", `${M}/metrics/get-history?run_id=${run}&metric_key=m`);
    expect(history.text).toContain('"timestamp":9007199254740993,"step":9223372036854775807');
    expect(history.text).toContain('"timestamp":9007199254740995,"step":-9223372036854775808');
    expect((await server.call("GET", `${M}/runs/get?run_id=${run}`)).text).toContain('"step":9223372036854775807');
    expect((await post("/runs/search", { experiment_ids: ["0"] })).text).toContain('"step":9223372036854775807');
    const refused = await post(
      "/runs/log-metric",
      `{"run_id": "${run}", "key": "m", "value": 1, "timestamp": 9223372036854775808}`,
    );
    expect(refused).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(refused.body.message).toContain("9223372036854775808");
  });

  it("stores nothing of a batch that has one bad entry", async () => {
    for (const bad of [
      {
        metrics: [
          { key: "ok", value: 1, timestamp: 1 },
          { key: "x", value: "abc", timestamp: 1 },
        ],
      },
      { metrics: [{ key: "ok", value: 1, timestamp: 1 }], params: [{ key: "a/../b", value: "1" }] },
      { metrics: [{ key: "ok", value: 1, timestamp: 1 }], tags: [{ value: "no key" }] },
    ]) {
      expect(await post("/runs/log-batch", { run_id: run, ...bad })).toMatchObject({
        status: 400,
        body: { error_code: "INVALID_PARAMETER_VALUE" },
      });
    }
    expect((await getRun())?.data).not.toHaveProperty("metrics");
  });

  it("pages a history, and gives charts several runs at once", async () => {
    const metrics = Array.from({ length: 5 }, (_, step) => ({ key: "m", value: step, timestamp: step, step }));
    await post("/runs/log-batch", { run_id: run, metrics });
    const first = await server.call("GET", `${M}/metrics/get-history?run_id=${run}&metric_key=m&max_results=3`);
    expect(first.body.metrics).toHaveLength(3);
    const token = encodeURIComponent(String(first.body.next_page_token));
    const rest = await server.call(
      "GET",
      `${M}/metrics/get-history?run_uuid=${run}&metric_key=m&max_results=3&page_token=${token}`,
    );
    expect(rest.body.metrics).toHaveLength(2);
    expect(rest.body).not.toHaveProperty("next_page_token");
    const bulk = await server.call(
      "GET",
      `${M}/metrics/get-history-bulk-interval?run_ids=${run}&metric_key=m&start_step=1&end_step=3`,
    );
    expect(bulk.body.metrics).toMatchObject([{ step: 1, run_id: run }, { step: 2 }, { step: 3 }]);
    const all = await server.call("GET", `/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id=${run}&metric_key=m`);
    expect(all.body.metrics).toHaveLength(5);
    const half = await server.call(
      "GET",
      `${M}/metrics/get-history-bulk-interval?run_ids=${run}&metric_key=m&start_step=1`,
    );
    expect(half).toMatchObject({ status: 400 });
  });
});

describe("params", () => {
  it("names the old and the new value of one that changes", async () => {
    await post("/runs/log-parameter", { run_id: run, key: "p", value: "1" });
    expect(await post("/runs/log-parameter", { run_id: run, key: "p", value: "1" })).toMatchObject({ status: 200 });
    expect((await post("/runs/log-parameter", { run_id: run, key: "p", value: "2" })).body.message).toBe(
      `Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='${run}'. Attempted logging new value '2'.`,
    );
    const { body } = await post("/runs/log-parameter", { run_id: run, key: "bad$key", value: "x" });
    expect(body.message).toContain(`Invalid value "bad$key" for parameter 'key' supplied`);
  });
});

describe("experiments", () => {
  it.each(["file:///etc", "FILE:///etc", "file://localhost/etc", "/etc", "mlflow-artifacts:/../../etc"])(
    "does not take %s as an artifact location",
    async (artifact_location) => {
      const answer = await post("/experiments/create", { name: "e", artifact_location });
      expect(answer).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
      expect(await server.call("GET", `${M}/experiments/get-by-name?experiment_name=e`)).toMatchObject({ status: 404 });
    },
  );
  it.each(["s3://bucket/a/../../b", "javascript:alert(1)", "http:///#/../../etc/", "runs:/abc/x", "s3://b/%2e%2e/c"])(
    "does not take %s either",
    async (artifact_location) => {
      expect(await post("/experiments/create", { name: "e", artifact_location })).toMatchObject({ status: 400 });
    },
  );
  it("takes a bucket, a proxied path, and a local folder below a root of its operator", async () => {
    const local = await openHarness({
      artifactRoots: [{ uri: "/srv/artifacts", store: localArtifactStore("/srv/artifacts") }],
    });
    try {
      for (const [index, artifact_location] of [
        "s3://b/k",
        "mlflow-artifacts:/x",
        "/srv/artifacts/e",
        "file:///srv/artifacts/f",
      ].entries()) {
        expect(
          await local.call("POST", `${M}/experiments/create`, { name: `e${index}`, artifact_location }),
        ).toMatchObject({ status: 200 });
      }
    } finally {
      await local.close();
    }
  });
  it("searches by query and by body alike", async () => {
    const query = await server.call("GET", `${M}/experiments/search?max_results=5&order_by=name`);
    const body = await post("/experiments/search", { max_results: 5, order_by: ["name"] });
    expect(query.body).toEqual(body.body);
    expect(query.body.experiments).toMatchObject([{ name: "Default", workspace: "default" }]);
  });
});

describe("logged models", () => {
  it("does not change another model than the path names", async () => {
    const { body } = await post("/logged-models", { experiment_id: "0", name: "lm" });
    const id = String(body.model?.info?.model_id);
    const status = "LOGGED_MODEL_READY";
    expect(await server.call("PATCH", `${M}/logged-models/${id}`, { model_id: "m-other", status })).toMatchObject({
      status: 400,
    });
    expect(await server.call("PATCH", `${M}/logged-models/${id}`, { model_id: id, status })).toMatchObject({
      body: { model: { info: { status } } },
    });
  });
});

it("records models that clients log at the same time", async () => {
  const paths = Array.from({ length: 20 }, (_, index) => `m${index}`);
  const model = { flavors: {}, utc_time_created: "t", run_id: run };
  await Promise.all(
    paths.map(async (artifact_path) => {
      const model_json = JSON.stringify({ ...model, artifact_path });
      expect(await post("/runs/log-model", { run_id: run, model_json })).toMatchObject({ status: 200 });
    }),
  );
  const tags = (await getRun())?.data?.tags as unknown as readonly { key: string; value: string }[];
  const history = JSON.parse(tags.find(({ key }) => key === "mlflow.log-model.history")?.value ?? "[]");
  expect(history.map((entry: { artifact_path: string }) => entry.artifact_path).sort()).toEqual(paths.sort());
});

it("records models as clients before version 3 did", async () => {
  const model = { artifact_path: "m", flavors: {}, utc_time_created: "t", run_id: run };
  for (const model_json of [JSON.stringify(model), JSON.stringify({ ...model, artifact_path: "n" })]) {
    expect(await post("/runs/log-model", { run_id: run, model_json })).toMatchObject({ status: 200 });
  }
  const tags = (await getRun())?.data?.tags as unknown as readonly { key: string; value: string }[];
  const history = JSON.parse(tags.find(({ key }) => key === "mlflow.log-model.history")?.value ?? "[]");
  expect(history.map((entry: { artifact_path: string }) => entry.artifact_path)).toEqual(["m", "n"]);
  expect(await post("/runs/log-model", { run_id: run, model_json: "{}" })).toMatchObject({ status: 400 });
});
