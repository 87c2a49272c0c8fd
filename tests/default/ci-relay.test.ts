import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { webhookOptions } from "@esteira/server/webhooks/environment";
import { signDelivery } from "@esteira/server/webhooks/signature";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Relay, startRelay } from "../../packages/cli/src/ci/relay.ts";
import { type Pipeline, pipelineStarter } from "../../packages/cli/src/ci/start-pipeline.ts";
import { command } from "./flow-world.testing.ts";

const SECRET = "between the server and the relay";
const ALERT = JSON.stringify({ entity: "model_alert", action: "firing", data: { model: "pix", severity: "act" } });

interface Asked {
  readonly url: string;
  readonly authorization: string;
  readonly body: string;
}
let asked: Asked[];
let answers: number[];
let now: number;
let api: string;
let relay: Relay;
let closing: (() => Promise<unknown>)[];

/** A CI's API, which answers what `answers` says, and then that it has taken it. */
async function startApi(): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    asked.push({ url: request.url ?? "", authorization: request.headers.authorization ?? "", body });
    response.writeHead(answers.shift() ?? 201).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function relayTo(
  pipeline: Pipeline,
  env: Record<string, string>,
  events = ["model_alert.firing"],
): Promise<void> {
  relay = await startRelay({
    ...{ host: "127.0.0.1", port: 0, secret: SECRET, model: "pix", events, clock: () => now, note: () => {} },
    start: pipelineStarter(pipeline, env),
  });
  closing.push(() => relay.close());
}

async function deliver(body: string, { id = "d1", at = now, secret = SECRET } = {}) {
  const timestamp = String(Math.floor(at / 1000));
  const answer = await fetch(relay.url, {
    method: "POST",
    headers: {
      ...{ "x-mlflow-delivery-id": id, "x-mlflow-timestamp": timestamp },
      "x-mlflow-signature": signDelivery(secret, id, timestamp, body),
    },
    body,
  });
  return { status: answer.status, text: await answer.text() };
}

