import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { CLIENT } from "../../testing/identity-provider.ts";
import { type Lie, type LyingProvider, startLyingProvider } from "../../testing/lying-provider.ts";
import { HOST, MINUTE, OWN, openTeam, type Team } from "../../testing/team.ts";

const BASE = `https://${HOST}`;

let provider: LyingProvider;
let team: Team;
beforeAll(async () => {
  provider = await startLyingProvider();
  team = await openTeam({
    publicUrl: BASE,
    oidc: {
      issuer: provider.issuer,
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      createUsers: true,
      usernameClaim: "name",
    },
  });
});
beforeEach(() => {
  provider.lie = {};
});
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  await team.server.close();
  await provider.close();
});

const get = (url: string, cookie = "") =>
  team.server.call("GET", url, undefined, { host: HOST, ...(cookie === "" ? {} : { cookie }) });
const setCookies = (headers: Readonly<Record<string, unknown>>): readonly string[] =>
  [headers["set-cookie"] ?? []].flat().map(String);

/** Begins a sign-in and gives what a browser then has: its cookie, and what the provider was asked. */
async function begin(returnTo = "/experiments") {
  const { status, headers } = await get(`${OWN}/oidc/start?return_to=${encodeURIComponent(returnTo)}`);
  expect(status).toBe(302);
  const asked = new URL(String(headers.location));
  provider.nonce = asked.searchParams.get("nonce") ?? "";
  return { asked, cookie: setCookies(headers)[0]?.split(";")[0] ?? "", state: asked.searchParams.get("state") ?? "" };
}

/** Comes back with an answer and gives where the browser is sent, and whether it has a session then. */
async function comeBack(query: Record<string, string>, cookie: string) {
  const answer = await get(`${OWN}/oidc/callback?${new URLSearchParams(query)}`, cookie);
  expect(answer.status).toBe(302);
  const hasSession = setCookies(answer.headers).some((text) => text.startsWith("__Host-esteira-session="));
  return { to: String(answer.headers.location), hasSession, cookies: setCookies(answer.headers) };
}

const refusedFor = (problem: string, returnTo = "/experiments") => ({
  to: `${BASE}/#/sign-in?${new URLSearchParams({ problem, return_to: returnTo })}`,
  hasSession: false,
});

let names = 0;
/** A whole sign-in of somebody new, with whatever the provider is told to lie about. */
async function signIn(lie: Lie = {}) {
  const name = `person ${++names}`;
  provider.lie = { ...lie, claims: { sub: name, name, ...lie.claims } };
  const { cookie, state } = await begin();
  return comeBack({ code: "any", state }, cookie);
}

const lastLine = (): unknown => JSON.parse(team.log().trim().split("\n").at(-1) ?? "");

