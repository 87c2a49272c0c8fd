import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHEAP } from "../testing/harness.ts";
import { API, basic, MINUTE, OWN, openTeam, PASSWORD, type Team } from "../testing/team.ts";
import { type PasswordCost, passwords, scryptKey } from "./passwords.ts";
import { signIn } from "./sign-in.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

describe("signing in with a password", () => {
  it("is limited for a user and comes back after the window", async () => {
    for (let tries = 0; tries < 10; tries++) {
      expect(await team.search(basic("bia", `wrong ${tries}`))).toMatchObject({ status: 401 });
    }
    const limited = await team.search(basic("bia"));
    expect(limited).toMatchObject({ status: 429, body: { error_code: "REQUEST_LIMIT_EXCEEDED" } });
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
    expect(await team.search(basic("ana"))).toMatchObject({ status: 200 });
    const form = { username: "bia", password: PASSWORD };
    expect(await team.server.call("POST", `${OWN}/sessions`, form)).toMatchObject({ status: 429 });
    team.time.now += MINUTE + 1;
    expect(await team.search(basic("bia"))).toMatchObject({ status: 200 });
  });

  it("is limited for an address, whoever is tried", async () => {
    team.time.now += 2 * MINUTE;
    for (let tries = 0; tries < 100; tries++) {
      expect(await team.search(basic(`user ${tries}`, "wrong password"))).toMatchObject({ status: 401 });
    }
    expect(await team.search(basic("admin"))).toMatchObject({ status: 429 });
    team.time.now += 2 * MINUTE;
    expect(await team.search(basic("admin"))).toMatchObject({ status: 200 });
  });

  it("costs the same hash, and answers the same, for a user who does not exist", async () => {
    const spent: PasswordCost[] = [];
    const counted = passwords(CHEAP, (password, salt, cost) => {
      spent.push(cost);
      return scryptKey(password, salt, cost);
    });
    const { store } = team.server;
    const check = signIn({ store, passwords: counted, clock: () => team.time.now, audit: () => {} });
    const costOf = async (username: string) => {
      spent.length = 0;
      expect(await check.verify(username, "wrong password", "192.0.2.1")).toBeUndefined();
      return [...spent];
    };
    await store.createUser({ username: "without a password", isAdmin: false });
    expect(await costOf("ana")).toEqual([CHEAP]);
    expect(await costOf("nobody")).toEqual([CHEAP]);
    expect(await costOf("without a password")).toEqual([CHEAP]);
    const told = async (username: string) =>
      (await team.server.call("GET", `${API}/users/current`, undefined, basic(username, "wrong password"))).text;
    expect(await told("nobody")).toBe(await told("ana"));
  });

  it("refuses what is no credential", async () => {
    team.time.now += 2 * MINUTE;
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
      const answer = await team.search({ authorization });
      expect({ authorization, status: answer.status }).toEqual({ authorization, status: 401 });
      expect(answer.headers["www-authenticate"]).toBe('Basic realm="mlflow"');
      expect(answer.body.error_code).toBe("UNAUTHENTICATED");
    }
  });

  it("shows a page no window of the browser's own", async () => {
    const answer = await team.server.call("GET", "/ajax-api/2.0/mlflow/users/current");
    expect(answer.status).toBe(401);
    expect(answer.headers).not.toHaveProperty("www-authenticate");
  });
});
