import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENT, signInAtProvider, startProvider, type TestProvider } from "../../testing/identity-provider.ts";
import { API, basic, HOST, OWN, openTeam, type Team } from "../../testing/team.ts";
import { people } from "./people.ts";
import type { OidcSettings } from "./settings.ts";

/** These tests talk to a real provider over HTTP; only the browser between the two is written here. */
const BASE = `https://${HOST}`;
const CALLBACK = `${BASE}/api/esteira/v1/access/oidc/callback`;
const mail = (email: string, email_verified = true) => ({ email, email_verified });
const PEOPLE: Record<string, Record<string, unknown>> = {
  carla: { preferred_username: "carla", groups: ["fraud", "data"], ...mail("carla@bank.example") },
  davi: { preferred_username: "davi", groups: ["data"], ...mail("davi@bank.example", false) },
  eva: { preferred_username: "eva", groups: "chiefs", ...mail("eva@evil.example") },
  "another ana": { preferred_username: "ana", groups: ["fraud"] },
  nameless: { groups: ["fraud"] },
  colon: { preferred_username: "a:b" },
  chief: { preferred_username: "chief", groups: ["chiefs"] },
};

let provider: TestProvider;
const teams: Team[] = [];
beforeAll(async () => {
  provider = await startProvider({ redirectUris: [CALLBACK], afterSignOut: [`${BASE}/`], people: PEOPLE });
});
afterAll(async () => {
  for (const team of teams) await team.server.close();
  await provider.close();
});

async function teamWith(settings: Partial<OidcSettings> = {}): Promise<Team> {
  const team = await openTeam({
    publicUrl: BASE,
    oidc: { issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, ...settings },
  });
  teams.push(team);
  return team;
}

const firstCookie = (headers: Readonly<Record<string, unknown>>, name: string): string =>
  [headers["set-cookie"] ?? []]
    .flat()
    .map(String)
    .find((text) => text.startsWith(name))
    ?.split(";")[0] ?? "";

async function begin(team: Team) {
  const { headers } = await team.server.call("GET", `${OWN}/oidc/start?return_to=/models`, undefined, { host: HOST });
  return { url: String(headers.location), cookie: firstCookie(headers, "__Host-esteira-sign-in") };
}

async function comeBack(team: Team, address: string, cookie: string) {
  const url = address.slice(BASE.length);
  const { headers } = await team.server.call("GET", url, undefined, { host: HOST, cookie });
  const problem = new URLSearchParams(String(headers.location).split("?")[1]).get("problem") ?? undefined;
  return { problem, to: String(headers.location), cookie: firstCookie(headers, "__Host-esteira-session") };
}

/** The whole way: from our server to the provider, through its sign-in page, and back. */
async function signIn(team: Team, login: string) {
  const { url, cookie } = await begin(team);
  return comeBack(team, await signInAtProvider(url, login), cookie);
}

const page = (cookie: string) => ({ host: HOST, origin: BASE, cookie });
const me = async (team: Team, cookie: string) => (await team.server.call("GET", OWN, undefined, page(cookie))).body;

