import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPEN } from "../access/policy.ts";
import { type Harness, type Method, openHarness } from "../testing/harness.ts";

const M = "/api/2.0/mlflow";
const create = `${M}/experiments/create`;
let server: Harness;

beforeAll(async () => {
  server = await openHarness();
});
afterAll(() => server.close());

describe("who may call", () => {
  it("refuses foreign hosts on every path but the two of health, without repeating the name", async () => {
    for (const url of ["/", `${M}/experiments/get?experiment_id=0`, "/nothing"]) {
      const answer = await server.call("GET", url, undefined, { host: "evil.example" });
      expect(answer).toMatchObject({ status: 403, body: { error_code: "PERMISSION_DENIED" } });
      expect(answer.text).not.toContain("evil");
    }
    for (const url of ["/health", "/version"]) {
      expect(await server.call("GET", url, undefined, { host: "evil.example" })).toMatchObject({ status: 200 });
    }
  });

  it("refuses changes from a page elsewhere and gives no page leave to read", async () => {
    const origin = "https://evil.example";
    expect(await server.call("POST", create, { name: "x" }, { origin })).toMatchObject({ status: 403 });
    const read = await server.call("GET", `${M}/experiments/get?experiment_id=0`, undefined, { origin });
    expect(read.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "",
  ])("does not read a body of type %j", async (type) => {
    const answer = await server.call("POST", create, '{"name": "typed"}', { "content-type": type });
    expect(answer).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    const found = await server.call("GET", `${M}/experiments/get-by-name?experiment_name=typed`);
    expect(found).toMatchObject({ status: 404 });
  });
});

describe("answers", () => {
  it("carry the security headers and plain JSON", async () => {
    const { headers } = await server.call("GET", `${M}/experiments/get?experiment_id=0`);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "content-type": expect.stringMatching(/^application\/json/),
    });
  });

  it.each<[Method, string, number, string]>([
    ["GET", `${M}/nonsense`, 404, "ENDPOINT_NOT_FOUND"],
    ["GET", "/x%3Cscript%3E", 404, "ENDPOINT_NOT_FOUND"],
    ["GET", `${M}/runs/create`, 405, "ENDPOINT_NOT_FOUND"],
    ["GET", `${M}/experiments/get?experiment_id=%c0%ae`, 400, "INVALID_PARAMETER_VALUE"],
    ["GET", "/api/2.0/%c0%ae", 400, "INVALID_PARAMETER_VALUE"],
    ["POST", "/api/3.0/mlflow/traces", 501, "NOT_IMPLEMENTED"],
    ["POST", "/v1/traces", 501, "NOT_IMPLEMENTED"],
    ["POST", "/graphql", 501, "NOT_IMPLEMENTED"],
    ["GET", "/api/2.0/mlflow-artifacts/presigned/a", 501, "NOT_IMPLEMENTED"],
  ])("to %s %s are JSON with status %i", async (method, url, status, error_code) => {
    expect(await server.call(method, url)).toMatchObject({ status, body: { error_code } });
  });

  it.each([["{bad"], ["[1]"], ['"str"'], ["[".repeat(100_000)]])("to a body %.10s are 400", async (body) => {
    expect(await server.call("POST", create, body)).toMatchObject({ status: 400, body: { error_code: "BAD_REQUEST" } });
  });

  it("never show what went wrong inside", async () => {
    const { app } = await openHarness();
    app.get("/boom", { config: { policy: OPEN } }, () => {
      throw new Error("secret /path/of/the/host");
    });
    const answer = await app.inject({ url: "/boom", headers: { host: "localhost" } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("secret");
    await app.close();
  });

  it("do not let a body reach the prototypes of objects", async () => {
    const body = '{"name": "proto", "__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}';
    expect(await server.call("POST", create, body)).toMatchObject({ status: 200 });
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });
});

it("tells honestly what it can do", async () => {
  const { body } = await server.call("GET", "/api/3.0/mlflow/server-info");
  expect(body).toMatchObject({
    store_type: "SqlStore",
    multipart_uploads_enabled: false,
    features_enabled: { gateway: false },
  });
  expect(await server.call("GET", "/version")).toMatchObject({ text: "0.0.0-test" });
});
