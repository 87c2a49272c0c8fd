import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportSPKI, importJWK } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CiIssuer, startCiIssuer } from "../../testing/ci-issuer.ts";
import { API, basic, bearer, MINUTE, OWN, openTeam, type Team } from "../../testing/team.ts";

const AUDIENCE = "https://esteira.example";
const ESTEIRA = "/api/esteira/v1";
const DIGEST = "a".repeat(64);
const JOB = {
  aud: AUDIENCE,
  sub: "repo:acme/pix:ref:refs/heads/main",
  repository: "acme/pix",
  ref: "refs/heads/main",
  environment: "production",
};
const admin = basic("admin");

let issuer: CiIssuer;
let team: Team;
beforeAll(async () => {
  issuer = await startCiIssuer();
  team = await openTeam({ issuers: { allowPrivate: true } });
  await post("registered-models/create", { name: "pix" }, admin, API);
  await post("registered-models/create", { name: "other" }, admin, API);
  await version("pix", admin);
  await version("other", admin);
  expect(await add("pix-ci", {})).toMatchObject({ status: 200, body: { identity: { name: "pix-ci", minutes: 15 } } });
});
beforeEach(() => {
  // Past the minute in which failures of one address are counted.
  team.time.now += 2 * MINUTE;
});
afterAll(async () => {
  await team.server.close();
  await issuer.close();
});

const post = (path: string, body: object, headers: Record<string, string>, root = ESTEIRA) =>
  team.server.call("POST", `${root}/${path}`, body, headers);
const version = (name: string, headers: Record<string, string>) =>
  post(
    "model-versions/create",
    { name, source: "s3://bucket/model", tags: [{ key: "esteira.model.sha256", value: `sha256:${DIGEST}` }] },
    headers,
    API,
  );
const claimsOf = (claims: Readonly<Record<string, string>>) =>
  Object.entries(claims).map(([key, value]) => ({ key, value }));
const { repository, ref, environment } = JOB;
const add = (name: string, change: object, headers = admin) =>
  post(
    "access/trust/add",
    {
      name,
      model: "pix",
      issuer: issuer.issuer,
      audience: AUDIENCE,
      claims: claimsOf({ repository, ref, environment }),
      steps: ["register", "evidence", "promote"],
      experiment_ids: ["0"],
      ...change,
    },
    headers,
  );
const sign = (claims: object = {}, options: object = {}) =>
  issuer.sign({ ...JOB, ...claims }, { now: team.time.now, ...options });
const exchange = (token: string, step = "register", model = "pix") =>
  post("access/trust/exchange", { token, model, step }, {});
