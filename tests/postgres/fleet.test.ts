import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runId } from "@esteira/core/ids";
import { createClient } from "@esteira/sdk/client";
import { findPostgres, type PostgresCluster, startCluster } from "@esteira/store/testing/postgres-cluster";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Balancer, type FleetServer, startServerProcess } from "./fleet.ts";
import { SteadyLoad } from "./steady-load.ts";

const postgres = await findPostgres();
const ADMIN = { username: "admin", password: "correct-horse-battery" };
const API = "/api/2.0/mlflow";
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Several processes on one database and one folder of artifacts, behind a balancer that knows no sessions. */
describe.skipIf("missing" in postgres)("a fleet of servers", () => {
  let cluster: PostgresCluster;
  let folder: string;
  let made = 0;
  let servers: FleetServer[] = [];
  let balancer: Balancer;

  beforeAll(async () => {
    if ("missing" in postgres) return;
    folder = await mkdtemp(join(tmpdir(), "esteira-fleet-"));
    cluster = await startCluster(postgres.bin);
  });
  afterAll(async () => {
    await cluster?.remove();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await balancer.close();
    for (const server of servers) server.kill();
    servers = [];
  });

  async function startFleet(size: number, args: readonly string[] = []): Promise<() => Promise<FleetServer>> {
    made += 1;
    const database = `fleet${made}`;
    await cluster.createDatabase(database);
    const start = async (): Promise<FleetServer> => {
      const server = await startServerProcess(
        [
          ...["--backend-store-uri", cluster.uri(database), "--artifacts-destination", join(folder, database)],
          ...["--drain-seconds", "5", ...args],
        ],
        {
          MLFLOW_AUTH_ADMIN_PASSWORD: ADMIN.password,
          MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http",
          MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true",
          MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: `${Buffer.alloc(32, "test").toString("base64url")}=`,
        },
      );
      servers.push(server);
      return server;
    };
    for (let count = 0; count < size; count++) await start();
    balancer = await Balancer.start(servers.map(({ url }) => url));
    return start;
  }

  const call = async (
    url: string,
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        connection: "close",
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, json: () => JSON.parse(text) };
  };

  test("restarts one after the other under load without one failed request", { timeout: 600_000 }, async () => {
    const start = await startFleet(2);
    const load = new SteadyLoad(balancer.url);
    load.start(6);
    await load.answers(100);
    for (const old of [...servers]) {
      const replacement = await start();
      balancer.add(replacement.url);
      await load.answers(50);
      const ended = old.end();
      await pause(300);
      // Alive and not ready: who restarts it leaves it alone, and the balancer turns away.
      expect((await call(old.url, "GET", "/health")).status).toBe(200);
      expect((await call(old.url, "GET", "/ready")).status).toBe(503);
      expect(await ended).toBe(0);
      balancer.remove(old.url);
      await load.answers(50);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    await expectKept(load);
  });

  test("goes on when PostgreSQL restarts; what was acknowledged stays", { timeout: 600_000 }, async () => {
    await startFleet(2);
    const load = new SteadyLoad(balancer.url);
    load.start(6);
    for (const mode of ["fast", "immediate"] as const) {
      await load.answers(100);
      await cluster.stop(mode);
      await pause(500);
      await cluster.start();
    }
    await load.answers(200);
    await load.stop();
    for (const failure of load.failures) {
      expect(failure).toMatchObject({ status: 503, text: expect.stringContaining("TEMPORARILY_UNAVAILABLE") });
    }
    await expectKept(load);
  });

  async function expectKept(load: SteadyLoad): Promise<void> {
    const { runs } = createClient({ baseUrl: balancer.url });
    for (const [id, steps] of load.acknowledged) {
      const run = await runs.get(runId(id));
      const params = new Set(run.data.params.map(({ key }) => key));
      expect([...steps].filter((step) => !params.has(`p${step}`))).toEqual([]);
    }
  }

  test("promotes one version when two clients promote at once", { timeout: 600_000 }, async () => {
    await startFleet(2);
    const { url } = balancer;
    await call(url, "POST", `${API}/registered-models/create`, { name: "pix" });
    for (let count = 0; count < 6; count++) {
      await call(url, "POST", `${API}/model-versions/create`, { name: "pix", source: "s3://b/m" });
    }
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        [1, 2, 3, 4, 5, 6].map((version) =>
          call(url, "POST", `${API}/model-versions/transition-stage`, {
            ...{ name: "pix", version: String(version), stage: "Production", archive_existing_versions: true },
          }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      const found = (await call(url, "GET", `${API}/model-versions/search?filter=name%3D'pix'`)).json().model_versions;
      const stages: string[] = found.map((version: { current_stage: string }) => version.current_stage);
      expect(stages.filter((stage) => stage === "Production")).toHaveLength(1);
    }
  });

  test("keeps no truth in a process", { timeout: 600_000 }, async () => {
    await startFleet(2, ["--app-name", "basic-auth"]);
    const [a = "", b = ""] = servers.map(({ url }) => url);
    const basic = (user: { username: string; password: string }) => ({
      authorization: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`,
    });
    const admin = basic(ADMIN);
    const ana = { username: "ana", password: "long-enough-for-ana" };
    const made = (answer: Awaited<ReturnType<typeof call>>) => {
      expect(answer.status, answer.text).toBe(200);
      return answer.json();
    };

    // Users and permissions: what one process has written counts in the other with the next request.
    made(await call(a, "POST", `${API}/users/create`, ana, admin));
    const { experiment_id } = made(await call(a, "POST", `${API}/experiments/create`, { name: "pix" }, admin));
    const read = (url: string, headers: Record<string, string>) =>
      call(url, "GET", `${API}/experiments/get?experiment_id=${experiment_id}`, undefined, headers);
    for (const url of [a, b]) expect((await read(url, basic(ana))).status).toBe(403);
    const grant = { experiment_id, username: "ana", permission: "READ" };
    made(await call(a, "POST", `${API}/experiments/permissions/create`, grant, admin));
    for (const url of [b, a]) expect((await read(url, basic(ana))).status).toBe(200);
    made(await call(b, "DELETE", `${API}/experiments/permissions/delete`, grant, admin));
    for (const url of [a, b]) expect((await read(url, basic(ana))).status).toBe(403);
    made(await call(b, "POST", `${API}/experiments/permissions/create`, grant, admin));

    // Tokens and sessions.
    const token = made(
      await call(a, "POST", "/api/esteira/v1/access/tokens", { name: "ci", scopes: ["read"] }, basic(ana)),
    );
    const bearer = { authorization: `Bearer ${token.token}` };
    expect((await read(b, bearer)).status).toBe(200);
    const session = await call(a, "POST", "/api/esteira/v1/access/sessions", ana);
    const cookie = {
      cookie: session.headers
        .getSetCookie()
        .map((line) => line.split(";")[0])
        .join("; "),
    };
    expect((await read(b, cookie)).status).toBe(200);
    made(
      await call(
        b,
        "PATCH",
        `${API}/users/update-password`,
        { username: "ana", password: "another-long-enough" },
        admin,
      ),
    );
    expect((await read(a, basic(ana))).status).toBe(401);
    expect((await read(a, cookie)).status).toBe(401);
    await call(
      b,
      "DELETE",
      `/api/esteira/v1/access/tokens/${token.info?.id ?? token.token_info?.id ?? token.id}`,
      undefined,
      admin,
    );
    expect((await read(a, bearer)).status).toBe(401);

    // Pages: each is asked of the next process.
    for (let count = 0; count < 7; count++) {
      made(
        await call(count % 2 === 0 ? a : b, "POST", `${API}/runs/create`, { experiment_id, start_time: count }, admin),
      );
    }
    const seen: string[] = [];
    let page_token: string | undefined;
    for (let page = 0; page === 0 || page_token !== undefined; page++) {
      const body = {
        experiment_ids: [experiment_id],
        max_results: 2,
        ...(page_token === undefined ? {} : { page_token }),
      };
      const found = made(await call(page % 2 === 0 ? a : b, "POST", `${API}/runs/search`, body, admin));
      seen.push(...found.runs.map((run: { info: { run_id: string } }) => run.info.run_id));
      page_token = found.next_page_token;
    }
    expect(new Set(seen).size).toBe(7);

    // Artifacts, and webhooks with their secrets.
    const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/x/artifacts/note.txt`;
    expect((await fetch(`${a}${path}`, { method: "PUT", body: "hello", headers: admin })).status).toBe(200);
    expect((await call(b, "GET", path, undefined, admin)).text).toBe("hello");
    const heard: { body: string; signature: string }[] = [];
    const receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        const id = request.headers["x-mlflow-delivery-id"];
        const at = request.headers["x-mlflow-timestamp"];
        const expected = `v1,${createHmac("sha256", "hush").update(`${id}.${at}.${body}`).digest("base64")}`;
        heard.push({ body, signature: expected === request.headers["x-mlflow-signature"] ? "right" : "wrong" });
        response.end();
      });
    }).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    const address = receiver.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
    const events = [{ entity: "REGISTERED_MODEL", action: "CREATED" }];
    made(await call(a, "POST", `${API}/webhooks`, { name: "w", url, events, secret: "hush" }, admin));
    for (let count = 0; count < 6; count++) {
      made(
        await call(count % 2 === 0 ? b : a, "POST", `${API}/registered-models/create`, { name: `m${count}` }, admin),
      );
    }
    const names = () => new Set(heard.map(({ body }) => JSON.parse(body).data.name));
    while (names().size < 6) await pause(50);
    expect(new Set(heard.map(({ signature }) => signature))).toEqual(new Set(["right"]));
    receiver.close();
  });
});
