import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API, basic, HOST, MINUTE, OWN, openTeam, PASSWORD, pageWith, type Team } from "../testing/team.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

describe("a browser's session", () => {
  const origin = `https://${HOST}`;

  it("is a cookie that scripts cannot read and other sites do not send", async () => {
    const { answer } = await team.signInAs("ana");
    expect(answer.status).toBe(200);
    expect(String(answer.headers["set-cookie"])).toMatch(
      /^esteira-session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const secure = await openTeam({ publicUrl: origin });
    const { headers } = (await secure.signInAs("ana")).answer;
    expect(String(headers["set-cookie"])).toMatch(
      /^__Host-esteira-session=[\w-]{43};.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    await secure.server.close();
  });

  it("is new at each sign-in, and the one before is over", async () => {
    const first = await team.signInAs("ana");
    const second = await team.signInAs("ana", pageWith(first.cookie));
    expect(second.cookie).not.toBe(first.cookie);
    expect(await team.search(pageWith(first.cookie))).toMatchObject({ status: 401 });
    expect(await team.search(pageWith(second.cookie))).toMatchObject({ status: 200 });
    const planted = await team.signInAs("ana", pageWith("esteira-session=planted-by-somebody"));
    expect(planted.cookie).not.toContain("planted");
    expect(await team.search(pageWith("esteira-session=planted-by-somebody"))).toMatchObject({ status: 401 });
  });

  it("changes nothing for a page of another origin, and for one that hides its origin", async () => {
    const { cookie } = await team.signInAs("ana");
    const attempt = (headers: Record<string, string>) =>
      team.create(`csrf ${JSON.stringify(headers)}`, { cookie, host: HOST, ...headers });
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
    expect((await team.search(pageWith(cookie))).text).not.toContain("csrf");
    expect(await attempt({ origin })).toMatchObject({ status: 200 });
    // A form of another site cannot send JSON.
    const form = await team.server.call("POST", `${API}/experiments/create`, '{"name":"form"}', {
      ...pageWith(cookie),
      "content-type": "text/plain",
    });
    expect(form.status).toBe(400);
  });

  it("signs nobody in from another site", async () => {
    for (const other of ["https://evil.example", "http://localhost:3000", "null"]) {
      const { answer } = await team.signInAs("ana", { host: HOST, origin: other });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty("set-cookie");
    }
  });

  it.each(["signing out", "a new password", "the user's deletion", "idleness", "age"])("ends by %s", async (how) => {
    const username = `session of ${how}`;
    await team.addUser(username);
    const { cookie } = await team.signInAs(username);
    expect(await team.search(pageWith(cookie))).toMatchObject({ status: 200 });
    if (how === "signing out") {
      const out = await team.server.call("DELETE", `${OWN}/sessions/current`, undefined, pageWith(cookie));
      expect(out.status).toBe(200);
      expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
    }
    if (how === "a new password") {
      const admin = basic("admin");
      const change = { username, password: `${PASSWORD}!` };
      expect(await team.server.call("PATCH", `${API}/users/update-password`, change, admin)).toMatchObject({
        status: 200,
      });
    }
    if (how === "the user's deletion") await team.server.store.deleteUser(username);
    if (how === "idleness") team.time.now += 121 * MINUTE;
    if (how === "age") {
      for (let hours = 0; hours < 12; hours++) {
        expect(await team.search(pageWith(cookie))).toMatchObject({ status: 200 });
        team.time.now += 60 * MINUTE + 1;
      }
    }
    expect(await team.search(pageWith(cookie))).toMatchObject({ status: 401 });
  });

  it("outlives the change of its own password, and other sessions do not", async () => {
    await team.addUser("changing");
    const [own, other] = [await team.signInAs("changing"), await team.signInAs("changing")];
    const change = { username: "changing", password: `${PASSWORD}!`, current_password: PASSWORD };
    const answer = await team.server.call("PATCH", `${API}/users/update-password`, change, pageWith(own.cookie));
    expect(answer).toMatchObject({ status: 200 });
    expect(await team.search(pageWith(own.cookie))).toMatchObject({ status: 200 });
    expect(await team.search(pageWith(other.cookie))).toMatchObject({ status: 401 });
  });

  it("tells pages who is signed in, and nobody else", async () => {
    const { cookie } = await team.signInAs("ana");
    const info = async (headers: Record<string, string>) =>
      (await team.server.call("GET", OWN, undefined, headers)).body;
    expect(await info(pageWith(cookie))).toMatchObject({
      enabled: true,
      user: { username: "ana" },
      has_session: true,
      has_password: true,
    });
    expect(await info({})).toEqual({ enabled: true, needs_setup: false, has_session: false, has_password: false });
    expect(await info(basic("ana", "wrong password"))).not.toHaveProperty("user");
  });
});