const stepToken = async (step: string) => {
  const { body, status } = await exchange(await sign(), step);
  expect(status).toBe(200);
  return bearer(String(body.token));
};
/** Says of the header's field `x` that who does not know it must refuse; the signature is over another header then. */
const critical = (token: string) => {
  const [head = "", ...rest] = token.split(".");
  const header = JSON.parse(Buffer.from(head, "base64url").toString());
  return [base64({ ...header, crit: ["x"] }), ...rest].join(".");
};
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a job of a trusted CI", () => {
  it("gets a token of minutes for one step of one model, and the timeline tells whose it was", async () => {
    const register = await stepToken("register");
    expect(await version("pix", register)).toMatchObject({ status: 200, body: { model_version: { version: "2" } } });
    const promote = await stepToken("promote");
    const alias = { name: "pix", alias: "candidate", version: "2" };
    expect(await post("registered-models/alias", alias, promote, API)).toMatchObject({ status: 200 });
    const entries = await team.server.store.timeline.lifeOf("pix");
    expect(entries.at(-1)).toMatchObject({
      action: "alias.set",
      actor: { name: JOB.sub, origin: "ci", issuer: issuer.issuer, token: expect.any(String) },
    });
    expect(entries.find(({ action }) => action === "trust.added")).toMatchObject({
      actor: { name: "admin" },
      after: { trust: { name: "pix-ci", claims: { repository: "acme/pix" } } },
    });
    team.time.now += 16 * MINUTE;
    expect(await version("pix", register)).toMatchObject({ status: 401 });
  });

  it("reaches nothing beside its step and its model", async () => {
    const register = await stepToken("register");
    const alias = { name: "pix", alias: "champion", version: "1" };
    const refusals: readonly [object, string][] = [
      [await post("registered-models/alias", alias, register, API), "for the step 'register'"],
      [await version("other", register), "Permission denied"],
      [await post("registered-models/create", { name: "new" }, register, API), "for the step 'register'"],
      [await post("runs/create", { experiment_id: "0" }, register, API), "no scope 'write'"],
      [await add("more", {}, register), "no scope 'admin'"],
      [await team.server.call("GET", `${ESTEIRA}/access/tokens`, undefined, register), "no scope 'admin'"],
      [await team.server.call("GET", `${API}/users/current`, undefined, register), "for the step 'register'"],
      [
        await team.server.call("GET", `${API}/registered-models/get?name=other`, undefined, register),
        "Permission denied",
      ],
      [await post("policies/approve", alias, register), "for the step 'register'"],
    ];
    for (const [answer, text] of refusals) {
      expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining(text) } });
    }
    const seen = await team.server.call("GET", `${API}/registered-models/search`, undefined, register);
    expect(seen.body.registered_models).toMatchObject([{ name: "pix" }]);
  });

  it("trains in the experiments of its identity and in no other", async () => {
    const champions = await post("experiments/create", { name: "the champion's" }, admin, API);
    const reads = { read_only_experiment_ids: [champions.body.experiment_id] };
    await add("trainer", { steps: ["train"], claims: claimsOf({ repository: "acme/train", ref }), ...reads });
    const { body } = await exchange(await sign({ repository: "acme/train" }), "train");
    const train = bearer(String(body.token));
    const made = await post("experiments/create", { name: "not theirs" }, admin, API);
    expect(await post("runs/create", { experiment_id: "0", start_time: 1 }, train, API)).toMatchObject({ status: 200 });
    for (const [{ body: other }, status] of [
      [made, 403],
      [champions, 200],
    ] as const) {
      const elsewhere = { experiment_id: other.experiment_id, start_time: 1 };
      expect(await post("runs/create", elsewhere, train, API)).toMatchObject({ status: 403 });
      const url = `${API}/experiments/get?experiment_id=${other.experiment_id}`;
      expect(await team.server.call("GET", url, undefined, train)).toMatchObject({ status });
    }
    expect(await version("pix", train)).toMatchObject({ status: 403 });
  });

  it("loses its tokens when it is trusted no more", async () => {
    await add("short", { claims: claimsOf({ repository: "acme/short" }) });
    const { body } = await exchange(await sign({ repository: "acme/short" }));
    const token = bearer(String(body.token));
    expect(await version("pix", token)).toMatchObject({ status: 200 });
    expect(await post("access/trust/remove", { name: "short" }, admin)).toMatchObject({ status: 200 });
    expect(await version("pix", token)).toMatchObject({ status: 401 });
    expect(await exchange(await sign({ repository: "acme/short" }))).toMatchObject({ status: 403 });
    expect(await post("access/trust/remove", { name: "short" }, admin)).toMatchObject({ status: 404 });
  });

  it("is known by new keys of its issuer, which are asked for once in a while only", async () => {
    await exchange(await sign());
    const before = issuer.asked();
    await exchange(await sign({}, { kid: "invented" }));
    await exchange(await sign({}, { kid: "invented too" }));
    expect(issuer.asked() - before).toBeLessThanOrEqual(1);
    await issuer.rotate();
    team.time.now += MINUTE;
    expect(await exchange(await sign())).toMatchObject({ status: 200 });
  });
});