describe("a sign-in at the provider", () => {
  it("asks for a code, tied to this server, this browser and this moment", async () => {
    const { asked, state } = await begin();
    expect(`${asked.origin}${asked.pathname}`).toBe(`${provider.issuer}/auth`);
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      response_type: "code",
      client_id: CLIENT.id,
      redirect_uri: `${BASE}/api/esteira/v1/access/oidc/callback`,
      scope: "openid profile email",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    expect((await begin()).state).not.toBe(state);
  });

  it.each([
    [{ publicUrl: `${BASE}/` }, BASE],
    [{ publicUrl: `${BASE}/team/` }, `${BASE}/team`],
    [{ publicUrl: BASE, staticPrefix: "/mlflow" }, `${BASE}/mlflow`],
  ])("comes back to the pages where they are: %j", async (address, base) => {
    const other = await openTeam({ ...address, oidc: { issuer: provider.issuer, clientId: CLIENT.id } });
    const { headers } = await other.server.call("GET", `${OWN}/oidc/start`, undefined, { host: HOST });
    const redirectUri = new URL(String(headers.location)).searchParams.get("redirect_uri");
    expect(redirectUri).toBe(`${base}/api/esteira/v1/access/oidc/callback`);
    await other.server.close();
  });

  it("sets a cookie that scripts cannot read and other sites do not send, and takes it away again", async () => {
    const { headers } = await get(`${OWN}/oidc/start`);
    expect(setCookies(headers)).toEqual([
      expect.stringMatching(
        /^__Host-esteira-sign-in-[\w-]{8}=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
    const { to, cookies } = await signIn();
    expect(to).toBe(`${BASE}/#/experiments`);
    expect(cookies).toEqual([
      expect.stringMatching(/^__Host-esteira-sign-in-[\w-]{8}=; Max-Age=0; /),
      expect.stringMatching(
        /^__Host-esteira-session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
  });

  it("goes on when the provider has new keys, and asks for them no more often than it must", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    expect(await signIn()).toMatchObject({ hasSession: true });
    const before = provider.keyRequests;
    expect(await signIn()).toMatchObject({ hasSession: true });
    expect(provider.keyRequests).toBe(before);
    await provider.rotate();
    vi.setSystemTime(Date.now() + 2 * MINUTE);
    expect(await signIn()).toMatchObject({ hasSession: true });
    expect(provider.keyRequests).toBe(before + 1);
  });

  it("forgives a clock that is a little wrong, and not more", async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await signIn({ claims: { exp: now - 10 } })).toMatchObject({ hasSession: true });
    expect(await signIn({ claims: { exp: now - 120 } })).toMatchObject(refusedFor("invalid"));
    expect(await signIn({ claims: { nbf: now + 10 } })).toMatchObject({ hasSession: true });
    expect(await signIn({ claims: { nbf: now + 120 } })).toMatchObject(refusedFor("invalid"));
  });
});

describe("an answer is refused", () => {
  it.each<[string, string, Lie]>([
    ["with another nonce", '"nonce" claim value', { claims: { nonce: "of another sign-in" } }],
    ["without a nonce", '"nonce" (nonce) claim missing', { without: ["nonce"] }],
    ["for another client", '"aud" (audience) claim value', { claims: { aud: "another client" } }],
    [
      "for several clients, of which another is meant",
      '"azp"',
      { claims: { aud: [CLIENT.id, "another"], azp: "another" } },
    ],
    ["of another issuer", '"iss" (issuer) claim value', { claims: { iss: "https://id.example" } }],
    ["that has ended", '"exp" (expiration time) claim value', { claims: { exp: 1_700_000_000 } }],
    ["without an end", '"exp" (expiration time) claim missing', { without: ["exp"] }],
    ["without a subject", '"sub" (subject) claim missing', { without: ["sub"] }],
    ["with alg none", '"alg"', { unsigned: true }],
    ["signed with the client's secret", "unsupported JWS algorithm", { symmetric: true }],
    ["signed with a key that is not the provider's", "signature verification failed", { foreignKey: true }],
    [
      "under the name of a key that the provider does not have",
      "no applicable keys",
      { header: { kid: "no such key" } },
    ],
    ["that is no answer", "HTTP response status", { status: 500 }],
  ])("%s", async (_, why, lie) => {
    expect(await signIn(lie)).toMatchObject(refusedFor("invalid"));
    expect(lastLine()).toMatchObject({ audit: "sign-in-refused", why: expect.stringContaining(why) });
  });

  it("with another state, without one, and with two", async () => {
    const first = await begin();
    // No browser has a cookie for a state that was not begun in it.
    expect(await comeBack({ code: "any", state: "made-up" }, first.cookie)).toMatchObject(refusedFor("expired", "/"));
    expect(await comeBack({ code: "any" }, first.cookie)).toMatchObject(refusedFor("expired", "/"));
    const alike = `${first.state.slice(0, 8)}${"x".repeat(35)}`;
    expect(await comeBack({ code: "any", state: alike }, first.cookie)).toMatchObject(refusedFor("invalid"));
    const { cookie, state } = await begin();
    const twice = await get(`${OWN}/oidc/callback?code=any&state=${state}&state=${state}`, cookie);
    expect(twice.headers.location).toBe(refusedFor("invalid").to);
  });

  it("in another browser than the one that asked", async () => {
    const { state } = await begin();
    const other = await begin();
    expect(await comeBack({ code: "any", state }, other.cookie)).toMatchObject(refusedFor("expired", "/"));
    expect(await comeBack({ code: "any", state }, "")).toMatchObject(refusedFor("expired", "/"));
  });

  it("the second time, though the provider would take its code again", async () => {
    provider.lie = { claims: { sub: "twice", name: "twice" } };
    const { cookie, state } = await begin();
    expect(await comeBack({ code: "any", state }, cookie)).toMatchObject({ hasSession: true });
    const asked = provider.tokenRequests.length;
    expect(await comeBack({ code: "any", state }, cookie)).toMatchObject(refusedFor("expired", "/"));
    expect(provider.tokenRequests).toHaveLength(asked);
  });

  it("after ten minutes", async () => {
    const { cookie, state } = await begin();
    team.time.now += 11 * MINUTE;
    expect(await comeBack({ code: "any", state }, cookie)).toMatchObject(refusedFor("expired", "/"));
  });

  it("when the person or the provider said no, and when it names another issuer", async () => {
    const first = await begin();
    const no = { error: "access_denied", state: first.state };
    expect(await comeBack(no, first.cookie)).toMatchObject(refusedFor("declined"));
    const second = await begin();
    const mixedUp = { code: "any", state: second.state, iss: "https://other.example" };
    expect(await comeBack(mixedUp, second.cookie)).toMatchObject(refusedFor("invalid"));
  });
});

describe("a sign-in that anybody may begin", () => {
  it("is limited for an address: refused without a word to the provider, and welcome again after the window", async () => {
    team.time.now += 2 * MINUTE;
    for (let count = 0; count < 100; count++) expect((await get(`${OWN}/oidc/start`)).status).toBe(302);
    const limited = await get(`${OWN}/oidc/start`);
    expect(limited).toMatchObject({ status: 429, body: { error_code: "REQUEST_LIMIT_EXCEEDED" } });
    expect(limited.body.message).toBe("Too many sign-ins begun; try again in 60 seconds.");
    expect(limited.headers["retry-after"]).toBe("60");
    expect(limited.headers).not.toHaveProperty("location");
    expect(limited.headers).not.toHaveProperty("set-cookie");
    // Who has a password gets in meanwhile.
    expect((await team.signInAs("ana")).answer.status).toBe(200);
    team.time.now += MINUTE + 1;
    expect((await get(`${OWN}/oidc/start`)).status).toBe(302);
  });

  it("gives no hint that would be too long for an address when it ends", async () => {
    const groups = Array.from({ length: 500 }, (_, index) => `a group of number ${index}`);
    const { cookies } = await signIn({ claims: { groups } });
    const session = cookies.find((text) => text.startsWith("__Host-esteira-session="))?.split(";")[0] ?? "";
    const headers = { host: HOST, origin: BASE, cookie: session };
    const out = await team.server.call("DELETE", `${OWN}/sessions/current`, undefined, headers);
    expect(out.status).toBe(200);
    const there = new URL(String(out.body.provider_sign_out));
    expect(Object.fromEntries(there.searchParams)).toEqual({
      client_id: CLIENT.id,
      post_logout_redirect_uri: `${BASE}/`,
    });
  });
});

describe("the way back", () => {
  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "experiments",
    "/a\r\nset-cookie: x=1",
    `/${"x".repeat(2001)}`,
  ])("is no other site's: %j", async (returnTo) => {
    const { status, headers, body } = await get(`${OWN}/oidc/start?return_to=${encodeURIComponent(returnTo)}`);
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: "INVALID_PARAMETER_VALUE" });
    expect(headers).not.toHaveProperty("location");
    expect(headers).not.toHaveProperty("set-cookie");
  });

  it("is the page that was asked for, with all that its address says", async () => {
    const page = "/experiments/1?filter=%22a+%3E+1%22&tab=charts";
    provider.lie = { claims: { sub: "back", name: "back" } };
    const { cookie, state } = await begin(page);
    expect(await comeBack({ code: "any", state }, cookie)).toMatchObject({ to: `${BASE}/#${page}`, hasSession: true });
  });
});

it("no line of the log holds a code, a state, a verifier or a token", async () => {
  provider.lie = { claims: { sub: "log", name: "log" } };
  const { cookie, state } = await begin();
  await comeBack({ code: "canary-code", state }, cookie);
  await signIn({ foreignKey: true });
  const verifier = provider.tokenRequests.at(-1)?.get("code_verifier") ?? "";
  expect(verifier).toHaveLength(43);
  for (const canary of [
    "canary-code",
    state,
    cookie.split("=")[1] ?? "",
    provider.nonce,
    verifier,
    "eyJ",
    CLIENT.secret,
  ]) {
    expect(team.log()).not.toContain(canary);
  }
  expect(team.log()).toContain('"problem":"invalid"');
  expect(team.log()).toContain('"by":"identity provider"');
});
