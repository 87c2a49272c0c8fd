import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectNoLeak, expectRefusal, openTarget, type Target } from "../testing/target.ts";

const M = "/api/2.0/mlflow";
const INVALID = ["INVALID_PARAMETER_VALUE"];
const MISSING = ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"];
let target: Target;

beforeAll(async () => {
  target = await openTarget();
});
afterEach(() => target.expectUnchanged());
afterAll(() => target.close());

const post = (path: string, body: unknown) => target.send("POST", M + path, body);
const get = (path: string) => target.send("GET", M + path);

describe("a place for artifacts that is none", () => {
  it.each([
    // Local, in every spelling; the server of these tests allows no folder.
    "file:///etc",
    "FILE:///etc",
    "file://localhost/etc",
    "file://127.0.0.1/etc",
    "file:/etc",
    "file:etc",
    "/etc",
    "etc",
    ".",
    "..",
    "~/x",
    "C:\\data",
    "c:/data",
    "\\\\host\\share",
    "//host/share",
    "/srv/artifacts",
    // Steps to the parent, encoded or not.
    "mlflow-artifacts:/../../../../etc",
    "mlflow-artifacts:/a/%2e%2e/b",
    "mlflow-artifacts:/a/%252e%252e/b",
    "mlflow-artifacts:/a\\..\\b",
    "s3://bucket/a/../../other",
    "s3://bucket/%2e%2e/c",
    // A query, a fragment, parameters.
    "http:///?/../../etc/",
    "http:///#/../../etc/",
    "s3://bucket/a?versionId=1",
    "s3://bucket/a#b",
    "mlflow-artifacts:/a;b",
    // Other machines, other schemes.
    "http://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "mlflow-artifacts://evil.example/x",
    "javascript:alert(1)",
    "data:text/html,x",
    "gopher://h/x",
    "runs:/abc/x",
    "models:/abc/1",
    "dbfs-x:/a",
    "a\0b",
    "s3://bucket/\u0001",
    `s3://bucket/${"x".repeat(2100)}`,
  ])("is refused, and no experiment made: %s", async (location) => {
    const answer = await post("/experiments/create", { name: "placed", artifact_location: location });
    expectRefusal(answer, [400], INVALID);
  });
});

describe("a name or an id that is none", () => {
  it.each([
    { name: "" },
    { name: null },
    {},
    { name: "x".repeat(501) },
    { name: { a: 1 } },
    { name: ["x"] },
    { name: "a\0b" },
    { name: "a\ud800" },
    { name: "Default" },
  ])("makes no experiment: %j", async (body) => {
    const answer = await post("/experiments/create", JSON.stringify(body));
    expectRefusal(answer, [400], ["INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS", "BAD_REQUEST"]);
  });

  it.each([
    "9999999999999999999999",
    "0 OR 1=1",
    "-1",
    "abc",
    "' OR '1'='1",
    "1e3",
    "0x1",
    "\u0661",
    "NaN",
    "",
    "a\0b",
  ])("finds no experiment: %j", async (id) => {
    expectRefusal(await get(`/experiments/get?experiment_id=${encodeURIComponent(id)}`), [400, 404], MISSING);
    for (const route of ["delete", "restore"]) {
      expectRefusal(await post(`/experiments/${route}`, { experiment_id: id }), [400, 404], MISSING);
    }
    expectRefusal(await post("/experiments/update", { experiment_id: id, new_name: "y" }), [400, 404], MISSING);
    const tag = { experiment_id: id, key: "k", value: "v" };
    expectRefusal(await post("/experiments/set-experiment-tag", tag), [400, 404], MISSING);
    // Absent and empty mean the default experiment when a run is made, as they do to MLflow.
    if (id !== "") expectRefusal(await post("/runs/create", { experiment_id: id }), [400, 404], MISSING);
    expectRefusal(await post("/logged-models", { experiment_id: id }), [400, 404], MISSING);
  });

  it.each(["' OR '1'='1", "../../{R}", "{R}/../{R}", "{R}%00", "{R} ", "%7BR%7D", "x".repeat(300), "", "a\0b"])(
    "finds no run: %j",
    async (pattern) => {
      const run_id = pattern.replaceAll("{R}", target.run);
      const text = encodeURIComponent(run_id);
      for (const path of [`/runs/get?run_id=${text}`, `/artifacts/list?run_id=${text}`]) {
        expectRefusal(await get(path), [400, 404], MISSING);
      }
      // MLflow gives an unknown run an empty history.
      const history = await get(`/metrics/get-history?run_id=${text}&metric_key=m`);
      if (history.status === 200) expect(history.text).toBe("{}");
      else expectRefusal(history, [400], MISSING);
      for (const [route, fields] of [
        ["delete", {}],
        ["restore", {}],
        ["update", { status: "FINISHED" }],
        ["set-tag", { key: "k", value: "v" }],
        ["delete-tag", { key: "k" }],
        ["log-parameter", { key: "k", value: "v" }],
        ["log-metric", { key: "k", value: 1, timestamp: 1 }],
        ["log-batch", { params: [{ key: "k", value: "v" }] }],
        ["log-inputs", { models: [{ model_id: "m-none" }] }],
        ["log-model", { model_json: "{}" }],
      ] as const) {
        const answer = await post(`/runs/${route}`, { run_id, ...fields });
        expectRefusal(answer, [400, 404], MISSING);
      }
    },
  );
});

