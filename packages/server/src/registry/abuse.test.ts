import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectNoLeak, expectRefusal, openTarget, type Target } from "../testing/target.ts";

const M = "/api/2.0/mlflow";
const INVALID = ["INVALID_PARAMETER_VALUE"];
const MISSING = ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"];
let target: Target;
let model: string;

beforeAll(async () => {
  target = await openTarget();
  const { body } = await post("/logged-models", { experiment_id: "0", source_run_id: target.run });
  model = String(body.model?.info?.model_id);
  await target.remember();
});
afterEach(() => target.expectUnchanged());
afterAll(() => target.close());

const post = (path: string, body: unknown) => target.send("POST", M + path, body);
const get = (path: string) => target.send("GET", M + path);

describe("the source of a version", () => {
  it.each([
    // Local, with a run and without.
    "file:///etc",
    "FILE:///etc",
    "file://localhost/etc",
    "file:/etc/passwd",
    "file:etc",
    "/etc/passwd",
    "etc/passwd",
    "./etc",
    "..",
    "C:\\model",
    "\\\\host\\share",
    "//host/share",
    "{HOME}/artifacts/0/{R}/artifacts",
    "file://{HOME}/artifacts/0/{R}/artifacts",
    // Another run's, or none's, by the proxy's address.
    "mlflow-artifacts:/0/{B}/artifacts/model",
    "mlflow-artifacts:/0/{R}/artifacts-evil",
    "mlflow-artifacts:/0/{R}/artifacts/../../{B}/artifacts",
    "mlflow-artifacts:/0/{R}/artifacts/%2e%2e/%2e%2e/{B}/artifacts",
    "mlflow-artifacts:/0/{R}/artifacts/%252e%252e/x",
    "mlflow-artifacts:/0/{R}/artifacts\\..\\..\\{B}",
    "mlflow-artifacts:/0/{R}",
    "mlflow-artifacts:/0",
    "mlflow-artifacts:/",
    "mlflow-artifacts:",
    "mlflow-artifacts://evil.example/0/{R}/artifacts",
    "MLFLOW-ARTIFACTS:/0/{B}/artifacts",
    "http://localhost/api/2.0/mlflow-artifacts/artifacts/0/{B}/artifacts",
    "https://evil.example/api/2.0/mlflow-artifacts/artifacts/0/{R}/artifacts",
    // By a run's or a model's name.
    "runs:/{B}/model",
    "runs:/{R}/../{B}/model",
    "runs://{B}/model",
    "RUNS:/{B}/model",
    "runs:/",
    "models:/{L}",
    "models:/m-none",
    "models:/pix/99",
    "models:/pix@nobody",
    "models:/none/1",
    "models://host/pix/1",
    "models:/pix/../x/1",
    // A query, a fragment, parameters; other machines and schemes.
    "http://h/?/../../etc",
    "s3://bucket/a#/../b",
    "s3://bucket/a?x=/../b",
    "s3://bucket/a;b",
    "s3://bucket/../b",
    "http://169.254.169.254/latest",
    "https://10.0.0.1/model",
    "ftp://10.0.0.1/model",
    "javascript:alert(1)",
    "data:text/html,x",
    "a\0b",
    "",
  ])("is refused, and no version made: %s", async (pattern) => {
    const source = pattern
      .replaceAll("{R}", target.run)
      .replaceAll("{B}", target.otherRun)
      .replaceAll("{L}", model)
      .replaceAll("{HOME}", "/srv/esteira");
    for (const owner of [{ run_id: target.run }, {}, { tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] }]) {
      expectRefusal(await post("/model-versions/create", { name: "pix", source, ...owner }), [400, 404], MISSING);
    }
  });

  it("is refused with a run or a model that is none", async () => {
    const source = `mlflow-artifacts:/0/${target.run}/artifacts/model`;
    for (const owner of [
      {},
      { run_id: "" },
      { run_id: "none" },
      { run_id: target.otherRun },
      { model_id: "m-none" },
      { run_id: 5 },
    ]) {
      expectRefusal(await post("/model-versions/create", { name: "pix", source, ...owner }), [400, 404], MISSING);
    }
  });
});

