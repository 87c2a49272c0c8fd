import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "../access/passwords.ts";
import { CHEAP, type Harness, openHarness } from "../testing/harness.ts";

const PASSWORD = "a long enough password";
const MLFLOW = "/api/2.0/mlflow";
const OWN = "/api/esteira/v1";
const AT = { target: "docker", place: "risk" };

let server: Harness;
const as = (who: string) => ({ authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString("base64")}` });
const post = (path: string, body: object, who: string) => server.call("POST", OWN + path, body, as(who));
const get = (path: string, who: string) => server.call("GET", OWN + path, undefined, as(who));

beforeAll(async () => {
  server = await openHarness({ access: {}, watch: { pollMs: 20, longestMs: 400 } });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  for (const username of ["root", "ana", "bia", "eva"])
    await server.store.createUser({ username, passwordHash, isAdmin: username === "root" });
  for (const [name, owner] of [
    ["fraud", "ana"],
    ["mule", "bia"],
  ] as const) {
    await server.call("POST", `${MLFLOW}/registered-models/create`, { name }, as(owner));
    for (const source of ["s3://b/1", "s3://b/2"])
      await server.call("POST", `${MLFLOW}/model-versions/create`, { name, source }, as(owner));
  }
  await server.store.grant("eva", {
    ...{ resourceType: "registered_model", resourcePattern: "fraud", permission: "READ" },
  });
});
afterAll(() => server.close());

const arm = (name: string, version: string) => ({ role: "primary", uri: `models:/${name}/${version}`, share: 1 });
const told = (version: string, more: object = {}) => ({
  ...{ ...AT, name: "fraud", version, deployment: "scoring", kind: "applied", generation: Number(version) },
  ...{ arms: [arm("fraud", version)], url: "http://risk:8080" },
  ...more,
});

describe("the calls of deployments", () => {
  it("are told by who may change the version, of that version, and not in the place of others' deployments", async () => {
    expect((await post("/deployments/record", told("1"), "eva")).status).toBe(403);
    const first = await post("/deployments/record", told("1"), "ana");
    expect(first.body).toMatchObject({
      deployment: { model: "fraud", version: "1", state: "serving", changed_by: "ana", runners: [] },
    });
    const said = async (more: object) => (await post("/deployments/record", told("1", more), "ana")).body.message;
    expect(await said({ kind: "moved" })).toMatch(/'kind' is 'moved'/);
    expect(await said({ arms: [] })).toMatch(/one arm is the primary/);
    expect(await said({ arms: [arm("mule", "1")] })).toMatch(/expected models:\/fraud\/1/);
    expect(await said({ arms: [{ ...arm("fraud", "1"), share: 2 }] })).toMatch(/'arms.0.share'/);
    expect(await said({ place: "x".repeat(600) })).toMatch(/'place' is 600 characters/);
    const mule = { name: "mule", arms: [arm("mule", "1")] };
    expect((await post("/deployments/record", told("1", mule), "bia")).status).toBe(403);
    expect((await post("/deployments/record", told("1", { ...mule, deployment: "mules" }), "bia")).status).toBe(200);
  });

  it("are listed and read within what one may read", async () => {
    const names = async (who: string) =>
      ((await get("/deployments/list", who)).body.deployments as unknown as { name: string }[]).map(({ name }) => name);
    expect((await names("root")).sort()).toEqual(["mules", "scoring"]);
    expect(await names("eva")).toEqual(["scoring"]);
    const id = Number((await get("/deployments/of-model?name=fraud", "eva")).body.deployments?.[0]?.id);
    const found = await get(`/deployments/get?name=fraud&deployment_id=${id}`, "eva");
    expect(found.body).toMatchObject({ deployment: { name: "scoring" }, changes: [{ kind: "applied", by: "ana" }] });
    // Under another model's name it is not there: permissions are on the model.
    expect((await get(`/deployments/get?name=mule&deployment_id=${id}`, "bia")).status).toBe(404);
  });

  it("ask a runner that is there to roll back", async () => {
    const former = [arm("fraud", "1")];
    const { body } = await post("/deployments/record", told("2", { former }), "ana");
    const rollback = (who: string) =>
      post("/deployments/rollback", { name: "fraud", deployment_id: body.deployment?.id, reason: "calls" }, who);
    expect((await rollback("eva")).status).toBe(403);
    const lonely = await rollback("ana");
    expect([lonely.status, lonely.body.message]).toEqual([
      400,
      expect.stringMatching(/no runner is attached to docker/),
    ]);
    const claim = async () => (await post("/deployments/claim", { runner: "r", places: [AT] }, "root")).body.claim;
    expect(await claim()).toBeUndefined();
    expect((await rollback("ana")).body).toMatchObject({ order: { asked_by: "ana", reason: "calls", generation: 2 } });
    const held = await claim();
    expect(held).toMatchObject({ deployment: { name: "scoring", former } });
    const settle = (outcome: string) =>
      post("/deployments/settle", { order_id: held?.order?.id, lease: held?.lease, outcome }, "root");
    expect((await settle("maybe")).body.message).toMatch(/expected done or failed/);
    expect((await settle("done")).body).toMatchObject({ order: { outcome: "done", runner: "r" } });
  });

  it("leave to a flow what a flow has done", async () => {
    const spec = { canary: undefined };
    expect((await post("/flows/set", { name: "mule", spec }, "root")).status).toBe(200);
    const { body } = await post("/flows/start", { name: "mule", version: "2" }, "bia");
    const flow = Number(body.flow?.id);
    const change = told("2", { name: "mule", deployment: "mules", arms: [arm("mule", "2")], flow_id: flow });
    const { body: held } = await post("/deployments/record", change, "root");
    const rollback = () =>
      post("/deployments/rollback", { name: "mule", deployment_id: held.deployment?.id, reason: "calls" }, "bia");
    expect((await rollback()).body).toMatchObject({
      flow: { id: flow, outcome: "rolled-back", reason: "by bia: calls" },
    });
    for (;;) {
      const { claim } = (await post("/flows/claim", { runner: "r", targets: ["local"] }, "root")).body;
      if (claim === undefined) break;
      const step = { flow_id: claim.flow?.id, number: claim.flow?.number, lease: claim.lease, kind: "done" };
      expect((await post("/flows/report", step, "root")).status).toBe(200);
    }
    expect((await rollback()).body.message).toMatch(/has put mules back already/);
  });

  it("tell by a stream that something has changed", async () => {
    const stream = get("/deployments/events", "eva");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await post("/deployments/record", told("2", { kind: "removed" }), "ana");
    const { text, headers } = await stream;
    expect(headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(text).toMatch(/^retry: 1000\n\nevent: changed\ndata: \{\}\n\n.*event: changed/s);
  });
});