describe("an exchange is refused with a sentence, and changes nothing:", () => {
  const cases: Readonly<Record<string, readonly [() => Promise<string>, number, string]>> = {
    "another repository": [() => sign({ repository: "acme/evil" }), 403, "its repository is 'acme/evil'"],
    "a repository in other case": [() => sign({ repository: "Acme/pix" }), 403, "its repository is 'Acme/pix'"],
    "another branch": [() => sign({ ref: "refs/heads/dev" }), 403, "its ref is 'refs/heads/dev'"],
    "no environment": [() => sign({ environment: undefined }), 403, "it says no environment"],
    "a claim that is no text": [() => sign({ environment: ["production"] }), 403, "its environment is 'production'"],
    "another audience": [() => sign({ aud: "https://elsewhere.example" }), 403, "another audience"],
    "no audience": [() => sign({ aud: undefined }), 403, "another audience"],
    "an expired token": [() => sign({}, { now: team.time.now - 10 * MINUTE }), 401, "has expired"],
    "a token without an end": [() => sign({ exp: undefined }), 401, "claim exp"],
    "a token of tomorrow": [() => sign({ nbf: team.time.now / 1000 + 3600 }), 401, "claim nbf"],
    "no subject": [() => sign({ sub: undefined }), 401, "claim sub"],
    "an unknown key": [() => sign({}, { kid: "unknown" }), 401, "a key that its issuer does not publish"],
    "a stranger's signature": [() => sign({}, { isStranger: true }), 401, "signature is not good"],
    "a key that it brings along": [() => sign({}, { isStranger: true, brings: true }), 401, "signature is not good"],
    "a place for keys that it names": [
      () => sign({}, { isStranger: true, header: { jku: "https://evil.example/jwks" } }),
      401,
      "signature is not good",
    ],
    "a header that must be understood": [() => sign({}, { header: { x: 1 } }).then(critical), 401, "is not valid"],
    "an issuer that is no text": [() => sign({ iss: 7 }), 401, "is not trusted"],
    "an issuer in other case": [() => sign({ iss: issuer.issuer.replace("http", "HTTP") }), 401, "is not trusted"],
    "an issuer with a slash": [() => sign({ iss: `${issuer.issuer}/` }), 401, "is not trusted"],
    "an issuer that nobody trusts": [() => sign({ iss: "https://token.example" }), 401, "is not trusted"],
    "alg none": [
      async () => `${base64({ alg: "none", typ: "JWT" })}.${(await sign()).split(".")[1]}.`,
      401,
      "not signed with a private key",
    ],
    "the public key as a shared secret": [
      async () => {
        const key = await importJWK({ ...issuer.jwk, ext: true }, "RS256");
        const pem = key instanceof Uint8Array ? "" : await exportSPKI(key);
        const text = `${base64({ alg: "HS256", typ: "JWT", kid: issuer.jwk.kid })}.${(await sign()).split(".")[1]}`;
        return `${text}.${createHmac("sha256", pem).update(text).digest("base64url")}`;
      },
      401,
      "not signed with a private key",
    ],
    "a changed payload": [
      async () => {
        const [head, , signature] = (await sign({ repository: "acme/evil" })).split(".");
        return `${head}.${base64({ ...JOB, iss: issuer.issuer, iat: 1, exp: 9e9 })}.${signature}`;
      },
      401,
      "signature is not good",
    ],
    "no token": [async () => "hello", 401, "is none"],
  };

  it.each(Object.entries(cases))("%s", async (_, [make, status, text]) => {
    const size = (await team.server.store.timeline.head())?.sequence;
    const answer = await exchange(await make());
    expect(answer).toMatchObject({ status, body: { message: expect.stringContaining(text) } });
    expect(answer.body.token).toBeUndefined();
    expect((await team.server.store.timeline.head())?.sequence).toBe(size);
  });

  it("a token that was used before, with or without an id", async () => {
    for (const claims of [{}, { jti: undefined }]) {
      const token = await sign(claims);
      expect(await exchange(token)).toMatchObject({ status: 200 });
      expect(await exchange(token, "promote")).toMatchObject({
        status: 403,
        body: { message: expect.stringContaining("was used before") },
      });
    }
    // A refusal does not use it up.
    const token = await sign();
    expect(await exchange(token, "train")).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining("may not train") },
    });
    expect(await exchange(token)).toMatchObject({ status: 200 });
  });

  it("another model, and a model that is not there, alike", async () => {
    for (const model of ["other", "nowhere"]) {
      expect(await exchange(await sign(), "register", model)).toMatchObject({ status: 401 });
    }
    expect(await exchange(await sign(), "rule")).toMatchObject({ status: 400 });
  });

  it("too many failures of one address", async () => {
    for (let attempt = 0; attempt < 30; attempt++) await exchange("hello");
    expect(await exchange(await sign())).toMatchObject({ status: 429 });
    team.time.now += 2 * MINUTE;
    expect(await exchange(await sign())).toMatchObject({ status: 200 });
  });
});

