import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "../access/passwords.ts";
import { CHEAP, type Harness, openHarness } from "../testing/harness.ts";

const PASSWORD = "a long enough password";
const MLFLOW = "/api/2.0/mlflow";
const OWN = "/api/esteira/v1";

let server: Harness;
let runner: Record<string, string>;
const as = (who: string) => ({ authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString("base64")}` });
const post = (path: string, body: object, who: Record<string, string>) => server.call("POST", OWN + path, body, who);

beforeAll(async () => {
  server = await openHarness({ access: {} });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  for (const username of ["root", "ana", "bia", "eva"])
    await server.store.createUser({ username, passwordHash, isAdmin: username === "root" });
  const role = await server.store.createRole({ name: "risk", workspace: "default" });
  await server.store.assignRole("bia", role.id);
  await server.call("POST", `${MLFLOW}/registered-models/create`, { name: "fraud" }, as("ana"));
  for (const who of ["bia", "eva"])
    await server.store.grant(who, { resourceType: "registered_model", resourcePattern: "fraud", permission: "READ" });
  const token = await post("/access/tokens", { name: "runner", scopes: ["registry"] }, as("root"));
  runner = { authorization: `Bearer ${String(token.body.token)}` };
  const policy = { aliases: ["champion"], stages: ["Production"], approvals: { count: 1, role: "risk" } };
  expect((await post("/policies/set", { name: "fraud", policy }, as("root"))).status).toBe(200);
});
afterAll(() => server.close());

const claim = async () => (await post("/flows/claim", { runner: "r", targets: ["local"] }, runner)).body.claim;
const report = async (held: Awaited<ReturnType<typeof claim>>, more: object) =>
  post("/flows/report", { flow_id: held?.flow?.id, number: held?.flow?.number, lease: held?.lease, ...more }, runner);

describe("the calls of flows", () => {
  it("let an admin say how, a new version start, and a runner with an admin's token work", async () => {
    expect((await post("/flows/set", { name: "fraud", spec: {} }, as("ana"))).status).toBe(403);
    const wrong = await post("/flows/set", { name: "fraud", spec: { canary: { share: 2 } } }, as("root"));
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining("The flow's canary.share")]);
    expect((await post("/flows/set", { name: "fraud", spec: {} }, as("root"))).status).toBe(200);
    await server.call("POST", `${MLFLOW}/model-versions/create`, { name: "fraud", source: "s3://b/1" }, as("ana"));
    expect((await post("/flows/claim", { runner: "r", targets: ["local"] }, as("ana"))).status).toBe(403);
    for (const work of ["stage", "smoke"]) {
      const held = await claim();
      expect(held).toMatchObject({ flow: { model: "fraud", version: "1", work, started_by: "ana" } });
      expect((await report(held, { kind: "waiting", reason: "x" })).body.message).toMatch(/in how many seconds/);
      expect((await report(held, { kind: "refused" })).body.message).toMatch(/says why/);
      expect((await report(held, { kind: "maybe" })).body.message).toMatch(/'kind' is 'maybe'/);
      expect((await report(held, { kind: "done", result: { rows: 3 } })).status).toBe(200);
    }
  });

  it("take a yes from a person of the policy's role who is not the author, for all that the policy asks", async () => {
    const held = await claim();
    expect(held).toMatchObject({
      flow: { work: "approval" },
      unmet: [expect.stringContaining("1 approvals of the role risk")],
    });
    const decide = { name: "fraud", flow_id: held?.flow?.id, decision: "approve" };
    expect((await post("/flows/decide", decide, as("ana"))).body.message).toMatch(/somebody else's/);
    expect((await post("/flows/decide", decide, as("eva"))).body.message).toMatch(/has not the role risk/);
    expect((await post("/flows/decide", decide, runner)).body.message).toMatch(/by a person/);
    const before = await server.call(
      "GET",
      `${OWN}/flows/get?name=fraud&flow_id=${held?.flow?.id}`,
      undefined,
      as("eva"),
    );
    expect(before.body.flow?.approved_by).toBeUndefined();
    const approved = await post("/flows/decide", decide, as("bia"));
    expect(approved.body.flow).toMatchObject({ work: "approval", approved_by: "bia" });
    // Whoever held the step asks again, and finds nothing unmet.
    expect((await report(held, { kind: "done" })).body.message).toMatch(/not this runner's any more/);
    const again = await claim();
    expect(again).toMatchObject({ flow: { work: "approval", approved_by: "bia" }, unmet: [] });
    expect((await report(again, { kind: "done" })).body.flow).toMatchObject({ work: "promote" });
  });

  it("let whoever may change versions end a flow, and nobody else", async () => {
    const { flow } = (await claim()) ?? {};
    const end = { name: "fraud", flow_id: flow?.id, how: "cancel", reason: "too early" };
    expect((await post("/flows/end", end, as("eva"))).status).toBe(403);
    expect((await post("/flows/end", { ...end, how: "stop" }, as("ana"))).body.message).toMatch(/cancel or rollback/);
    expect((await post("/flows/end", { ...end, name: "other" }, as("root"))).status).toBe(404);
    expect((await post("/flows/end", end, as("ana"))).body.flow).toMatchObject({
      work: "undo",
      outcome: "cancelled",
      reason: "by ana: too early",
    });
    const listed = await server.call("GET", `${OWN}/flows/of-model?name=fraud`, undefined, as("eva"));
    expect(listed.body.flows).toMatchObject([{ outcome: "cancelled" }]);
    expect((await server.call("GET", `${OWN}/flows/list`, undefined, as("eva"))).status).toBe(403);
  });
});