describe("who signs in at a real provider", () => {
  it("becomes a user, comes back to the page, and is the same user the next time", async () => {
    const team = await teamWith({ createUsers: true, name: "Bank" });
    const first = await signIn(team, "carla");
    expect(first).toMatchObject({ problem: undefined, to: `${BASE}/#/models` });
    const info = await me(team, first.cookie);
    expect(info).toMatchObject({
      provider: "Bank",
      user: { username: "carla", is_admin: false },
      has_session: true,
      has_password: false,
    });
    const second = await signIn(team, "carla");
    expect((await me(team, second.cookie)).user).toEqual(info.user);
    expect(await team.search(page(second.cookie))).toMatchObject({ status: 200 });
    // There is no password to guess.
    expect(await team.search(basic("carla", ""))).toMatchObject({ status: 401 });
  });

  it("signs out here, and is told where to sign out there", async () => {
    const team = await teamWith({ createUsers: true });
    const { cookie } = await signIn(team, "carla");
    const out = await team.server.call("DELETE", `${OWN}/sessions/current`, undefined, page(cookie));
    const there = new URL(String(out.body.provider_sign_out));
    expect(there.href.startsWith(`${provider.issuer}/session/end?`)).toBe(true);
    expect(Object.fromEntries(there.searchParams)).toEqual({
      client_id: CLIENT.id,
      post_logout_redirect_uri: `${BASE}/`,
      // Whose session it is: with it a provider need not ask, and some refuse without.
      id_token_hint: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
    });
    const claims = JSON.parse(
      Buffer.from(there.searchParams.get("id_token_hint")?.split(".")[1] ?? "", "base64url").toString(),
    );
    expect(claims).toMatchObject({ sub: "carla", aud: CLIENT.id });
    expect(team.log()).not.toContain("eyJ");
    expect((await fetch(there)).status).toBe(200);
    expect(await team.search(page(cookie))).toMatchObject({ status: 401 });
    const { cookie: local } = await team.signInAs("ana");
    expect((await team.server.call("DELETE", `${OWN}/sessions/current`, undefined, page(local))).body).toEqual({});
  });

  it("stays outside as long as nobody has made the user, and is linked to one without a password", async () => {
    const team = await teamWith();
    expect(await signIn(team, "carla")).toMatchObject({ problem: "unknown-user", cookie: "" });
    await team.server.store.createUser({ username: "carla", isAdmin: false });
    const { cookie } = await signIn(team, "carla");
    expect(await me(team, cookie)).toMatchObject({ user: { username: "carla" } });
  });

  it("is never taken for another user of the same name", async () => {
    const team = await teamWith({ createUsers: true });
    expect(await signIn(team, "another ana")).toMatchObject({ problem: "name-taken", cookie: "" });
  });

  it("needs a name that can be one", async () => {
    const team = await teamWith({ createUsers: true });
    expect(await signIn(team, "nameless")).toMatchObject({ problem: "no-name" });
    expect(await signIn(team, "colon")).toMatchObject({ problem: "no-name" });
    const byMail = await teamWith({ createUsers: true, usernameClaim: "email" });
    expect(await signIn(byMail, "davi")).toMatchObject({ problem: "no-name" });
    const { cookie } = await signIn(byMail, "carla");
    expect(await me(byMail, cookie)).toMatchObject({ user: { username: "carla@bank.example" } });
  });

  it("must be in an allowed group and an allowed domain", async () => {
    const groups = await teamWith({ createUsers: true, allowedGroups: ["fraud"] });
    expect(await signIn(groups, "carla")).toMatchObject({ problem: undefined });
    expect(await signIn(groups, "davi")).toMatchObject({ problem: "not-allowed" });
    const domains = await teamWith({ createUsers: true, allowedDomains: ["Bank.example"] });
    expect(await signIn(domains, "carla")).toMatchObject({ problem: undefined });
    expect(await signIn(domains, "eva")).toMatchObject({ problem: "not-allowed" });
    // The domain is right, but nobody has looked whether the address is theirs.
    expect(await signIn(domains, "davi")).toMatchObject({ problem: "not-allowed" });
  });

  it("has the roles of their groups, no longer than they are in them, and keeps others", async () => {
    const roles = [
      { group: "fraud", role: "fraud team" },
      { group: "data", role: "readers" },
    ];
    const team = await teamWith({ createUsers: true, roles });
    const { store } = team.server;
    await signIn(team, "carla");
    expect(await store.listUserRoles("carla")).toEqual([]);
    const { prepareRoles } = people(store, { issuer: provider.issuer, clientId: CLIENT.id, roles }, () => {});
    await prepareRoles();
    await prepareRoles();
    const own = await store.createRole({ name: "given by hand", workspace: "default" });
    await store.assignRole("carla", own.id);
    const names = async () => (await store.listUserRoles("carla")).map(({ name }) => name).sort();
    await signIn(team, "carla");
    expect(await names()).toEqual(["fraud team", "given by hand", "readers"]);
    const before = PEOPLE.carla;
    PEOPLE.carla = { ...before, groups: ["data"] };
    try {
      await signIn(team, "carla");
      expect(await names()).toEqual(["given by hand", "readers"]);
    } finally {
      PEOPLE.carla = before ?? {};
    }
  });

  it("is an admin while in an admin group, and the last admin is not lost", async () => {
    const team = await teamWith({ createUsers: true, adminGroups: ["chiefs"] });
    const { cookie } = await signIn(team, "chief");
    expect(await me(team, cookie)).toMatchObject({ user: { is_admin: true } });
    const eva = await signIn(team, "eva");
    expect(await me(team, eva.cookie)).toMatchObject({ user: { username: "eva", is_admin: true } });
    PEOPLE.chief = { ...PEOPLE.chief, groups: [] };
    await signIn(team, "chief");
    expect(await team.server.store.getUser("chief")).toMatchObject({ isAdmin: false });
    await team.server.store.deleteUser("admin");
    PEOPLE.eva = { ...PEOPLE.eva, groups: [] };
    expect(await signIn(team, "eva")).toMatchObject({ problem: "last-admin", cookie: "" });
    expect(await team.server.store.getUser("eva")).toMatchObject({ isAdmin: true });
  });
});

