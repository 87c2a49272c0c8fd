import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "../access/passwords.ts";
import { CHEAP, type Harness, openHarness } from "../testing/harness.ts";

const PASSWORD = "a long enough password";
const MLFLOW = "/api/2.0/mlflow";
const OWN = "/api/esteira/v1/timeline";

let server: Harness;
const as = (who: string) => ({ authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString("base64")}` });

beforeAll(async () => {
  server = await openHarness({ access: {} });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  await server.store.createUser({ username: "ana", passwordHash, isAdmin: true });
  await server.store.createUser({ username: "bia", passwordHash, isAdmin: false });
  await server.call("POST", `${MLFLOW}/registered-models/create`, { name: "fraud" }, as("bia"));
  await server.call("POST", `${MLFLOW}/model-versions/create`, { name: "fraud", source: "s3://b/1" }, as("bia"));
  const token = await server.call(
    "POST",
    "/api/esteira/v1/access/tokens",
    { name: "ci", scopes: ["registry"] },
    as("bia"),
  );
  const bearer = { authorization: `Bearer ${String(token.body.token)}` };
  await server.call(
    "POST",
    `${MLFLOW}/registered-models/alias`,
    { name: "fraud", alias: "champion", version: "1" },
    bearer,
  );
});
afterAll(() => server.close());

describe("the timeline's calls", () => {
  it("tell who did what, and how each was known", async () => {
    const { body } = await server.call("GET", `${OWN}/history?name=fraud`, undefined, as("bia"));
    expect(body.entries).toMatchObject([
      { sequence: 1, action: "model.created", actor: { name: "bia", origin: "password" } },
      { sequence: 2, action: "version.created" },
      { sequence: 3, action: "alias.set", actor: { name: "bia", origin: "token", token: expect.any(String) } },
    ]);
    const champion = await server.call("GET", `${OWN}/standing?name=fraud`, undefined, as("bia"));
    expect(champion.body).toMatchObject({ versions: [1], is_uncertain: false, since: { sequence: 3 } });
    const before = await server.call("GET", `${OWN}/standing?name=fraud&at=1`, undefined, as("bia"));
    expect(before.body).toEqual({ versions: [], is_uncertain: false });
    const wrong = await server.call("GET", `${OWN}/standing?name=fraud&stage=Live`, undefined, as("bia"));
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining("There is no stage 'Live'")]);
  });

  it("sign, prove and verify the whole of it", async () => {
    const signed = await server.call("POST", `${OWN}/checkpoints`, {}, as("ana"));
    expect(signed.body.checkpoint).toMatchObject({ size: 3 });
    const proof = await server.call("GET", `${OWN}/proof?sequence=2`, undefined, as("ana"));
    expect(proof.body.root).toBe(signed.body.checkpoint?.root);
    const report = await server.call("POST", `${OWN}/verify`, {}, as("ana"));
    expect(report.body).toMatchObject({ entries: 3, fault_count: 0, faults: [], found: [], outside: [] });
    const page = await server.call("GET", `${OWN}/entries?after=1&max_results=1`, undefined, as("ana"));
    expect(page.body.entries).toMatchObject([{ hash: proof.body.hash, entry: proof.body.entry }]);
  });

  it("refuse to sign where no key is", async () => {
    const plain = await openHarness({ seals: undefined });
    const { body } = await plain.call("POST", `${OWN}/checkpoints`, {});
    expect(body).toMatchObject({ error_code: "FEATURE_DISABLED" });
    await plain.close();
  });
});