describe("an entry that is none", () => {
  it.each<[string, string, (run: string) => unknown]>([
    ["a metric's key that steps", "log-metric", (run_id) => ({ run_id, key: "../../m", value: 1, timestamp: 1 })],
    ["an absolute one", "log-metric", (run_id) => ({ run_id, key: "/m", value: 1, timestamp: 1 })],
    ["a dot", "log-metric", (run_id) => ({ run_id, key: ".", value: 1, timestamp: 1 })],
    ["a long one", "log-metric", (run_id) => ({ run_id, key: "k".repeat(251), value: 1, timestamp: 1 })],
    ["an empty one", "log-metric", (run_id) => ({ run_id, key: "", value: 1, timestamp: 1 })],
    ["one with a NUL", "log-metric", (run_id) => ({ run_id, key: "a\0b", value: 1, timestamp: 1 })],
    ["a word as value", "log-metric", (run_id) => ({ run_id, key: "k", value: "abc", timestamp: 1 })],
    ["a list as value", "log-metric", (run_id) => ({ run_id, key: "k", value: [1], timestamp: 1 })],
    ["no value", "log-metric", (run_id) => ({ run_id, key: "k", timestamp: 1 })],
    ["a time before time", "log-metric", (run_id) => ({ run_id, key: "k", value: 1, timestamp: -5 })],
    [
      "a time of 70 bits",
      "log-metric",
      (run_id) => `{"run_id":"${run_id}","key":"k","value":1,"timestamp":99999999999999999999}`,
    ],
    [
      "a step of 70 bits",
      "log-metric",
      (run_id) => `{"run_id":"${run_id}","key":"k","value":1,"timestamp":1,"step":99999999999999999999}`,
    ],
    ["a time with a fraction", "log-metric", (run_id) => ({ run_id, key: "k", value: 1, timestamp: 1.5 })],
    ["another value of a param", "log-parameter", (run_id) => ({ run_id, key: "p", value: "other" })],
    ["a param's key that steps", "log-parameter", (run_id) => ({ run_id, key: "a/../b", value: "v" })],
    ["a param with a NUL", "log-parameter", (run_id) => ({ run_id, key: "k", value: "a\0b" })],
    ["half of a surrogate pair", "log-parameter", (run_id) => `{"run_id":"${run_id}","key":"k","value":"\\ud800"}`],
    ["a tag's key that steps", "set-tag", (run_id) => ({ run_id, key: "../t", value: "v" })],
    ["a tag's key with a NUL", "set-tag", (run_id) => ({ run_id, key: "a\0b", value: "v" })],
    ["an unknown status", "update", (run_id) => ({ run_id, status: 99 })],
    [
      "1001 metrics",
      "log-batch",
      (run_id) => ({ run_id, metrics: Array.from({ length: 1001 }, () => ({ key: "k", value: 1, timestamp: 1 })) }),
    ],
    [
      "101 params",
      "log-batch",
      (run_id) => ({ run_id, params: Array.from({ length: 101 }, (_, i) => ({ key: `k${i}`, value: "v" })) }),
    ],
    [
      "101 tags",
      "log-batch",
      (run_id) => ({ run_id, tags: Array.from({ length: 101 }, (_, i) => ({ key: `k${i}`, value: "v" })) }),
    ],
    [
      "a bad metric after good ones",
      "log-batch",
      (run_id) => ({
        run_id,
        metrics: [
          { key: "ok", value: 1, timestamp: 1 },
          { key: "x", value: "abc", timestamp: 1 },
        ],
        params: [{ key: "ok", value: "1" }],
      }),
    ],
    [
      "a bad param after good metrics",
      "log-batch",
      (run_id) => ({
        run_id,
        metrics: [{ key: "ok", value: 1, timestamp: 1 }],
        params: [{ key: "p", value: "other" }],
      }),
    ],
    [
      "one param twice with two values",
      "log-batch",
      (run_id) => ({
        run_id,
        params: [
          { key: "q", value: "1" },
          { key: "q", value: "2" },
        ],
        tags: [{ key: "ok", value: "1" }],
      }),
    ],
    [
      "a bad tag after good ones",
      "log-batch",
      (run_id) => ({ run_id, tags: [{ key: "ok", value: "1" }, { value: "no key" }] }),
    ],
    [
      "the metric of an unknown model",
      "log-batch",
      (run_id) => ({ run_id, metrics: [{ key: "k", value: 1, timestamp: 1, model_id: "m-none" }] }),
    ],
    ["a model that is no JSON", "log-model", (run_id) => ({ run_id, model_json: "{bad" })],
    ["a model that is a list", "log-model", (run_id) => ({ run_id, model_json: "[]" })],
    ["a run as a number", "log-metric", () => ({ run_id: 5, key: "k", value: 1, timestamp: 1 })],
    ["a text for a list", "log-batch", (run_id) => ({ run_id, metrics: "x" })],
    ["an object for a list", "log-batch", (run_id) => ({ run_id, tags: {} })],
  ])("is refused, with all that came with it: %s", async (_, route, body) => {
    expectRefusal(await post(`/runs/${route}`, body(target.run)), [400, 404], [...MISSING, "BAD_REQUEST"]);
  });

  it("is refused where a run is made", async () => {
    for (const fields of [
      { start_time: "x" },
      { start_time: 1.5 },
      { run_name: "a\0b" },
      { run_name: { a: 1 } },
      { tags: [{ key: "k".repeat(251), value: "v" }] },
      { tags: [{ key: "mlflow.runName", value: "a" }], run_name: "b" },
    ]) {
      expectRefusal(await post("/runs/create", { experiment_id: "0", ...fields }), [400], INVALID);
    }
  });
});

