import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";
import type { ApiDescription } from "./describe-api.ts";
import { OPENAPI_PATH } from "./openapi-endpoint.ts";

let server: Harness;
let api: ApiDescription;

beforeAll(async () => {
  server = await openHarness();
  api = JSON.parse((await server.call("GET", OPENAPI_PATH)).text) as ApiDescription;
});
afterAll(() => server.close());

describe("the description of the API", () => {
  it("holds every route that the server answers", () => {
    const { mountedRoutes } = server.app;
    expect(mountedRoutes.length).toBeGreaterThan(130);
    for (const { method, url } of mountedRoutes) {
      const path = url.replace(/:(\w+)/g, "{$1}").replace(/\*$/, "{path}");
      expect(api.paths[path]?.[method.toLowerCase()], `${method} ${url} has no operation`).toBeDefined();
    }
  });

  it("gives every operation a name of its own, a summary, an answer and its faults", () => {
    const operations = Object.values(api.paths).flatMap((methods) => Object.values(methods));
    const names = operations.map((operation) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { summary, responses } of operations) {
      expect(summary).toMatch(/^[A-Z].+[^.]$/);
      expect(Object.keys(responses as object)).toEqual(["200", "400", "403", "404", "default"]);
    }
  });

  it("refers only to components that it holds", () => {
    const { schemas } = api.components as { schemas: Record<string, unknown> };
    const references = [...JSON.stringify(api).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(references).toContain("Run");
    for (const name of references) expect(schemas).toHaveProperty([name ?? ""]);
  });

  it("tells what a call needs and gives", () => {
    expect(api.paths["/api/2.0/mlflow/runs/log-metric"]?.post).toMatchObject({
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: {
                run_id: { type: "string", minLength: 1 },
                value: { type: "number", format: "double" },
                step: { type: "integer", format: "int64" },
              },
              required: ["run_id", "key", "value", "timestamp"],
            },
          },
        },
      },
    });
    expect(api.paths["/api/2.0/mlflow/metrics/get-history-bulk-interval"]?.get).toMatchObject({
      parameters: expect.arrayContaining([
        {
          name: "run_ids",
          in: "query",
          required: true,
          schema: { type: "array", items: { type: "string", minLength: 1 } },
        },
      ]),
    });
    expect(api.paths["/api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}"]?.delete).toMatchObject({
      parameters: [{ name: "model_id" }, { name: "tag_key" }],
    });
    expect(api.paths["/api/2.0/mlflow/runs/get"]?.get).toMatchObject({
      responses: {
        200: {
          content: { "application/json": { schema: { properties: { run: { $ref: "#/components/schemas/Run" } } } } },
        },
      },
    });
  });
});
