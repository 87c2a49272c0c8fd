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