describe("an identity that cannot be trusted is refused:", () => {
  it.each<[string, object, string]>([
    ["everybody's", { claims: claimsOf({ ref }) }, "name nobody's jobs"],
    ["a pattern", { claims: claimsOf({ repository: "acme/*" }) }, "letter by letter"],
    ["no address", { issuer: "github" }, "is no address"],
    ["no steps", { steps: [] }, "may do nothing"],
    ["an unknown step", { steps: ["rule"] }, "There is no step 'rule'"],
    ["a long life", { minutes: 1000 }, "1 to 360 minutes"],
    ["a bad name", { name: "a b" }, "is no name"],
  ])("%s", async (_, change, text) => {
    expect(await add("bad", change)).toMatchObject({ status: 400, body: { message: expect.stringContaining(text) } });
  });

  it("a name that the issuer does not give itself, and a name that is taken", async () => {
    const answer = await add("slash", { issuer: `${issuer.issuer}/` });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining("letter by letter") } });
    expect(await add("pix-ci", {})).toMatchObject({ status: 400, body: { error_code: "RESOURCE_ALREADY_EXISTS" } });
    expect(await add("mine", {}, basic("ana"))).toMatchObject({ status: 403 });
  });

  it("one inside a network, unless the server allows that", async () => {
    const strict = await openTeam();
    const body = { ...{ name: "in", model: "pix", audience: "a", steps: ["read"] }, claims: claimsOf({ sub: "x" }) };
    const call = (address: string) =>
      strict.server.call("POST", `${OWN}/trust/add`, { ...body, issuer: address }, admin);
    expect(await call(issuer.issuer)).toMatchObject({
      status: 503,
      body: { message: expect.stringContaining("https") },
    });
    for (const address of ["https://127.0.0.1:1", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]:1"]) {
      expect(await call(address)).toMatchObject({
        status: 503,
        body: { message: expect.stringContaining("inside a network") },
      });
    }
    await strict.server.close();
  });

  it("one that sends elsewhere", async () => {
    const elsewhere = createServer((_, response) => response.writeHead(302, { location: issuer.issuer }).end());
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const answer = await add("far", { issuer: address });
    expect(answer).toMatchObject({ status: 503, body: { message: expect.stringContaining("answers HTTP 302") } });
    await new Promise((resolve) => elsewhere.close(resolve));
  });
});

describe("evidence of a trusted CI", () => {
  const evidence = () => ({
    format: 1,
    name: "pix",
    version: 1,
    at: team.time.now,
    outcome: "passed",
    digests: { model: DIGEST, data: "d", gate: "g", code: "c" },
  });
  const champion = async () =>
    post("registered-models/alias", { name: "pix", alias: "champion", version: "1" }, await stepToken("promote"), API);

  it("counts for a policy that names the identity, as long as it is trusted", async () => {
    await add("judge", { steps: ["evidence"], claims: claimsOf({ repository: "acme/judge" }) });
    const judge = async () => {
      const { body } = await exchange(await sign({ repository: "acme/judge" }), "evidence");
      return bearer(String(body.token));
    };
    const policy = { aliases: ["champion"], evidence: { identities: ["judge"], gate: "g" } };
    expect(await post("policies/set", { name: "pix", policy }, admin)).toMatchObject({ status: 200 });
    const missing = { status: 403, body: { message: expect.stringContaining("brought by the CI as judge") } };
    expect(await champion()).toMatchObject(missing);
    // Another identity's word is not this one's, and a user's or a service token's is none at all.
    const own = await stepToken("evidence");
    expect(await post("policies/evidence", { evidence: evidence() }, own)).toMatchObject({ status: 200 });
    expect(await champion()).toMatchObject(missing);
    expect(await post("policies/evidence", { evidence: evidence() }, admin)).toMatchObject({ status: 403 });
    const refused = { ...evidence(), outcome: "refused" };
    expect(await post("policies/evidence", { evidence: refused }, await judge())).toMatchObject({ status: 400 });
    const others = { ...evidence(), name: "other" };
    expect(await post("policies/evidence", { evidence: others }, await judge())).toMatchObject({ status: 403 });

    expect(await post("policies/evidence", { evidence: evidence() }, await judge())).toMatchObject({ status: 200 });
    expect(await champion()).toMatchObject({ status: 200 });
    // Trusted under the same name, but for other jobs: what the first has brought is not theirs.
    await post("access/trust/remove", { name: "judge" }, admin);
    expect(await champion()).toMatchObject(missing);
    await add("judge", { steps: ["evidence"], claims: claimsOf({ repository: "acme/new-judge" }) });
    expect(await champion()).toMatchObject(missing);
    await post("access/trust/remove", { name: "judge" }, admin);
    await add("judge", { steps: ["evidence"], claims: claimsOf({ repository: "acme/judge" }) });
    expect(await champion()).toMatchObject({ status: 200 });
    expect(await team.server.store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
  });

  it("is asked for by a policy that trusts somebody", async () => {
    const policy = { aliases: ["champion"], evidence: { gate: "g" } };
    expect(await post("policies/set", { name: "pix", policy }, admin)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("trusts nobody") },
    });
  });
});
