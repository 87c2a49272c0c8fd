import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle } from "./oracle.ts";
import { type Peer, startEsteira } from "./servers.ts";

const oracle = findOracle();

/** The other program's own pages, which this server has its own of. */
const PAGES = new Set(["GET /static-files/x", "GET /build/x"]);
const PREFIX = "/some/prefix";

describe.skipIf("missing" in oracle)(
  `every route of MLflow's server${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    let routes: readonly (readonly [string, string])[] = [];
    let plain: Peer;
    let prefixed: Peer;

    beforeAll(async () => {
      const python = "python" in oracle ? oracle.python : "";
      const script = fileURLToPath(new URL("routes.py", import.meta.url));
      const { stdout } = await promisify(execFile)(python, [script]);
      routes = JSON.parse(stdout) as typeof routes;
      plain = await startEsteira();
      prefixed = await startEsteira({ staticPrefix: PREFIX });
    });
    afterAll(async () => {
      await plain?.close();
      await prefixed?.close();
    });

    it.each([["", () => plain.url] as const, [PREFIX, () => prefixed.url] as const])(
      "is answered, or said not to be offered, under the prefix '%s'",
      async (_, url) => {
        expect(routes.length).toBeGreaterThan(400);
        const unknown: string[] = [];
        for (const [method, path] of routes) {
          const name = `${method} ${path.replace(/\{\w+\}/g, "x")}`;
          const answer = await fetch(url() + path.replace(/\{\w+\}/g, "x"), {
            method,
            ...(method === "GET" ? {} : { headers: { "content-type": "application/json" }, body: "{}" }),
          });
          const text = await answer.text();
          if (PAGES.has(name)) continue;
          // A route that is there complains about what is asked, never about the path or the method.
          if (answer.status === 405 || text.includes("ENDPOINT_NOT_FOUND")) unknown.push(name);
          else if (answer.status === 501 || answer.status === 503) {
            expect(JSON.parse(text)).toMatchObject({
              error_code: expect.stringMatching(/^(NOT_IMPLEMENTED|FEATURE_DISABLED)$/),
              message: expect.any(String),
            });
          } else expect(answer.status, name).toBeLessThan(500);
        }
        expect(unknown).toEqual([]);
      },
    );

    it("leaves nothing without the prefix when there is one", async () => {
      const answer = await fetch(`${new URL(prefixed.url).origin}/api/2.0/mlflow/experiments/get?experiment_id=0`);
      expect(answer.status).toBe(404);
    });
  },
);