beforeEach(async () => {
  [asked, answers, closing] = [[], [], []];
  // Whole seconds, as a signature has them.
  now = Math.floor(Date.now() / 1000) * 1000;
  api = await startApi();
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

describe("a webhook that starts a pipeline", { timeout: 60_000 }, () => {
  it.each<[string, () => readonly [Pipeline, Record<string, string>], string, string, object | string]>([
    [
      "GitHub",
      () => [
        { ci: "github", project: "acme/pix", branch: "main" },
        { GITHUB_API_URL: api, GITHUB_TOKEN: "t" },
      ],
      "/repos/acme/pix/dispatches",
      "Bearer t",
      { event_type: "esteira", client_payload: { event: "model_alert.firing", model: "pix", delivery: "d1" } },
    ],
    [
      "GitLab",
      () => [
        { ci: "gitlab", project: "acme/pix", branch: "main" },
        { CI_API_V4_URL: api, ESTEIRA_TRIGGER_TOKEN: "t" },
      ],
      "/projects/acme%2Fpix/trigger/pipeline",
      "",
      {
        ...{ token: "t", ref: "main" },
        variables: { ESTEIRA_EVENT: "model_alert.firing", ESTEIRA_EVENT_MODEL: "pix", ESTEIRA_EVENT_DELIVERY: "d1" },
      },
    ],
    [
      "Jenkins",
      () => [
        { ci: "jenkins", project: `${api}/job/pix/job/main/`, branch: "main" },
        { JENKINS_USER_ID: "ana", JENKINS_API_TOKEN: "t" },
      ],
      "/job/pix/job/main/buildWithParameters",
      `Basic ${Buffer.from("ana:t").toString("base64")}`,
      "ACTION=promote",
    ],
  ])("asks %s as it wants to be asked, once for a delivery", async (_, given, url, authorization, body) => {
    await relayTo(...given());
    const sent = await Promise.all([deliver(ALERT), deliver(ALERT)]);
    expect(sent.map(({ status }) => status)).toEqual([200, 200]);
    expect(await deliver(ALERT)).toMatchObject({ status: 200, text: expect.stringContaining("already (d1)") });
    expect(asked).toEqual([{ url, authorization, body: typeof body === "string" ? body : JSON.stringify(body) }]);
  });

  it("starts nothing that is not signed, is old, or is no business of the model's", async () => {
    await relayTo({ ci: "github", project: "acme/pix", branch: "main" }, { GITHUB_API_URL: api, GITHUB_TOKEN: "t" });
    for (const [body, more, status, text] of [
      [ALERT, { secret: "guessed" }, 401, "not signed"],
      [ALERT, { at: now - 301_000 }, 401, "signed 301 s ago"],
      [ALERT, { at: now + 400_000 }, 401, "signed -400 s ago"],
      ["{}", {}, 400, "no event"],
      [ALERT.replace("pix", "ted"), {}, 200, "model_alert.firing of ted starts nothing"],
      [ALERT.replace("firing", "resolved"), {}, 200, "model_alert.resolved of pix starts nothing"],
    ] as const)
      expect(await deliver(body, more)).toEqual({ status, text: expect.stringContaining(text) });
    expect((await fetch(relay.url)).status).toBe(405);
    expect((await fetch(relay.url, { method: "POST", body: "x".repeat(1_100_000) })).status).toBe(413);
    expect((await fetch(relay.url, { method: "POST", body: ALERT })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it("is sent again by the server until the CI has taken it", async () => {
    const github = { GITHUB_API_URL: api, GITHUB_TOKEN: "t" };
    await relayTo({ ci: "github", project: "acme/pix", branch: "main" }, github, ["model_version_tag.set"]);
    const server: RunningServer = await startServer({
      ...{ host: "127.0.0.1", port: 0, backendStoreUri: "sqlite://", artifactsDestination: "unused" },
      webhookKey: `${Buffer.alloc(32, "k").toString("base64url")}=`,
      webhooks: {
        ...webhookOptions({ MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http", MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true" }),
        retries: { attempts: 5, firstDelayMs: 20, longestDelayMs: 40 },
      },
    });
    closing.push(() => server.close());
    const client = createClient({ baseUrl: server.url });
    const events = [{ entity: "model_version_tag", action: "set" }] as const;
    const { id } = await client.webhooks.create({ name: "start", url: relay.url, events, secret: SECRET });
    for (const name of ["pix", "ted"]) {
      await client.registeredModels.create({ name });
      await client.modelVersions.create({ name, source: "s3://b/1" });
    }
    answers = [503, 403];
    await client.modelVersions.setTag("ted", "1", { key: "retrain", value: "yes" });
    await client.modelVersions.setTag("pix", "1", { key: "retrain", value: "yes" });
    await expect
      .poll(async () => (await client.webhooks.deliveries(id)).items.map(({ state, attempts }) => [state, attempts]), {
        timeout: 30_000,
      })
      .toEqual(
        expect.arrayContaining([
          ["delivered", 3],
          ["delivered", 1],
        ]),
      );
    expect(asked.map(({ body }) => JSON.parse(body).client_payload.event)).toEqual(
      Array.from({ length: 3 }, () => "model_version_tag.set"),
    );
    expect(new Set(asked.map(({ body }) => body)).size).toBe(1);
  });

  it("cannot be heard without what the CI and the webhook ask for", async () => {
    for (const [args, env, text] of [
      [["circle", "acme/pix"], {}, "expected github, gitlab or jenkins"],
      [["github", "acme/pix"], { ESTEIRA_WEBHOOK_SECRET: "" }, "ESTEIRA_WEBHOOK_SECRET is not set"],
      [["github", "acme/pix", "--on", "alerts"], {}, "expected ENTITY.ACTION"],
      [["github", "acme/pix"], { GITHUB_TOKEN: "" }, "GITHUB_TOKEN is not set"],
    ] as const) {
      const given = { ESTEIRA_WEBHOOK_SECRET: SECRET, GITHUB_TOKEN: "t", ...env };
      const { code, said } = await command(["ci", "relay", ...args, "-m", "pix", "-p", "0"], given);
      expect([code, said]).toEqual([2, expect.stringContaining(text)]);
    }
  });
});