describe("names that look like something else", () => {
  const keys = ["__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "0", "length"];

  it("come back as they were given", async () => {
    const { body } = await post("/runs/create", { experiment_id: "0", start_time: 1 });
    const run_id = String(body.run?.info?.run_id);
    const tags = keys.map((key) => ({ key, value: `value of ${key}` }));
    expect((await post("/runs/log-batch", { run_id, tags, params: tags })).status).toBe(200);
    const read = (await get(`/runs/get?run_id=${run_id}`)).body;
    for (const kind of ["tags", "params"] as const) {
      const found: unknown = read.run?.data?.[kind];
      const kept = Array.isArray(found) ? found.filter(({ key }) => keys.includes(key)) : [];
      expect(kept.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([...tags].sort((a, b) => (a.key < b.key ? -1 : 1)));
    }
    const markup = `../../x<b> <img src=x onerror=alert(1)> \u202e'"; DROP TABLE runs;--`;
    expect((await post("/experiments/create", { name: markup })).status).toBe(200);
    const again = await post("/experiments/create", { name: markup });
    expectRefusal(again, [400], ["RESOURCE_ALREADY_EXISTS"]);
    const found = await get(`/experiments/get-by-name?experiment_name=${encodeURIComponent(markup)}`);
    expect(found.body.experiment?.name).toBe(markup);
    expectNoLeak(found);
    await target.remember();
  });

  it("are made once, however many ask at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => post("/experiments/create", { name: "raced" })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, [400], ["RESOURCE_ALREADY_EXISTS"]);
    await target.remember();
  });
});