describe("a name that is none", () => {
  it.each(["a/b", "a:b", ".", "..", "a\0b", "", "\ud800", null, 5, { a: 1 }])("makes no model: %j", async (name) => {
    const body = JSON.stringify({ name });
    expectRefusal(await post("/registered-models/create", body), [400], [...INVALID, "BAD_REQUEST"]);
    expectRefusal(
      await post("/registered-models/rename", JSON.stringify({ name: "pix", new_name: name })),
      [400],
      [...INVALID, "BAD_REQUEST"],
    );
  });

  it("finds no model, and none by its twin", async () => {
    for (const name of ["none", "PIX", "pix ", "p%69x", "pi\u0445", "' OR '1'='1", "../pix", "x".repeat(300)]) {
      const text = encodeURIComponent(name);
      expectRefusal(await get(`/registered-models/get?name=${text}`), [400, 404], MISSING);
      expectRefusal(await get(`/model-versions/get?name=${text}&version=1`), [400, 404], MISSING);
      expectRefusal(await get(`/registered-models/alias?name=${text}&alias=champion`), [400, 404], MISSING);
      for (const [route, fields] of [
        ["registered-models/rename", { new_name: "other" }],
        ["registered-models/set-tag", { key: "k", value: "v" }],
        ["registered-models/alias", { alias: "a", version: "1" }],
        ["model-versions/set-tag", { version: "1", key: "k", value: "v" }],
        ["model-versions/transition-stage", { version: "1", stage: "Production", archive_existing_versions: true }],
        ["model-versions/create", { source: "s3://bucket/key" }],
      ] as const) {
        expectRefusal(await post(`/${route}`, { name, ...fields }), [400, 404], MISSING);
      }
      expectRefusal(await target.send("DELETE", `${M}/registered-models/delete`, { name }), [400, 404], MISSING);
    }
  });
});

describe("an alias, a version or a stage that is none", () => {
  it.each(["latest", "LaTeSt", "v1", "V12", "a/b", "", "a:b", "a b", "a\n", "a\0", "\ud800", "x".repeat(256), null, 5])(
    "is no alias: %j",
    async (alias) => {
      const body = JSON.stringify({ name: "pix", alias, version: "1" });
      expectRefusal(await post("/registered-models/alias", body), [400], [...INVALID, "BAD_REQUEST"]);
    },
  );

  it.each([
    "999",
    "0",
    "-1",
    "abc",
    "1.5",
    "1e0",
    "99999999999999999999",
    "1; DROP TABLE x",
    "' OR '1'='1",
    "",
    "\u0661",
    "1\0",
  ])("is no version: %j", async (version) => {
    const text = encodeURIComponent(version);
    expectRefusal(await get(`/model-versions/get?name=pix&version=${text}`), [400, 404], MISSING);
    expectRefusal(await get(`/model-versions/get-download-uri?name=pix&version=${text}`), [400, 404], MISSING);
    expectRefusal(
      await target.send("GET", `/model-versions/get-artifact?name=pix&version=${text}&path=a`),
      [400, 404],
      MISSING,
    );
    for (const [method, route, fields] of [
      ["POST", "registered-models/alias", { alias: "champion" }],
      ["POST", "model-versions/set-tag", { key: "k", value: "v" }],
      ["DELETE", "model-versions/delete-tag", { key: "k" }],
      ["PATCH", "model-versions/update", { description: "x" }],
      ["POST", "model-versions/transition-stage", { stage: "Staging" }],
      ["DELETE", "model-versions/delete", {}],
    ] as const) {
      const answer = await target.send(method, `${M}/${route}`, { name: "pix", version, ...fields });
      expectRefusal(answer, [400, 404], MISSING);
    }
  });

  it.each(["Bogus", "", "production\0", 5, null])("is no stage: %j", async (stage) => {
    const answer = await post("/model-versions/transition-stage", JSON.stringify({ name: "pix", version: "1", stage }));
    expectRefusal(answer, [400], [...INVALID, "BAD_REQUEST"]);
  });
});

describe("many at the same time", () => {
  it("make one model, and tell the others without a word of the database", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => post("/registered-models/create", { name: "raced" })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, [400], ["RESOURCE_ALREADY_EXISTS"]);
    await target.remember();
  });

  it("number their versions without a gap, and leave one champion and one in production", async () => {
    const source = "s3://bucket/key";
    const made = await Promise.all(
      Array.from({ length: 20 }, () => post("/model-versions/create", { name: "raced", source })),
    );
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 200));
    const numbers = made.map(({ body }) => Number(body.model_version?.version)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const set = await Promise.all(
      numbers.map((version) =>
        post("/registered-models/alias", { name: "raced", alias: "champion", version: String(version) }),
      ),
    );
    expect(set.map(({ status }) => status)).toEqual(set.map(() => 200));
    const moved = await Promise.all(
      numbers.map((version) =>
        post("/model-versions/transition-stage", {
          name: "raced",
          version: String(version),
          stage: "Production",
          archive_existing_versions: true,
        }),
      ),
    );
    expect(moved.map(({ status }) => status)).toEqual(moved.map(() => 200));
    const { body } = await get("/model-versions/search?filter=name%3D'raced'&max_results=100");
    const versions: unknown = body.model_versions;
    const inProduction = Array.isArray(versions)
      ? versions.filter(({ current_stage }) => current_stage === "Production")
      : [];
    expect(inProduction).toHaveLength(1);
    const champion = await get("/registered-models/alias?name=raced&alias=champion");
    expect(champion.status).toBe(200);
    expectNoLeak(champion);
    await target.remember();
  });
});
