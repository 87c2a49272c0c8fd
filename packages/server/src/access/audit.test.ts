import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Method } from "../testing/harness.ts";
import { API, basic, bearer, OWN, openTeam, PASSWORD, type Team } from "../testing/team.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

describe("no answer and no line of the log", () => {
  it("holds a statement of the database or a hash", async () => {
    const admin = basic("admin");
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
      const answer = await team.server.call(method, url, method === "GET" ? undefined : body, admin);
      expect({ url, status: answer.status < 500 && answer.status >= 400 }).toEqual({ url, status: true });
      expect(String(answer.body.message)).not.toMatch(/sql|insert|scrypt|constraint/i);
    }
  });

  it("holds a secret", async () => {
    const { token } = await team.newToken({});
    await team.search(bearer(token));
    await team.search(bearer(`${token}x`));
    for (let tries = 0; tries < 11; tries++) await team.search(basic("bia", "a wrong canary password"));
    await team.server.call("POST", `${API}/users/create`, { username: "x", password: PASSWORD }, basic("ana"));
    const signed = await team.server.call("POST", `${OWN}/sessions`, { username: "ana", password: PASSWORD });
    const secret = /=([\w-]{43})/.exec(String(signed.headers["set-cookie"]))?.[1] ?? "";
    expect(secret).toHaveLength(43);
    for (const canary of [token, token.slice(-43), PASSWORD, "canary", secret, "scrypt", "Basic "]) {
      expect(team.log()).not.toContain(canary);
    }
    for (const event of [
      "signed-in",
      "sign-in-refused",
      "sign-in-limited",
      "token-used",
      "token-refused",
      "permission-denied",
    ]) {
      expect(team.log()).toContain(`"audit":"${event}"`);
    }
  });
});

it("what requests carry as a secret, whatever comes of them, is in no answer, metric or entry of the timeline", async () => {
  const admin = basic("admin");
  const canary = "canary-of-a-secret";
  const webhook = {
    name: "w",
    url: "https://8.8.8.8/x",
    events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }],
    secret: canary,
  };
  expect((await team.server.call("POST", `${API}/webhooks`, webhook, admin)).status).toBe(200);
  await team.server.call("POST", `${API}/registered-models/create`, { name: "pix" }, admin);
  for (const headers of [
    admin,
    bearer(canary),
    basic(canary, canary),
    { cookie: `esteira_session=${canary}; __Host-esteira_session=${canary}` },
  ]) {
    for (const path of [`${API}/runs/get`, "/no/such", "/metrics", `${OWN}/sign-in/callback`, "/"])
      await team.server.call(
        "GET",
        `${path}?token=${canary}&access_token=${canary}&code=${canary}`,
        undefined,
        headers,
      );
  }
  const told = [
    "/metrics",
    `${API}/webhooks`,
    "/api/esteira/v1/timeline/entries",
    `${API}/registered-models/get?name=pix`,
  ];
  for (const path of told) {
    const { status, text } = await team.server.call("GET", path, undefined, admin);
    expect({ path, status }).toEqual({ path, status: 200 });
    expect(text).not.toContain(canary);
  }
  // The name of a user who does not exist is told, as who tried; what stood for a password is not.
  expect(team.log().replaceAll(`"user":"${canary}"`, "")).not.toContain(canary);
});

describe("what somebody sends", () => {
  it("is one line of the log each, cut, and no command to the terminal that shows it", async () => {
    const before = team.log().length;
    const names = [
      'ana\r\n{"level":30,"audit":"signed-in","user":"admin"}',
      "\u001b[2J\u001b]0;title\u0007",
      "x".repeat(1024 * 1024),
      "\u0000",
    ];
    for (const username of names) {
      const answer = await team.server.call("POST", `${OWN}/sessions`, { username, password: PASSWORD });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      await team.search(basic(username.slice(0, 5000)));
      await team.server.call("DELETE", `${API}/users/delete`, { username: username.slice(0, 5000) }, basic("ana"));
    }
    const lines = team.log().slice(before).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(names.length);
    for (const line of lines) {
      expect(JSON.parse(line)).toHaveProperty("audit");
      expect(line.length).toBeLessThan(2000);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
      expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
    }
    expect(lines.some((line) => JSON.parse(line).audit === "signed-in")).toBe(false);
  });
});
