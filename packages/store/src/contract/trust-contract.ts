import type { Actor } from "@esteira/core/timeline/entry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectExisting } from "../maintenance/connect.ts";
import { openStore, type Store } from "../open.ts";
import { refused } from "./support.ts";

/** What trusted identities of CIs promise. `newUri` names a new, empty database. */
export function describeTrusts(name: string, newUri: () => Promise<string>): void {
  describe(`trusted identities in ${name}`, () => {
    let uri = "";
    let store: Store;
    let now = 1_700_000_000_000;
    const open = () => openStore({ uri, artifactRoot: "mlflow-artifacts:/", clock: () => ++now });
    const admin: Actor = { name: "admin", origin: "password" };
    const ci = {
      ...{ name: "ci", model: "fraud", issuer: "https://ci.example", audience: "esteira", minutes: 15 },
      claims: { repository: "acme/fraud" },
      steps: ["register", "promote"] as const,
      experimentIds: ["1"],
      readOnlyExperimentIds: ["2"],
    };
    const token = (id: string) => ({
      ...{ id, hash: "h", step: "register" as const, subject: "job", expiresAt: now + 900_000 },
    });
    const spent = (key: string) => ({ key, until: now + 300_000 });
    beforeEach(async () => {
      uri = await newUri();
      store = await open();
      await store.as(admin).createRegisteredModel({ name: "fraud", tags: [] });
    });
    afterEach(() => store.close());

    test("are kept, told and removed, each an entry of the timeline", async () => {
      const added = await store.trusts.add(ci, admin);
      expect(added).toMatchObject({ ...ci, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
      await refused(store.trusts.add(ci, admin), "RESOURCE_ALREADY_EXISTS", "already");
      const other = await store.trusts.add({ ...ci, name: "other", model: "else", claims: { sub: "x" } }, admin);
      expect(other.digest).not.toBe(added.digest);
      expect(await store.trusts.list()).toEqual([added, other]);
      expect(await store.trusts.list("fraud")).toEqual([added]);
      await store.trusts.remove("ci", admin);
      await refused(store.trusts.remove("ci", admin), "RESOURCE_DOES_NOT_EXIST", "no trusted identity ci");
      expect(await store.trusts.list("fraud")).toEqual([]);
      const actions = (await store.timeline.lifeOf("fraud")).map(({ action }) => action);
      expect(actions).toEqual(["model.created", "trust.added", "trust.removed"]);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
    });

    test("follow their model to its new name, with their tokens", async () => {
      const identity = await store.trusts.add(ci, admin);
      await store.trusts.exchange({ identity, token: token("t1"), spent: spent("k1") });
      await store.renameRegisteredModel("fraud", "pix");
      expect(await store.trusts.findToken("t1")).toMatchObject({ step: "register", identity: { model: "pix" } });
      expect(await store.trusts.list("fraud")).toEqual([]);
      expect((await store.timeline.verify()).found).toEqual([]);
    });

    test("are compared with the chain: one that SQL has put or changed is found", async () => {
      await store.trusts.add({ ...ci, steps: ["promote", "register"] }, admin);
      expect((await store.timeline.verify()).found).toEqual([]);
      const database = await connectExisting(uri);
      const { db } = database;
      const found = async (work: Promise<unknown>) => {
        await work;
        return (await store.timeline.verify()).found;
      };
      const table = "esteira_trusted_identities";
      const row = await db.selectFrom(table).selectAll().executeTakeFirstOrThrow();
      const wider = JSON.stringify({ repository: "acme/other" });
      expect(await found(db.updateTable(table).set({ claims: wider }).execute())).toMatchObject([
        { model: "fraud", found: { identities: [expect.stringContaining("acme/other")] } },
      ]);
      expect(await found(db.updateTable(table).set({ claims: "no JSON" }).execute())).toMatchObject([
        { found: { identities: ["ci cannot be read"] } },
      ]);
      await db.updateTable(table).set({ claims: row.claims }).execute();
      expect(
        await found(
          db
            .insertInto(table)
            .values({ ...row, name: "mine" })
            .execute(),
        ),
      ).toMatchObject([{ found: { identities: [expect.stringContaining('"mine"')] } }]);
      await db.deleteFrom(table).where("name", "=", "mine").execute();
      const vouched = {
        model: "fraud",
        version: 1,
        digest: "sha256:ab",
        evidence: "{}",
        identity: row.digest,
        at: now,
      };
      expect(await found(db.insertInto("esteira_vouched_evidence").values(vouched).execute())).toMatchObject([
        { found: { evidence: ["1 sha256:ab"] } },
      ]);
      await database.close();
    });

    test("give one token for one of the CI's, however many servers are asked", async () => {
      const identity = await store.trusts.add(ci, admin);
      const others = await Promise.all([open(), open()]);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          (others[index % 2] ?? store).trusts.exchange({ identity, token: token(`t${index}`), spent: spent("same") }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const found = await Promise.all(outcomes.map((_, index) => store.trusts.findToken(`t${index}`)));
      expect(found.filter((one) => one !== undefined)).toHaveLength(1);
      await Promise.all(others.map((one) => one.close()));
    });

    test("that changed meanwhile give none, and what is over is forgotten", async () => {
      const identity = await store.trusts.add(ci, admin);
      await store.trusts.exchange({ identity, token: token("t1"), spent: spent("k1") });
      await store.trusts.remove("ci", admin);
      expect(await store.trusts.findToken("t1")).toBeUndefined();
      await store.trusts.add({ ...ci, claims: { repository: "acme/other" } }, admin);
      const late = store.trusts.exchange({ identity, token: token("t2"), spent: spent("k2") });
      await refused(late, "PERMISSION_DENIED", "has just changed");
      const [fresh] = await store.trusts.list("fraud");
      if (fresh === undefined) throw new Error("It was added.");
      await refused(
        store.trusts.exchange({ identity: fresh, token: token("t3"), spent: spent("k1") }),
        "PERMISSION_DENIED",
        "used before",
      );
      now += 3_600_000;
      await store.trusts.exchange({ identity: fresh, token: token("t4"), spent: spent("k1") });
      expect(await store.trusts.findToken("t4")).toMatchObject({ id: "t4", subject: "job" });
    });
  });
}
