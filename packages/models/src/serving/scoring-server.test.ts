import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { parseXgboost } from "../engines/trees/parse-xgboost.ts";
import type { LoadedModel } from "../flavors/flavor.ts";
import { createXgboostModel } from "../flavors/xgboost.ts";
import { createModelHolder } from "./model-holder.ts";
import { createScoringServer, type ScoredRequest, type ScoringServerOptions } from "./scoring-server.ts";

const model = createXgboostModel(parseXgboost(modelBytes("dart.ubj")), "booster", { flavors: {} });
const constant = (value: number): LoadedModel => ({
  config: { flavors: {} },
  signature: undefined,
  predict: (table) => new Array<number>(table.rowCount).fill(value),
});

const opened: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

async function serve(options: ScoringServerOptions): Promise<{ app: FastifyInstance; url: string }> {
  const app = await createScoringServer(options);
  opened.push(app);
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { app, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
}

const invoke = (url: string, body: unknown, type = "application/json"): Promise<Response> =>
  fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const one = { inputs: [[1, 2, 3, 4, 5, 6]] };

describe("createScoringServer", () => {
  it("answers over HTTP and counts what it answered", async () => {
    const seen: ScoredRequest[] = [];
    const { url } = await serve({ model, onRequest: (request) => seen.push(request) });
    const answer = await invoke(url, { inputs: [one.inputs[0], one.inputs[0]] });
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { predictions: number[] }).predictions).toHaveLength(2);
    expect((await invoke(url, "{")).status).toBe(400);
    expect((await invoke(url, "", "image/png")).status).toBe(415);
    expect(seen.map(({ status, rows }) => [status, rows])).toEqual([
      [200, 2],
      [400, 0],
      [415, 0],
    ]);
    expect(seen.every(({ seconds }) => seconds > 0 && seconds < 10)).toBe(true);

    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await metrics.text();
    for (const line of [
      'esteira_scoring_requests_total{status="200"} 1',
      'esteira_scoring_errors_total{side="client"} 2',
      'esteira_scoring_errors_total{side="server"} 0',
      "esteira_scoring_rows_total 2",
      'esteira_scoring_duration_seconds_bucket{le="+Inf"} 3',
      "esteira_scoring_in_flight 0",
    ])
      expect(text.split("\n")).toContain(line);
  });

  it("refuses a body that is too large, before reading it", async () => {
    const { url } = await serve({ model, bodyLimit: 1000 });
    const answer = await invoke(url, " ".repeat(1001));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error_code: "BAD_REQUEST", message: expect.stringContaining("1000") });
  });

  it("refuses a body that is not UTF-8, and a type that is none", async () => {
    const { app } = await serve({ model });
    const bytes = await app.inject({
      method: "POST",
      url: "/invocations",
      headers: { "content-type": "application/json" },
      payload: Buffer.from([0xff, 0xfe]),
    });
    expect(bytes.json()).toMatchObject({ error_code: "BAD_REQUEST", message: "The body is not UTF-8" });
    const type = await app.inject({
      method: "POST",
      url: "/invocations",
      headers: { "content-type": "nonsense" },
      payload: "x",
    });
    expect([type.statusCode, type.headers["content-type"]]).toEqual([415, "text/plain; charset=utf-8"]);
  });

  it("does not tell a caller what broke inside, and goes on", async () => {
    let broken = true;
    const failing: LoadedModel = {
      ...constant(1),
      predict: () => {
        if (broken) throw new TypeError("secret of the model");
        return [1];
      },
    };
    const { url } = await serve({ model: failing });
    const answer = await invoke(url, one);
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).not.toContain("secret");
    expect(JSON.parse(text)).toMatchObject({ error_code: "INTERNAL_ERROR" });
    broken = false;
    expect((await invoke(url, one)).status).toBe(200);
  });

  it("takes more routes", async () => {
    const { url } = await serve({
      model,
      extend: (app) => {
        app.get("/extra", () => ({ more: true }));
      },
    });
    expect(await (await fetch(`${url}/extra`)).json()).toEqual({ more: true });
  });

  it("lets requests under way finish when it closes", async () => {
    const { app, url } = await serve({
      model,
      extend: (scope) => {
        scope.get("/slow", async () => {
          await pause(300);
          return { finished: true };
        });
      },
    });
    const slow = fetch(`${url}/slow`);
    await pause(100);
    const closed = app.close();
    expect(await (await slow).json()).toEqual({ finished: true });
    await closed;
    await expect(fetch(`${url}/ping`)).rejects.toThrow();
  });

  it("swaps its model without losing a request", async () => {
    const holder = createModelHolder(constant(0));
    const { url } = await serve({ model: holder });
    const results: Promise<Response>[] = [];
    for (let i = 1; i <= 60; i++) {
      results.push(invoke(url, one));
      if (i % 20 === 0) {
        await pause(5);
        await holder.swap(constant(i));
      }
    }
    results.push(invoke(url, one));
    const values = await Promise.all(
      results.map(async (result) => {
        const answer = await result;
        expect(answer.status).toBe(200);
        return ((await answer.json()) as { predictions: number[] }).predictions[0];
      }),
    );
    expect(values.every((value) => [0, 20, 40, 60].includes(value ?? -1))).toBe(true);
    expect(values.at(-1)).toBe(60);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("esteira_scoring_model_generation 3\n");
  });
});

describe("createModelHolder", () => {
  it("gives the former model back when its last user has gone", async () => {
    const [first, second] = [constant(1), constant(2)];
    const holder = createModelHolder(first);
    const order: string[] = [];
    const use = holder.use(async (held) => {
      await pause(50);
      order.push("used");
      return held;
    });
    const swapped = holder.swap(second).then((former) => {
      order.push("freed");
      return former;
    });
    expect(holder.current).toBe(second);
    expect(await use).toBe(first);
    expect(await swapped).toBe(first);
    expect(order).toEqual(["used", "freed"]);
    expect(await holder.swap(first)).toBe(second);
    expect(holder.generation).toBe(2);
  });

  it("counts a user whose work fails as gone", async () => {
    const holder = createModelHolder(constant(1));
    const work = holder.use(() => Promise.reject(new Error("no")));
    const swapped = holder.swap(constant(2));
    await expect(work).rejects.toThrow("no");
    await expect(swapped).resolves.toBeDefined();
  });
});
