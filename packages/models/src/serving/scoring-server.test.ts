import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { parseXgboost } from "../engines/trees/parse-xgboost.ts";
import type { LoadedModel } from "../flavors/flavor.ts";
import { createXgboostModel } from "../flavors/xgboost.ts";
import type { ScoredRequest } from "./answer.ts";
import { createModelHolder } from "./model-holder.ts";
import { createScoringServer, type ScoringServerOptions } from "./scoring-server.ts";
import type { ShadowSight } from "./shadow.ts";

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
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { app, url } = await serve({
      model,
      extend: (scope) => {
        scope.get("/slow", async () => {
          arrive();
          await pause(300);
          return { finished: true };
        });
      },
    });
    const slow = fetch(`${url}/slow`);
    await arrived;
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

describe("traffic", () => {
  it("splits between primary and canary, and says who answered", async () => {
    const canary = { holder: createModelHolder(constant(2), { name: "pix", version: "2" }), share: 0.5 };
    const { url } = await serve({ model: createModelHolder(constant(1), { name: "pix", version: "1" }), canary });
    const ask = async (key: string) => {
      const answer = await fetch(`${url}/invocations`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-esteira-key": key },
        body: JSON.stringify(one),
      });
      const { predictions } = (await answer.json()) as { predictions: number[] };
      return [predictions[0], answer.headers.get("x-esteira-model"), answer.headers.get("x-esteira-variant")];
    };
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(`payer-${i}`)));
    for (const answer of answers)
      expect([
        [1, "pix/1", "primary"],
        [2, "pix/2", "canary"],
      ]).toContainEqual(answer);
    expect(new Set(answers.map(([value]) => value))).toEqual(new Set([1, 2]));
    expect(await ask("payer-0")).toEqual(answers[0]);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
      /esteira_scoring_model_rows_total\{model="pix",version="2",variant="canary"\} \d+/,
    );
  });

  it("lets a shadow see requests after their answers, and survives its failures", async () => {
    const sights: ShadowSight[] = [];
    const shadow = createModelHolder(constant(1.25));
    const { url } = await serve({ model: constant(1), shadow, onShadow: (sight) => sights.push(sight) });
    expect(await (await invoke(url, one)).json()).toEqual({ predictions: [1] });
    await expect.poll(() => sights).toMatchObject([{ kind: "compared", differences: [0.25] }]);
    await shadow.swap({
      ...constant(0),
      predict: () => {
        throw new Error("shadow broke");
      },
    });
    expect((await invoke(url, one)).status).toBe(200);
    await expect.poll(() => sights.map(({ kind }) => kind)).toEqual(["compared", "failed"]);
  });

  it("refuses with 429 what is beyond its limit, and takes more when there is room", async () => {
    let release = () => {};
    const { url } = await serve({
      model,
      maxInFlight: 1,
      extend: (app) => {
        app.addHook("preHandler", async (request) => {
          if (request.headers["x-wait"] !== undefined) await new Promise<void>((resolve) => (release = resolve));
        });
      },
    });
    const waiting = fetch(`${url}/invocations`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-wait": "1" },
      body: JSON.stringify(one),
    });
    await expect.poll(async () => (await fetch(`${url}/metrics`)).text()).toContain("esteira_scoring_in_flight 1\n");
    const refused = await invoke(url, one);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await refused.json()).toMatchObject({ error_code: "REQUEST_LIMIT_EXCEEDED" });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    release();
    expect((await waiting).status).toBe(200);
    await expect.poll(async () => (await invoke(url, one)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("esteira_scoring_refused_total");
  });
});

describe("Open Inference Protocol v2", () => {
  const infer = (url: string, body: unknown, path = "/v2/models/pix/infer") =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const row = { name: "x", shape: [1, 6], datatype: "FP64", data: one.inputs[0] };

  it("answers what the other protocol answers, and describes the model", async () => {
    const { url } = await serve({ model: createModelHolder(model, { name: "pix", version: "4" }) });
    const { predictions } = (await (await invoke(url, one)).json()) as { predictions: number[] };
    const answer = await infer(url, { id: "a", inputs: [row] });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        model_name: "pix",
        model_version: "4",
        id: "a",
        outputs: [{ name: "predictions", datatype: "FP64", shape: [1], data: predictions }],
      },
    ]);
    expect((await infer(url, { inputs: [row] }, "/v2/models/pix/versions/4/infer")).status).toBe(200);
    expect(await (await fetch(`${url}/v2/models/pix`)).json()).toMatchObject({ name: "pix", versions: ["4"] });
    expect(await (await fetch(`${url}/v2/health/ready`)).json()).toEqual({ ready: true });
    expect(await (await fetch(`${url}/v2/models/pix/ready`)).json()).toEqual({ name: "pix", ready: true });
    expect(await (await fetch(`${url}/v2`)).json()).toMatchObject({ name: "esteira", extensions: [] });
  });

  it("refuses in the protocol's own form", async () => {
    const { url } = await serve({ model: createModelHolder(model, { name: "pix", version: "4" }), bodyLimit: 2000 });
    const refusal = async (answer: Response) => [answer.status, await answer.json()];
    expect(await refusal(await infer(url, { inputs: [row] }, "/v2/models/other/infer"))).toEqual([
      404,
      { error: "There is no model 'other' here: this server has 'pix'" },
    ]);
    expect(await refusal(await infer(url, { inputs: [] }))).toEqual([
      400,
      { error: "inputs must be a list of one tensor or more" },
    ]);
    expect(await refusal(await infer(url, { inputs: [row], pad: " ".repeat(3000) }))).toEqual([
      413,
      { error: "The body is larger than the 2000 bytes that this server reads" },
    ]);
    expect((await fetch(`${url}/v2/models/pix/versions/9`)).status).toBe(404);
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
