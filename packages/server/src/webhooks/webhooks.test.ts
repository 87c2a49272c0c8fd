import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Harness, type Json, openHarness } from "../testing/harness.ts";
import { webhookOptions } from "./environment.ts";
import { signDelivery } from "./signature.ts";

const M = "/api/2.0/mlflow";
const V1 = "/api/esteira/v1";
const CREATED = [{ entity: "REGISTERED_MODEL", action: "CREATED" }];

interface Call {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let count = 0;
const someName = () => `model-${++count}`;

describe("what a webhook may be", () => {
  let server: Harness;
  beforeAll(async () => {
    server = await openHarness();
  });
  afterAll(() => server.close());
  const create = (fields: object) => server.call("POST", `${M}/webhooks`, { name: "w", events: CREATED, ...fields });

  it.each([
    [
      "https://127.0.0.1/x",
      "Webhook URL must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1.",
    ],
    ["https://localhost/", "Webhook URL must not resolve to a non-public IP address. 'localhost' resolves to"],
    ["https://10.0.0.1/", "'10.0.0.1' resolves to 10.0.0.1."],
    ["https://[::ffff:127.0.0.1]/", "must not resolve to a non-public IP address"],
    ["https://2130706433/", "must not resolve to a non-public IP address"],
    ["https://[fd00::1]/", "must not resolve to a non-public IP address"],
    ["http://169.254.169.254/latest/meta-data/", "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."],
    ["file:///etc/passwd", "Invalid webhook URL scheme: 'file'."],
    ["ftp://x", "Invalid webhook URL scheme: 'ftp'."],
    ["https://", "Invalid webhook URL 'https://'"],
    ["nonsense", "Invalid webhook URL scheme: ''."],
    ["https://user:pass@8.8.8.8/", "must not hold a user or a password"],
    [`https://8.8.8.8/${"x".repeat(500)}`, "exceeds the maximum length"],
  ])("is not one to %s", async (url, message) => {
    const answer = await create({ url });
    expect(answer).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(answer.body.message).toContain(message);
    expect((await server.call("GET", `${M}/webhooks`)).body).toEqual({});
  });

  it.each<[object, string]>([
    [{ events: [] }, "Webhook events must be a non-empty list of WebhookEvent objects: []."],
    [{ events: undefined }, "Missing value for required parameter 'events'."],
    [
      { events: [{ entity: "MODEL_VERSION", action: "DELETED" }] },
      "Invalid action 'deleted' for entity 'model_version'.",
    ],
    [{ events: [{ entity: "BOGUS", action: "CREATED" }] }, "Invalid entity 'BOGUS'"],
    [{ events: [{ entity: "BUDGET_POLICY", action: "EXCEEDED" }] }, "this server has no AI gateway"],
    [{ name: "bad name!" }, "Webhook name 'bad name!' is invalid."],
  ])("is not one of %j", async (fields, message) => {
    const answer = await create({ url: "https://8.8.8.8/x", ...fields });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });

  it("cannot be moved to a private address either", async () => {
    const made = await create({ url: "https://8.8.8.8/x" });
    const path = `${M}/webhooks/${made.body.webhook?.webhook_id}`;
    expect((await server.call("PATCH", path, { url: "https://10.0.0.1/" })).status).toBe(400);
    const kept = await server.call("GET", path);
    expect(kept.body.webhook).toEqual({
      webhook_id: expect.any(String),
      name: "w",
      url: "https://8.8.8.8/x",
      events: CREATED,
      status: "ACTIVE",
      creation_timestamp: expect.any(Number),
      last_updated_timestamp: expect.any(Number),
    });
    expect((await server.call("DELETE", path)).body).toEqual({});
    expect(await server.call("GET", path)).toMatchObject({
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST" },
    });
  });
});

describe("deliveries", () => {
  let server: Harness;
  let url: string;
  let calls: Call[];
  /** What the receiver answers, in turn; 200 when nothing is left. */
  let answers: number[];
  let stop: () => void;

  beforeEach(async () => {
    calls = [];
    answers = [];
    const receiver = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        calls.push({ headers: request.headers, body });
        response.writeHead(answers.shift() ?? 200).end("seen");
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    stop = () => {
      receiver.closeAllConnections();
      receiver.close();
    };
    server = await openHarness({
      webhooks: {
        ...webhookOptions({ MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http", MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true" }),
        retries: { attempts: 3, firstDelayMs: 20, longestDelayMs: 40 },
      },
    });
    await server.app.ready();
  });
  afterEach(async () => {
    await server.close();
    stop();
  });

  const newWebhook = async (fields: object = {}): Promise<string> => {
    const answer = await server.call("POST", `${M}/webhooks`, { name: "w", url, events: CREATED, ...fields });
    return String(answer.body.webhook?.webhook_id);
  };
  const newModel = async () => {
    const name = someName();
    await server.call("POST", `${M}/registered-models/create`, { name, tags: [{ key: "a", value: "b" }] });
    return name;
  };
  const deliveries = async (id: string): Promise<readonly Json[]> => {
    const { body } = await server.call("GET", `${V1}/webhooks/${id}/deliveries`);
    return (body.deliveries ?? []) as unknown as readonly Json[];
  };
  const until = async (what: () => Promise<boolean>) => {
    for (let i = 0; i < 400; i++) {
      if (await what()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("it did not come to pass");
  };
  const ended = (id: string) =>
    until(async () => {
      const all = await deliveries(id);
      return all.length > 0 && all.every((delivery) => String(delivery.state) !== "pending");
    });

  it("arrive signed, with the event in MLflow's envelope, and are logged", async () => {
    const id = await newWebhook({ secret: "segredo" });
    const name = await newModel();
    await ended(id);
    const [call] = calls;
    const { "x-mlflow-delivery-id": delivery, "x-mlflow-timestamp": timestamp } = call?.headers ?? {};
    expect(call?.headers["x-mlflow-signature"]).toBe(
      signDelivery("segredo", String(delivery), String(timestamp), call?.body ?? ""),
    );
    expect(JSON.parse(call?.body ?? "")).toEqual({
      entity: "registered_model",
      action: "created",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      data: { name, tags: { a: "b" }, description: "" },
    });
    expect(await deliveries(id)).toMatchObject([
      { delivery_id: delivery, webhook_id: id, state: "delivered", attempts: 1, response_status: 200 },
    ]);
  });

  it("are tried again with the same id and body until the receiver takes them", async () => {
    answers = [500, 302];
    const id = await newWebhook();
    await newModel();
    await ended(id);
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ headers, body }) => `${headers["x-mlflow-delivery-id"]} ${body}`)).size).toBe(1);
    expect(await deliveries(id)).toMatchObject([{ state: "delivered", attempts: 3 }]);
  });

  it("fail after the last attempt, say why, and can be replayed", async () => {
    answers = [500, 503, 404];
    const id = await newWebhook();
    await newModel();
    await ended(id);
    const [failed] = await deliveries(id);
    expect(failed).toMatchObject({ state: "failed", attempts: 3, response_status: 404, error: "HTTP 404: seen" });
    const replayed = await server.call("POST", `${V1}/webhooks/${id}/deliveries/${failed?.delivery_id}/replay`, {});
    expect(replayed.body.delivery).toMatchObject({ state: "pending", delivery_id: failed?.delivery_id });
    await ended(id);
    expect(await deliveries(id)).toMatchObject([{ state: "delivered" }]);
    expect(calls).toHaveLength(4);
  });

  it("go to each webhook that asks, and not to one that is off", async () => {
    const [first, second] = [await newWebhook(), await newWebhook({ name: "w2" })];
    await newWebhook({ name: "w3", status: "DISABLED" });
    await newWebhook({ name: "w4", events: [{ entity: "MODEL_VERSION", action: "CREATED" }] });
    await newModel();
    await Promise.all([ended(first), ended(second)]);
    expect(calls).toHaveLength(2);
  });

  it("can be tried with an example of an event", async () => {
    const id = await newWebhook({ events: [...CREATED, { entity: "MODEL_VERSION_ALIAS", action: "DELETED" }] });
    const test = async (body: object) => (await server.call("POST", `${M}/webhooks/${id}/test`, body)).body.result;
    expect(await test({})).toEqual({ success: true, response_status: 200, response_body: "seen" });
    answers = [500];
    const event = CREATED[0];
    expect(await test({ event })).toEqual({ success: false, response_status: 500, response_body: "seen" });
    expect(calls.map(({ body }) => JSON.parse(body).data)).toEqual([
      { name: "example_model", alias: "example_alias" },
      { name: "example_model", tags: { example_key: "example_value" }, description: "An example registered model" },
    ]);
    stop();
    expect(await test({})).toMatchObject({
      success: false,
      error_message: expect.stringMatching(/^Failed to test webhook: .*(ECONNREFUSED|hang up)/),
    });
  });
});
