import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "../access/passwords.ts";
import { CHEAP, type Harness, openHarness } from "../testing/harness.ts";

const PASSWORD = "a long enough password";
const OWN = "/api/esteira/v1/reviews";

let server: Harness;
const as = (who: string) => ({ authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString("base64")}` });
const post = (path: string, body: object, who: string) => server.call("POST", OWN + path, body, as(who));
const get = (path: string, who: string) => server.call("GET", OWN + path, undefined, as(who));

beforeAll(async () => {
  server = await openHarness({ access: {} });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  for (const username of ["monitor", "ana", "bia", "eva"])
    await server.store.createUser({ username, passwordHash, isAdmin: false });
  await server.call("POST", "/api/2.0/mlflow/registered-models/create", { name: "fraud" }, as("monitor"));
  for (const [who, permission] of [
    ["ana", "USE"],
    ["bia", "USE"],
    ["eva", "READ"],
  ] as const)
    await server.store.grant(who, { resourceType: "registered_model", resourcePattern: "fraud", permission });
});
afterAll(() => server.close());

const alert = (more: object = {}) => ({
  ...{ decision_id: "t1", version: "1", decided_at: 1000, score: 0.9, amount: 250, subjects: ["p"] },
  reasons: [{ feature: "hour", contribution: 1.5, value: "3" }],
  ...more,
});
const put = (who: string, alerts: readonly object[], more: object = {}) =>
  post("/put", { name: "fraud", currency: "BRL", capacity: 10, alerts, ...more }, who);

describe("the calls of reviews", () => {
  it("are for who uses the model; telling alerts and taking labels, for who may change its versions", async () => {
    expect((await put("ana", [alert()])).status).toBe(403);
    expect((await put("monitor", [alert()])).body).toEqual({ added: 1 });
    expect((await get("/list?name=fraud", "eva")).status).toBe(403);
    const { body } = await get("/list?name=fraud&state=waiting", "ana");
    expect(body).toMatchObject({
      queue: { capacity: 10, currency: "BRL", filled_by: "monitor" },
      reviews: [{ decision_id: "t1", state: "waiting", revision: 0, reasons: [{ feature: "hour", value: "3" }] }],
      ...{ matching: 1, reasons: [{ value: "hour", count: 1 }] },
    });
    const judge = (who: string, judgement: string) =>
      post("/judge", { name: "fraud", decision_id: "t1", revision: 0, judgement, typology: "mule" }, who);
    expect((await judge("eva", "fraud")).status).toBe(403);
    expect((await judge("ana", "fraud")).body).toMatchObject({ review: { state: "fraud", judged_by: "ana" } });
    const late = await judge("bia", "legitimate");
    expect([late.status, late.body.message]).toEqual([400, expect.stringMatching(/was judged by ana meanwhile/)]);
    expect((await get("/get?name=fraud&decision_id=t1", "bia")).body).toMatchObject({
      changes: [{ by: "ana", judgement: "fraud", typology: "mule" }],
    });
    expect((await get("/judged?name=fraud", "ana")).status).toBe(403);
    expect((await get("/judged?name=fraud", "monitor")).body).toMatchObject({
      judged: [{ decision_id: "t1", revision: 1, judgement: "fraud", typology: "mule" }],
    });
    const judged = [{ decision_id: "t1", revision: 1 }];
    expect((await post("/remove", { name: "fraud", before: 2000, judged }, "monitor")).body).toEqual({ removed: 1 });
  });

  it("refuse what is no alert and no judgement, and then keep nothing of it", async () => {
    const refused = async (change: object, message: RegExp) => {
      const answer = await put("monitor", [alert({ decision_id: "good" }), alert(change)]);
      expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)]);
    };
    await refused({ decision_id: "" }, /decision_id/);
    await refused({ decision_id: "x".repeat(300) }, /'alerts.decision_id' is 300 characters long: at most 256/);
    await refused({ score: "NaN" }, /'alerts.score' is NaN: expected a number of at most 1000000000000000 in size/);
    await refused({ score: null }, /score/);
    await refused({ amount: Number.MAX_VALUE }, /'alerts.amount'/);
    await refused({ threshold: "Infinity" }, /'alerts.threshold'/);
    await refused({ reasons: [{ feature: "hour", contribution: "much" }] }, /contribution/);
    await refused({ reasons: Array.from({ length: 21 }, () => ({ feature: "f", contribution: 1 })) }, /at most 20/);
    await refused({ subjects: ["p".repeat(129)] }, /'alerts.subjects'/);
    await refused({ known_label: "maybe" }, /'alerts.known_label' is 'maybe'/);
    expect((await put("monitor", [], { currency: "real" })).body.message).toMatch(/expected a code of ISO 4217/);
    expect((await put("monitor", [], { capacity: 0 })).body.message).toMatch(/'capacity' is 0/);
    expect(
      (
        await put(
          "monitor",
          Array.from({ length: 1001 }, () => alert()),
        )
      ).body.message,
    ).toMatch(/at most 1000/);
    expect((await get("/list?name=fraud", "ana")).body).toMatchObject({ matching: 0 });

    const asked = async (query: string) => (await get(`/list?name=fraud&${query}`, "ana")).body.message;
    expect(await asked("state=open")).toMatch(/'state' is 'open': expected waiting, fraud/);
    expect(await asked("order=name")).toMatch(/'order' is 'name'/);
    expect(await asked("min_amount=Infinity")).toMatch(/'min_amount' is no finite number/);
    expect(await asked("max_results=501")).toMatch(/expected 1 to 500/);

    await put("monitor", [alert()]);
    const judge = async (more: object) =>
      (await post("/judge", { name: "fraud", decision_id: "t1", revision: 0, ...more }, "ana")).body.message;
    expect(await judge({ judgement: "perhaps" })).toMatch(/expected fraud, legitimate, inconclusive/);
    expect(await judge({ judgement: "fraud", note: "n".repeat(4001) })).toMatch(/'note' is 4001 characters long/);
    const holder = "h".repeat(65);
    expect((await post("/hold", { name: "fraud", decision_id: "t1", holder }, "ana")).status).toBe(400);
  });
});
