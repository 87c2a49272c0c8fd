import { Writable } from "node:stream";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHEAP, type Harness, type Method, openHarness } from "../testing/harness.ts";
import { passwords } from "./passwords.ts";

const PASSWORD = "a long enough password";
const API = "/api/2.0/mlflow";
const OWN = "/api/esteira/v1/access";
const HOST = "mlflow.example";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const basic = (username: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let server: Harness;
let lines = "";
const time = { now: 1_800_000_000_000 };

beforeAll(async () => {
  const sink = new Writable({
    write: (chunk, _, done) => {
      lines += String(chunk);
      done();
    },
  });
  server = await openHarness({
    access: {},
    clock: () => time.now,
    log: pino({ level: "debug" }, sink),
    boundary: { publicHosts: [HOST] },
  });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  for (const username of ["admin", "ana", "bia"]) {
    await server.store.createUser({ username, passwordHash, isAdmin: username === "admin" });
  }
});
afterAll(() => server.close());

const search = (headers: Record<string, string>, fields: object = {}) =>
  server.call("POST", `${API}/experiments/search`, { max_results: 100, ...fields }, headers);
const create = (name: string, headers: Record<string, string>) =>
  server.call("POST", `${API}/experiments/create`, { name }, headers);
const newToken = async (fields: object, owner = "ana") => {
  const { body, status } = await server.call(
    "POST",
    `${OWN}/tokens`,
    { name: "ci", scopes: ["read"], ...fields },
    basic(owner, PASSWORD),
  );
  expect(status).toBe(200);
  return { token: String(body.token), id: String(body.info?.id) };
};

describe("other spellings of a path open nothing", () => {
  const paths = [
    "//api/2.0/mlflow/experiments/search",
    "/API/2.0/mlflow/experiments/search",
    "/api/./2.0/mlflow/experiments/search",
    "/api/x/../2.0/mlflow/experiments/search",
    "/api/2.0/mlflow/experiments/search;x",
    "/api/2.0/mlflow/experiments/search/",
    "/api%2f2.0/mlflow/experiments/search",
    "/%61pi/2.0/mlflow/experiments/search",
    "/api/2.0/mlflow/experiments/search?a=/health",
    "/health/../api/2.0/mlflow/experiments/search",
    "/health/api/2.0/mlflow/experiments/search",
  ];
  it.each(
    paths.flatMap((path) => (["GET", "HEAD", "OPTIONS", "POST"] as const).map((method) => [method, path] as const)),
  )("%s %s", async (method, url) => {
    const answer = await server.app.inject({
      method,
      url,
      headers: {
        host: "localhost",
        "x-http-method-override": "GET",
        "x-original-url": "/health",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      ...(method === "POST" ? { payload: "{}" } : {}),
    });
    expect([400, 401, 404, 405]).toContain(answer.statusCode);
    expect(answer.body).not.toContain("experiment_id");
  });
});

describe("signing in with a password", () => {
  it("is limited for a user and comes back after the window", async () => {
    for (let tries = 0; tries < 10; tries++) {
      expect(await search(basic("bia", `wrong ${tries}`))).toMatchObject({ status: 401 });
    }
    const limited = await search(basic("bia", PASSWORD));
    expect(limited).toMatchObject({ status: 429, body: { error_code: "REQUEST_LIMIT_EXCEEDED" } });
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
    expect(await search(basic("ana", PASSWORD))).toMatchObject({ status: 200 });
    const form = { username: "bia", password: PASSWORD };
    expect(await server.call("POST", `${OWN}/sessions`, form)).toMatchObject({ status: 429 });
    time.now += MINUTE + 1;
    expect(await search(basic("bia", PASSWORD))).toMatchObject({ status: 200 });
  });

  it("is limited for an address, whoever is tried", async () => {
    time.now += 2 * MINUTE;
    for (let tries = 0; tries < 100; tries++) {
      expect(await search(basic(`user ${tries}`, "wrong password"))).toMatchObject({ status: 401 });
    }
    expect(await search(basic("admin", PASSWORD))).toMatchObject({ status: 429 });
    time.now += 2 * MINUTE;
    expect(await search(basic("admin", PASSWORD))).toMatchObject({ status: 200 });
  });

  it("works as long, and answers the same, for a user who does not exist", async () => {
    const slow = await openHarness({ access: { passwordCost: { n: 2 ** 14, r: 8, p: 1 } } });
    const hash = await passwords({ n: 2 ** 14, r: 8, p: 1 }).hash(PASSWORD);
    await slow.store.createUser({ username: "ana", passwordHash: hash, isAdmin: false });
    const took = async (username: string) => {
      let best = Number.POSITIVE_INFINITY;
      let text = "";
      for (let tries = 0; tries < 4; tries++) {
        const start = performance.now();
        text = (await slow.call("GET", `${API}/users/current`, undefined, basic(username, "wrong password"))).text;
        best = Math.min(best, performance.now() - start);
      }
      return { best, text };
    };
    const [known, unknown] = [await took("ana"), await took("nobody")];
    expect(unknown.text).toBe(known.text);
    // Without its own hash it would take a hundredth of it; a busy machine blurs the rest.
    expect(unknown.best).toBeGreaterThan(known.best * 0.15);
    await slow.close();
  });

  it("refuses what is no credential", async () => {
    time.now += 2 * MINUTE;
    const headers = [
      "Basic",
      "Basic !!!",
      `Basic ${Buffer.from("no colon").toString("base64")}`,
      `Digest ${Buffer.from(`ana:${PASSWORD}`).toString("base64")}`,
      `Basic ${Buffer.from(`ana:${PASSWORD}`).toString("base64")}, Basic x`,
      "Bearer ",
      "Bearer null",
      `Basic ${Buffer.from(":").toString("base64")}`,
      `Basic ${Buffer.from("ana:").toString("base64")}`,
      `Basic ${Buffer.from(`' OR '1'='1:${PASSWORD}`).toString("base64")}`,
    ];
    for (const authorization of headers) {
      const answer = await search({ authorization });
      expect({ authorization, status: answer.status }).toEqual({ authorization, status: 401 });
      expect(answer.headers["www-authenticate"]).toBe('Basic realm="mlflow"');
      expect(answer.body.error_code).toBe("UNAUTHENTICATED");
    }
  });

  it("shows a page no window of the browser's own", async () => {
    const answer = await server.call("GET", "/ajax-api/2.0/mlflow/users/current");
    expect(answer.status).toBe(401);
    expect(answer.headers).not.toHaveProperty("www-authenticate");
  });
});

describe("a service token", () => {
  it("is taken as bearer, and as password under its user's name or none", async () => {
    const { token } = await newToken({ scopes: ["read", "write"] });
    for (const headers of [bearer(token), basic("ana", token), basic("token", token), basic("__token__", token)]) {
      expect(await search(headers)).toMatchObject({ status: 200 });
    }
    expect(await search(basic("bia", token))).toMatchObject({ status: 401 });
  });

  it.each(["wrong", "expired", "revoked", "of a deleted user", "with another tail", "of a running number"])(
    "%s is refused alike",
    async (kind) => {
      const fresh = await newToken({ expires_in_days: 1 });
      let { token } = fresh;
      if (kind === "wrong") token = "est_000000000000_0000000000000000000000000000000000000000000";
      if (kind === "with another tail") token = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
      if (kind === "of a running number") token = "1";
      if (kind === "revoked") {
        const url = `${OWN}/tokens/${fresh.id}`;
        expect(await server.call("DELETE", url, undefined, basic("ana", PASSWORD))).toMatchObject({ status: 200 });
      }
      if (kind === "of a deleted user") {
        await server.store.createUser({
          username: "leaving",
          isAdmin: false,
          passwordHash: await passwords(CHEAP).hash(PASSWORD),
        });
        token = (await newToken({}, "leaving")).token;
        expect(await search(bearer(token))).toMatchObject({ status: 200 });
        await server.store.deleteUser("leaving");
      }
      if (kind === "expired") time.now += DAY + 1;
      const answer = await search(bearer(token));
      expect(answer.status).toBe(401);
      expect(answer.body.message).toBe(
        "You are not signed in: send a username and password, or a token, that this server knows.",
      );
    },
  );

  it("does no more than its scopes, and no more than its user", async () => {
    const read = bearer((await newToken({ scopes: ["read"] })).token);
    const write = bearer((await newToken({ scopes: ["write"] })).token);
    const registry = bearer((await newToken({ scopes: ["registry"] })).token);
    const admin = bearer((await newToken({ scopes: ["admin"] })).token);
    expect(await create("by a reader", read)).toMatchObject({ status: 403 });
    expect(await create("by a registrar", registry)).toMatchObject({ status: 403 });
    expect(await create("by a writer", write)).toMatchObject({ status: 200 });
    const model = (headers: Record<string, string>, name: string) =>
      server.call("POST", `${API}/registered-models/create`, { name }, headers);
    expect(await model(write, "w")).toMatchObject({ status: 403 });
    expect(await model(registry, "r")).toMatchObject({ status: 200 });
    expect(await model(admin, "a")).toMatchObject({ status: 200 });
    for (const headers of [read, write, registry]) {
      expect(await server.call("POST", `${OWN}/tokens`, { name: "more", scopes: ["admin"] }, headers)).toMatchObject({
        status: 403,
      });
      const change = { username: "ana", password: `${PASSWORD}!`, current_password: PASSWORD };
      expect(await server.call("PATCH", `${API}/users/update-password`, change, headers)).toMatchObject({
        status: 403,
      });
    }
    // Ana is no admin, so her token is none either.
    expect(
      await server.call("POST", `${API}/users/create`, { username: "x", password: PASSWORD }, admin),
    ).toMatchObject({
      status: 403,
    });
  });

  it("bound to an experiment reaches no other, and makes none", async () => {
    const one = String((await create("bound one", basic("ana", PASSWORD))).body.experiment_id);
    const two = String((await create("bound two", basic("ana", PASSWORD))).body.experiment_id);
    const token = bearer((await newToken({ scopes: ["write"], experiment_ids: [one] })).token);
    const get = (id: string) => server.call("GET", `${API}/experiments/get?experiment_id=${id}`, undefined, token);
    expect(await get(one)).toMatchObject({ status: 200 });
    for (const spelling of [two, `0${two}`, `%2B${two}`, `%20${two}`]) {
      expect({ spelling, status: (await get(spelling)).status }).toEqual({ spelling, status: 403 });
    }
    expect((await search(token)).body.experiments).toMatchObject([{ experiment_id: one }]);
    expect(await create("bound three", token)).toMatchObject({ status: 403 });
    const log = (experiment_id: string) => server.call("POST", `${API}/runs/create`, { experiment_id }, token);
    expect(await log(one)).toMatchObject({ status: 200 });
    expect(await log(two)).toMatchObject({ status: 403 });
    const admin = bearer((await newToken({ scopes: ["admin"], experiment_ids: [one] }, "admin")).token);
    expect(await server.call("GET", `${API}/experiments/get?experiment_id=${two}`, undefined, admin)).toMatchObject({
      status: 403,
    });
    expect(await server.call("GET", "/api/2.0/mlflow/webhooks", undefined, admin)).toMatchObject({ status: 403 });
  });

  it("is listed without its secret, and belongs to its user alone", async () => {
    const { token, id } = await newToken({ name: "listed" });
    await search(bearer(token));
    const own = await server.call("GET", `${OWN}/tokens`, undefined, basic("ana", PASSWORD));
    expect(own.body.tokens).toEqual(
      expect.arrayContaining([expect.objectContaining({ id, name: "listed", last_used_at: time.now })]),
    );
    expect(own.text).not.toContain(token);
    expect(own.text).not.toContain("hash");
    const other = basic("bia", PASSWORD);
    expect(await server.call("DELETE", `${OWN}/tokens/${id}`, undefined, other)).toMatchObject({ status: 404 });
    expect(await server.call("GET", `${OWN}/tokens?username=ana`, undefined, other)).toMatchObject({ status: 403 });
    expect((await server.call("GET", `${OWN}/tokens`, undefined, other)).body.tokens).toEqual([]);
    expect(await server.call("GET", `${OWN}/tokens?username=ana`, undefined, basic("admin", PASSWORD))).toMatchObject({
      status: 200,
    });
  });

  it.each([
    [{ scopes: [] }, "needs a scope"],
    [{ scopes: ["all"] }, "Unknown scope 'all'"],
    [{ expires_in_days: 0 }, "from 1 to 366 days"],
    [{ expires_in_days: 10_000 }, "from 1 to 366 days"],
    [{ name: "x".repeat(256) }, "at most 255"],
    [{ name: "" }, "Missing value for required parameter 'name'"],
  ])("is not made of %j", async (fields, reason) => {
    const body = { name: "ci", scopes: ["read"], ...fields };
    const answer = await server.call("POST", `${OWN}/tokens`, body, basic("ana", PASSWORD));
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body.message).toContain(reason);
  });
});

describe("a browser's session", () => {
  const origin = `https://${HOST}`;
  const page = { host: HOST, origin };
  const signInAs = async (username: string, headers: Record<string, string> = page) => {
    const answer = await server.call("POST", `${OWN}/sessions`, { username, password: PASSWORD }, headers);
    return { answer, cookie: String(answer.headers["set-cookie"] ?? "").split(";")[0] ?? "" };
  };
  const as = (cookie: string) => ({ ...page, cookie });

  it("is a cookie that scripts cannot read and other sites do not send", async () => {
    const { answer } = await signInAs("ana");
    expect(answer.status).toBe(200);
    expect(String(answer.headers["set-cookie"])).toMatch(
      /^esteira-session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const secure = await openHarness({ access: { publicUrl: origin }, boundary: { publicHosts: [HOST] } });
    await secure.store.createUser({
      username: "ana",
      passwordHash: await passwords(CHEAP).hash(PASSWORD),
      isAdmin: true,
    });
    const body = { username: "ana", password: PASSWORD };
    const { headers } = await secure.call("POST", `${OWN}/sessions`, body, page);
    expect(String(headers["set-cookie"])).toMatch(
      /^__Host-esteira-session=[\w-]{43};.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    await secure.close();
  });

  it("is new at each sign-in, and the one before is over", async () => {
    const first = await signInAs("ana");
    const second = await signInAs("ana", as(first.cookie));
    expect(second.cookie).not.toBe(first.cookie);
    expect(await search(as(first.cookie))).toMatchObject({ status: 401 });
    expect(await search(as(second.cookie))).toMatchObject({ status: 200 });
    const planted = await signInAs("ana", as("esteira-session=planted-by-somebody"));
    expect(planted.cookie).not.toContain("planted");
    expect(await search(as("esteira-session=planted-by-somebody"))).toMatchObject({ status: 401 });
  });

  it("changes nothing for a page of another origin, and for one that hides its origin", async () => {
    const { cookie } = await signInAs("ana");
    const attempt = (headers: Record<string, string>) =>
      create(`csrf ${JSON.stringify(headers)}`, { cookie, host: HOST, ...headers });
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
      { origin: `https://${HOST}:8443` },
      { origin: "http://localhost:3000" },
      { origin: `https://${HOST}.evil.example` },
    ]) {
      expect({ headers, status: (await attempt(headers)).status }).toEqual({ headers, status: 403 });
    }
    expect((await search(as(cookie))).text).not.toContain("csrf");
    expect(await attempt({ origin })).toMatchObject({ status: 200 });
    // A form of another site cannot send JSON.
    const form = await server.call("POST", `${API}/experiments/create`, '{"name":"form"}', {
      ...as(cookie),
      "content-type": "text/plain",
    });
    expect(form.status).toBe(400);
  });

  it("signs nobody in from another site", async () => {
    for (const other of ["https://evil.example", "http://localhost:3000", "null"]) {
      const { answer } = await signInAs("ana", { host: HOST, origin: other });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty("set-cookie");
    }
  });

  it.each(["signing out", "a new password", "the user's deletion", "idleness", "age"])("ends by %s", async (how) => {
    const username = `session of ${how}`;
    const passwordHash = await passwords(CHEAP).hash(PASSWORD);
    await server.store.createUser({ username, passwordHash, isAdmin: false });
    const { cookie } = await signInAs(username);
    expect(await search(as(cookie))).toMatchObject({ status: 200 });
    if (how === "signing out") {
      const out = await server.call("DELETE", `${OWN}/sessions/current`, undefined, as(cookie));
      expect(out.status).toBe(200);
      expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
    }
    if (how === "a new password") {
      const admin = basic("admin", PASSWORD);
      const change = { username, password: `${PASSWORD}!` };
      expect(await server.call("PATCH", `${API}/users/update-password`, change, admin)).toMatchObject({ status: 200 });
    }
    if (how === "the user's deletion") await server.store.deleteUser(username);
    if (how === "idleness") time.now += 121 * MINUTE;
    if (how === "age") {
      for (let hours = 0; hours < 12; hours++) {
        expect(await search(as(cookie))).toMatchObject({ status: 200 });
        time.now += 60 * MINUTE + 1;
      }
    }
    expect(await search(as(cookie))).toMatchObject({ status: 401 });
  });

  it("outlives the change of its own password, and other sessions do not", async () => {
    const passwordHash = await passwords(CHEAP).hash(PASSWORD);
    await server.store.createUser({ username: "changing", passwordHash, isAdmin: false });
    const [own, other] = [await signInAs("changing"), await signInAs("changing")];
    const change = { username: "changing", password: `${PASSWORD}!`, current_password: PASSWORD };
    const answer = await server.call("PATCH", `${API}/users/update-password`, change, as(own.cookie));
    expect(answer).toMatchObject({ status: 200 });
    expect(await search(as(own.cookie))).toMatchObject({ status: 200 });
    expect(await search(as(other.cookie))).toMatchObject({ status: 401 });
  });

  it("tells pages who is signed in, and nobody else", async () => {
    const { cookie } = await signInAs("ana");
    const info = async (headers: Record<string, string>) => (await server.call("GET", OWN, undefined, headers)).body;
    expect(await info(as(cookie))).toMatchObject({ enabled: true, user: { username: "ana" }, has_session: true });
    expect(await info({})).toEqual({ enabled: true, needs_setup: false, has_session: false });
    expect(await info(basic("ana", "wrong password"))).not.toHaveProperty("user");
  });
});

describe("what users see", () => {
  it("is their own, with counts and pages that tell nothing of others", async () => {
    for (let index = 0; index < 5; index++) {
      await create(`hers ${index}`, basic("ana", PASSWORD));
      await create(`his ${index}`, basic("bia", PASSWORD));
    }
    const filter = { filter: "name LIKE 'h%s %'", max_results: 2, order_by: ["name"] };
    const first = await search(basic("bia", PASSWORD), filter);
    expect(first.body.experiments).toMatchObject([{ name: "his 0" }, { name: "his 1" }]);
    // A page's token of another user opens the reader's own pages only.
    const token = (await search(basic("ana", PASSWORD), filter)).body.next_page_token;
    const next = await search(basic("bia", PASSWORD), { ...filter, page_token: token });
    expect(next.body.experiments).toMatchObject([{ name: "his 2" }, { name: "his 3" }]);
    const last = await search(basic("bia", PASSWORD), { ...filter, max_results: 5 });
    expect(last.body).not.toHaveProperty("next_page_token");
  });

  it("does not tell what exists from what does not", async () => {
    const { body } = await create("hidden", basic("ana", PASSWORD));
    const run = await server.call(
      "POST",
      `${API}/runs/create`,
      { experiment_id: body.experiment_id },
      basic("ana", PASSWORD),
    );
    const get = async (path: string) =>
      (await server.call("GET", `${API}${path}`, undefined, basic("bia", PASSWORD))).text;
    const id = String(run.body.run?.info?.run_id);
    expect(await get(`/runs/get?run_id=${id}`)).toBe(await get(`/runs/get?run_id=${"0".repeat(32)}`));
    expect(await get(`/experiments/get?experiment_id=${body.experiment_id}`)).toBe(
      await get("/experiments/get?experiment_id=987654"),
    );
  });

  it("does not grow by an artifact location around somebody else's", async () => {
    const { body } = await create("place", basic("ana", PASSWORD));
    const mine = (artifact_location: string) =>
      server.call(
        "POST",
        `${API}/experiments/create`,
        { name: `at ${artifact_location}`, artifact_location },
        basic("bia", PASSWORD),
      );
    for (const location of [
      `mlflow-artifacts:/${body.experiment_id}`,
      `mlflow-artifacts:/${body.experiment_id}/inside`,
      "mlflow-artifacts:/999999",
      "mlflow-artifacts:/",
      "mlflow-artifacts://host/x",
      "s3://bucket/7",
      "S3://bucket/x",
      "s3://bucket//x",
    ]) {
      const { status } = await mine(location);
      expect({ location, refused: status === 403 || status === 400 }).toEqual({ location, refused: true });
    }
    expect(await mine("mlflow-artifacts:/team-bia/pix")).toMatchObject({ status: 200 });
    expect(await mine("mlflow-artifacts:/team-bia")).toMatchObject({ status: 403 });
    const put = (who: string) =>
      server.call("PUT", "/api/2.0/mlflow-artifacts/artifacts/team-bia/pix/r/artifacts/a.txt", "x", {
        ...basic(who, PASSWORD),
        "content-type": "text/plain",
      });
    expect(await put("bia")).toMatchObject({ status: 200 });
    expect(await put("ana")).toMatchObject({ status: 403 });
    const list = async (who: string) =>
      (await server.call("GET", "/api/2.0/mlflow-artifacts/artifacts", undefined, basic(who, PASSWORD))).text;
    expect(await list("ana")).not.toContain("team-bia");
    expect(await list("admin")).toContain("team-bia");
    const remove = (path: string) =>
      server.call("DELETE", `/api/2.0/mlflow-artifacts/artifacts/${path}`, undefined, basic("ana", PASSWORD));
    expect(await remove("team-bia")).toMatchObject({ status: 403 });
    expect(await remove("nobody-s")).toMatchObject({ status: 403 });
  });

  it("each of several runs must be theirs", async () => {
    const runOf = async (who: string) => {
      const { body } = await create(`runs of ${who}`, basic(who, PASSWORD));
      const made = await server.call(
        "POST",
        `${API}/runs/create`,
        { experiment_id: body.experiment_id },
        basic(who, PASSWORD),
      );
      return String(made.body.run?.info?.run_id);
    };
    const [hers, his] = [await runOf("ana"), await runOf("bia")];
    const bulk = (route: string, ids: readonly string[], name: string) => {
      const query = ids.map((id) => `${name}=${id}`).join("&");
      return server.call("GET", `${route}?${query}&metric_key=m`, undefined, basic("ana", PASSWORD));
    };
    for (const [route, name] of [
      ["/ajax-api/2.0/mlflow/metrics/get-history-bulk", "run_id"],
      [`${API}/metrics/get-history-bulk-interval`, "run_ids"],
    ] as const) {
      expect(await bulk(route, [hers], name)).toMatchObject({ status: 200 });
      expect(await bulk(route, [hers, his], name)).toMatchObject({ status: 403 });
    }
    const model = await server.call(
      "POST",
      `${API}/logged-models`,
      { experiment_id: (await create("m", basic("bia", PASSWORD))).body.experiment_id },
      basic("bia", PASSWORD),
    );
    const metric = { key: "m", value: 1, timestamp: 1, model_id: model.body.model?.info?.model_id };
    const batch = (metrics: readonly object[]) =>
      server.call("POST", `${API}/runs/log-batch`, { run_id: hers, metrics }, basic("ana", PASSWORD));
    expect(await batch([{ ...metric, model_id: undefined }])).toMatchObject({ status: 200 });
    expect(await batch([{ ...metric, model_id: undefined }, metric])).toMatchObject({ status: 403 });
  });
});

describe("no answer and no line of the log", () => {
  it("holds a statement of the database or a hash", async () => {
    const admin = basic("admin", PASSWORD);
    const attempts: readonly (readonly [Method, string, object])[] = [
      ["POST", `${API}/users/create`, { username: "ana", password: PASSWORD }],
      ["POST", `${API}/users/create`, { username: "x".repeat(300), password: PASSWORD }],
      ["POST", "/api/3.0/mlflow/roles/create", { name: "__user_1__", workspace: "default" }],
      ["POST", "/api/3.0/mlflow/roles/assign", { username: "ana", role_id: "9999999999999" }],
      ["GET", `${API}/users/get?username=' OR 1=1 --`, {}],
      ["DELETE", `${API}/users/delete`, { username: "admin" }],
      ["PATCH", `${API}/users/update-admin`, { username: "admin", is_admin: false }],
    ];
    for (const [method, url, body] of attempts) {
      const answer = await server.call(method, url, method === "GET" ? undefined : body, admin);
      expect({ url, status: answer.status < 500 && answer.status >= 400 }).toEqual({ url, status: true });
      expect(String(answer.body.message)).not.toMatch(/sql|insert|scrypt|constraint/i);
    }
  });

  it("holds a secret", async () => {
    const { token } = await newToken({});
    await search(bearer(token));
    await search(bearer(`${token}x`));
    await search(basic("ana", "a wrong canary password"));
    const signed = await server.call("POST", `${OWN}/sessions`, { username: "ana", password: PASSWORD });
    const secret = /=([\w-]{43})/.exec(String(signed.headers["set-cookie"]))?.[1] ?? "";
    expect(secret).toHaveLength(43);
    for (const canary of [token, token.slice(-43), PASSWORD, "canary", secret, "scrypt", "Basic "]) {
      expect(lines).not.toContain(canary);
    }
    for (const event of [
      "signed-in",
      "sign-in-refused",
      "sign-in-limited",
      "token-used",
      "token-refused",
      "permission-denied",
    ]) {
      expect(lines).toContain(`"audit":"${event}"`);
    }
  });
});