it("a code that was used is refused by the provider, in a sign-in of another browser too", async () => {
  const team = await teamWith({ createUsers: true });
  const first = await begin(team);
  const address = await signInAtProvider(first.url, "carla");
  expect(await comeBack(team, address, first.cookie)).toMatchObject({ problem: undefined });
  expect(await comeBack(team, address, first.cookie)).toMatchObject({ problem: "expired", cookie: "" });
  const second = await begin(team);
  const replayed = new URL(address);
  replayed.searchParams.set("state", new URL(second.url).searchParams.get("state") ?? "");
  expect(await comeBack(team, replayed.href, second.cookie)).toMatchObject({ problem: "invalid", cookie: "" });
});

it("a code that was asked for in one browser is worth nothing in another: its verifier is missing", async () => {
  const team = await teamWith({ createUsers: true });
  const victim = await begin(team);
  const address = new URL(await signInAtProvider(victim.url, "carla"));
  const attacker = await begin(team);
  address.searchParams.set("state", new URL(attacker.url).searchParams.get("state") ?? "");
  expect(await comeBack(team, address.href, attacker.cookie)).toMatchObject({ problem: "invalid", cookie: "" });
});

it("a provider that does not answer stops nobody who has a password", async () => {
  const gone = await startProvider({ redirectUris: [CALLBACK], people: {} });
  await gone.close();
  const team = await teamWith({ issuer: gone.issuer });
  const { headers } = await team.server.call("GET", `${OWN}/oidc/start?return_to=/models`, undefined, { host: HOST });
  expect(headers.location).toBe(`${BASE}/#/sign-in?problem=unreachable&return_to=%2Fmodels`);
  expect((await team.signInAs("ana")).answer).toMatchObject({ status: 200 });
  expect(await team.server.call("GET", `${API}/users/current`, undefined, basic("ana"))).toMatchObject({ status: 200 });
});

it.each([
  [{ issuer: "http://id.example" }, "not reached over https"],
  [{ issuer: "id.example" }, "is no address"],
  [{ issuer: "https://id.example/?x=1" }, "is no address"],
  [{ clientId: "" }, "client id is empty"],
])("settings with which nobody could sign in are refused: %j", async (settings, reason) => {
  await expect(teamWith(settings)).rejects.toThrow(reason);
});

it("is refused without the address to come back to", async () => {
  const oidc = { issuer: provider.issuer, clientId: CLIENT.id };
  await expect(openTeam({ oidc })).rejects.toThrow("--public-url");
});
