import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPEN } from "../access/policy.ts";
import { type Harness, type Method, openHarness } from "../testing/harness.ts";
import type { BoundaryOptions } from "./boundary.ts";

const M = "/api/2.0/mlflow";
const create = `${M}/experiments/create`;
let server: Harness;

beforeAll(async () => {
  server = await openHarness();
});
afterAll(() => server.close());

describe("who may call", () => {
  it("refuses foreign hosts on every path but those of health, without repeating the name", async () => {
    for (const url of ["/", `${M}/experiments/get?experiment_id=0`, "/nothing"]) {
      const answer = await server.call("GET", url, undefined, { host: "evil.example" });
      expect(answer).toMatchObject({ status: 403, body: { error_code: "PERMISSION_DENIED" } });
      expect(answer.text).not.toContain("evil");
    }
    for (const url of ["/health", "/ready", "/version"]) {
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

describe("the boundary to browsers and proxies", () => {
  const start = (boundary: BoundaryOptions) => openHarness({ boundary });
  const get = `${M}/experiments/get?experiment_id=0`;

  it("believes X-Forwarded-Host only from a configured proxy", async () => {
    const proxied = await start({ allowedHosts: ["ml.example"], trustedProxies: ["127.0.0.1"] });
    const headers = { host: "127.0.0.1:5000", "x-forwarded-host": "ml.example" };
    expect(await proxied.call("GET", get, undefined, headers)).toMatchObject({ status: 200 });
    const from = { ...headers, origin: "https://ml.example" };
    expect(await proxied.call("POST", create, { name: "same page" }, from)).toMatchObject({ status: 200 });
    expect(await proxied.call("GET", get, undefined, { ...headers, "x-forwarded-host": "evil.example" })).toMatchObject(
      { status: 403 },
    );
    await proxied.close();
    const plain = await start({ allowedHosts: ["ml.example"] });
    expect(await plain.call("GET", get, undefined, headers)).toMatchObject({ status: 403 });
    expect(
      await plain.call("GET", get, undefined, { host: "ml.example", "x-forwarded-host": "evil.example" }),
    ).toMatchObject({ status: 200 });
    await plain.close();
    await expect(start({ trustedProxies: ["proxy.example"] })).rejects.toThrow("is no address of a proxy");
  });

  it("lets pages of named origins read and write, and tells their browsers so beforehand", async () => {
    const shared = await start({ allowedOrigins: ["https://ui.example"] });
    const origin = "https://ui.example";
    const read = await shared.call("GET", get, undefined, { origin });
    expect(read.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
    expect(await shared.call("POST", create, { name: "shared" }, { origin })).toMatchObject({ status: 200 });
    const asked = { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    expect(await shared.call("OPTIONS", create, undefined, asked)).toMatchObject({
      status: 204,
      headers: { "access-control-allow-origin": origin, "access-control-allow-headers": "content-type" },
    });
    const neighbour = await shared.call("GET", get, undefined, { origin: "http://127.0.0.1:3000" });
    expect(neighbour.headers).toMatchObject({ "access-control-allow-origin": "http://127.0.0.1:3000" });
    expect(neighbour.headers).not.toHaveProperty("access-control-allow-credentials");
    const foreign = await shared.call("OPTIONS", create, undefined, { ...asked, origin: "https://evil.example" });
    expect(foreign.headers).not.toHaveProperty("access-control-allow-origin");
    await shared.close();
    const open = await start({ allowedOrigins: ["*"] });
    const { headers } = await open.call("GET", get, undefined, { origin: "https://any.example" });
    expect(headers).toMatchObject({ "access-control-allow-origin": "*" });
    expect(headers).not.toHaveProperty("access-control-allow-credentials");
    await open.close();
  });

  it("says who may frame its pages", async () => {
    for (const [frameOptions, header, policy] of [
      ["SAMEORIGIN", "SAMEORIGIN", "frame-ancestors 'self'"],
      ["DENY", "DENY", "frame-ancestors 'none'"],
      ["NONE", undefined, ""],
    ] as const) {
      const framed = await start({ frameOptions });
      const { headers } = await framed.call("GET", "/", undefined, { accept: "text/html" });
      expect(headers["x-frame-options"]).toBe(header);
      expect(headers["content-security-policy"]).toContain(policy);
      await framed.close();
    }
  });

  it("serves everything under a prefix, and nothing beside it", async () => {
    const prefixed = await start({ staticPrefix: "/team/ml" });
    for (const url of ["/health", "/version", get, "/api/3.0/mlflow/server-info", "/"]) {
      expect(await prefixed.call("GET", `/team/ml${url}`), url).toMatchObject({ status: 200 });
      expect(await prefixed.call("GET", url, undefined, { accept: "text/html" }), url).toMatchObject({ status: 404 });
    }
    expect(await prefixed.call("GET", "/team/ml")).toMatchObject({ status: 302, headers: { location: "/team/ml/" } });
    expect(await prefixed.call("GET", "/team/mlx/health")).toMatchObject({ status: 404 });
    const { body } = await prefixed.call("GET", "/team/ml/api/esteira/v1/openapi.json");
    expect(body).toMatchObject({ servers: [{ url: "/team/ml" }] });
    await prefixed.close();
  });
});

describe("workspaces", () => {
  it("are refused by name, wherever a client asks for one", async () => {
    const disabled = { error_code: "FEATURE_DISABLED" };
    expect(await server.call("GET", "/api/3.0/mlflow/workspaces")).toMatchObject({ status: 503, body: disabled });
    const headers = { "x-mlflow-workspace": "team" };
    expect(await server.call("POST", create, { name: "ws" }, headers)).toMatchObject({ body: disabled });
    expect(await server.call("GET", `${M}/experiments/get-by-name?experiment_name=ws`)).toMatchObject({ status: 404 });
    expect(await server.call("GET", "/api/3.0/mlflow/server-info", undefined, headers)).toMatchObject({ status: 200 });
  });
});
