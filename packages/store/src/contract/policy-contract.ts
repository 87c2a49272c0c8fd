import { generateKeyPairSync, sign } from "node:crypto";
import { notFound } from "@esteira/core/errors";
import type { Evidence, SignedEvidence } from "@esteira/core/policy/evidence";
import { parsePolicy } from "@esteira/core/policy/policy";
import type { Actor } from "@esteira/core/timeline/entry";
import { canonicalJson } from "@esteira/core/timeline/json";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectExisting } from "../maintenance/connect.ts";
import { openStore, type Store } from "../open.ts";
import { fingerprint } from "../timeline/checkpoint.ts";
import { refused } from "./support.ts";

const DAY = 86_400_000;
const MODEL = "a".repeat(64);
const ci = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const publicText = (pair: typeof ci): string =>
  pair.publicKey.export({ format: "der", type: "spki" }).toString("base64");

/** What a policy promises on every road to a version. `newUri` names a new, empty database. */
export function describePolicies(name: string, newUri: () => Promise<string>): void {
  describe(`policies in ${name}`, () => {
    let uri = "";
    let store: Store;
    let now = 1_700_000_000_000;
    const open = () => openStore({ uri, artifactRoot: "mlflow-artifacts:/", clock: () => ++now });
    const admin: Actor = { name: "admin", origin: "password" };
    const ana: Actor = { name: "ana", origin: "password" };
    beforeEach(async () => {
      uri = await newUri();
      store = await open();
      const registry = store.as(ana);
      await registry.createRegisteredModel({ name: "fraud", tags: [] });
      for (const version of ["1", "2", "3"]) {
        const tags = [{ key: "esteira.model.sha256", value: `sha256:${MODEL}` }];
        await registry.createModelVersion({ name: "fraud", source: `s3://b/${version}`, tags });
      }
    });
    afterEach(() => store.close());

    const set = (policy: object) => store.policies.setPolicy("fraud", parsePolicy(policy), admin);
    const withEvidence = { keys: [fingerprint(publicText(ci))], max_age_days: 7 };
    const signed = (version: number, change: Partial<Evidence> = {}, pair = ci): SignedEvidence => {
      const digests = { model: MODEL, data: "d", gate: "g", code: "c" };
      const evidence: Evidence = { format: 1, name: "fraud", version, at: now, outcome: "passed", digests, ...change };
      const signature = sign(null, Buffer.from(canonicalJson(JSON.parse(JSON.stringify(evidence)))), pair.privateKey);
      return { evidence, key: publicText(pair), signature: signature.toString("base64") };
    };
    const champion = (version: string) => store.setAlias("fraud", "champion", version);
    const denied = (call: Promise<unknown>, text: string) => refused(call, "PERMISSION_DENIED", text);

    test("tells what a version would meet, in the words of the refusal, and changes nothing", async () => {
      const promotion = { model: "fraud", version: 2, target: { alias: "champion" } };
      expect(await store.policies.prospect(promotion)).toEqual({
        ...{ isProtected: false, unmet: [], approvers: [], evidence: [], author: "ana" },
      });
      await set({ aliases: ["champion"], evidence: withEvidence, approvals: { count: 1, role: "risk" } });
      const before = await store.policies.prospect(promotion);
      expect(before).toMatchObject({ isProtected: true, author: "ana", modelDigest: MODEL, approvers: [] });
      for (const sentence of before.unmet) await denied(champion("2"), sentence);
      expect(before.unmet).toHaveLength(2);
      await store.policies.submitEvidence(signed(2), admin);
      await store.policies.submitEvidence(signed(2, {}, stranger), admin);
      const { unmet, evidence } = await store.policies.prospect(promotion);
      expect(unmet).toEqual(["it needs 1 approvals of the role risk and has none"]);
      expect(evidence.map(({ counts }) => counts).sort()).toEqual([false, true]);
      await store.policies.breakGlass("fraud", { reason: "it declines everything", minutes: 5 }, admin);
      expect((await store.policies.prospect(promotion)).broken?.reason).toBe("it declines everything");
      await refused(store.policies.prospect({ ...promotion, version: 9 }), "RESOURCE_DOES_NOT_EXIST", "9");
    });

    test("holds on every road", async () => {
      await champion("1");
      await store.transitionStage("fraud", "1", { stage: "Production", archiveExistingVersions: false });
      await set({ aliases: ["champion"], stages: ["Production"], evidence: withEvidence });
      const size = (await store.timeline.head())?.sequence;
      const missing = "there is no evidence that its gate was passed";
      await denied(
        champion("2"),
        `Version 2 of fraud may not become alias champion, because of its policy: ${missing}`,
      );
      for (const archiveExistingVersions of [true, false]) {
        await denied(store.transitionStage("fraud", "2", { stage: "Production", archiveExistingVersions }), missing);
      }
      await denied(
        store.transitionStage("fraud", "1", { stage: "Archived", archiveExistingVersions: false }),
        "take away the stage Production",
      );
      await denied(store.deleteAlias("fraud", "champion"), "take away the alias champion");
      await denied(store.deleteModelVersion("fraud", "1"), "take away the alias champion");
      await denied(store.deleteRegisteredModel("fraud"), "under a policy");
      await denied(store.renameRegisteredModel("fraud", "other"), "under a policy");
      await denied(
        store.setModelVersionTag("fraud", "1", { key: "esteira.model.sha256", value: "x" }),
        "the tag esteira.model.sha256",
      );
      await denied(store.deleteModelVersionTag("fraud", "1", "esteira.model.sha256"), "the tag esteira.model.sha256");
      await store.createRegisteredModel({ name: "twin", tags: [] });
      await store.policies.setPolicy("free", parsePolicy({ aliases: ["champion"] }), admin);
      await denied(store.renameRegisteredModel("twin", "free"), "free is under a policy");
      expect((await store.getVersionByAlias("fraud", "champion")).version).toBe("1");
      // Two entries of the twin, and three promotions refused for three reasons.
      expect((await store.timeline.head())?.sequence).toBe((size ?? 0) + 2 + 3);
      // What is not protected moves as ever.
      await store.setAlias("fraud", "challenger", "2");
      await store.transitionStage("fraud", "2", { stage: "Staging", archiveExistingVersions: true });
      await store.setModelVersionTag("fraud", "2", { key: "esteira.trainer", value: "x" });
      await store.updateModelVersion("fraud", "1", { description: "in service" });
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
    });

    test("lets a version through with evidence, and enters on which", async () => {
      await champion("1");
      await set({ aliases: ["champion"], stages: ["Production"], evidence: { ...withEvidence, gate: "g" } });
      const digest = await store.policies.submitEvidence(signed(2), ana);
      // Newer, but nobody's who is trusted: it is not what let the version through.
      await store.policies.submitEvidence(signed(2, { at: now + 1 }, stranger), ana);
      await champion("2");
      await store.transitionStage("fraud", "2", { stage: "Production", archiveExistingVersions: true });
      const promoted = (await store.timeline.lifeOf("fraud")).filter(({ action }) => action === "alias.set").at(-1);
      expect(promoted).toMatchObject({ subject: { version: 2 }, evidence: digest });
      await store.policies.submitEvidence(signed(3), ana);
      const beside = store.transitionStage("fraud", "3", { stage: "Production", archiveExistingVersions: false });
      await denied(beside, "version 2 stands there too");
      await store.transitionStage("fraud", "3", { stage: "Production", archiveExistingVersions: true });
      expect((await store.getLatestVersions("fraud", ["Production"])).map(({ version }) => version)).toEqual(["3"]);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
    });

    test("takes no evidence of something else, too old, or forged", async () => {
      await set({ aliases: ["champion"], evidence: { ...withEvidence, gate: "g" } });
      const digests = { model: MODEL, data: "d", gate: "g", code: "c" };
      await store.policies.submitEvidence(signed(1, { digests: { ...digests, model: "b".repeat(64) } }), ana);
      await denied(champion("1"), "of a model with another digest");
      await store.policies.submitEvidence(signed(1, { digests: { ...digests, gate: "lenient" } }), ana);
      await denied(champion("1"), "its evidence is of another gate");
      await store.policies.submitEvidence(signed(1, { at: now - 8 * DAY }), ana);
      await denied(champion("1"), "its evidence is older than 7 days");
      await store.policies.submitEvidence(signed(2, {}, stranger), ana);
      await denied(champion("2"), "signed by a trusted key");
      const forged = signed(3);
      await denied(
        store.policies.submitEvidence({ ...forged, evidence: { ...forged.evidence, at: now - 1 } }, ana),
        "not signed by the key",
      );
      await denied(
        store.policies.submitEvidence({ ...forged, key: publicText(stranger) }, ana),
        "not signed by the key",
      );
      await refused(
        store.policies.submitEvidence(signed(3, { outcome: "refused" }), ana),
        "INVALID_PARAMETER_VALUE",
        "'refused'",
      );
      await refused(
        store.policies.submitEvidence(signed(3, { at: now + DAY }), ana),
        "INVALID_PARAMETER_VALUE",
        "yet to come",
      );
      await refused(store.policies.submitEvidence(signed(9), ana), "RESOURCE_DOES_NOT_EXIST", "not found");
      await store.policies.submitEvidence(signed(3), ana);
      await store.setModelVersionTag("fraud", "3", { key: "esteira.model.sha256", value: "c".repeat(64) });
      await denied(champion("3"), "of a model with another digest");
    });

    test("counts approvals of people of the role, and never the author's", async () => {
      const person = async (username: string, role?: number) => {
        const { id } = await store.createUser({ username, isAdmin: false });
        if (role !== undefined) await store.assignRole(username, role);
        return { userId: id, actor: { name: username, origin: "password" } as const };
      };
      const role = await store.createRole({ name: "risk", workspace: "default" });
      const [author, bia, caio, dora] = [
        await person("ana", role.id),
        await person("bia", role.id),
        await person("caio", role.id),
        await person("dora"),
      ];
      const yes = { model: "fraud", version: 1, target: { alias: "champion" } };
      await refused(store.policies.approve(yes, bia), "RESOURCE_DOES_NOT_EXIST", "under no policy");
      await set({ aliases: ["champion"], approvals: { count: 2, role: "risk" } });
      await denied(champion("1"), "it needs 2 approvals of the role risk and has none");
      await denied(store.policies.approve(yes, author), "ana has made version 1");
      await denied(store.policies.approve(yes, dora), "dora has not the role risk");
      expect(await store.policies.approve(yes, bia)).toEqual(["bia"]);
      await refused(store.policies.approve(yes, bia), "RESOURCE_ALREADY_EXISTS", "has approved");
      await denied(champion("1"), "has 1 (bia)");
      expect(await store.policies.approve(yes, caio)).toEqual(["bia", "caio"]);
      await store.deleteUser("caio");
      await denied(champion("1"), "has 1 (bia)");
      const eva = await person("eva", role.id);
      await store.policies.approve(yes, eva);
      await store.unassignRole("bia", role.id);
      await denied(champion("1"), "has 1 (eva)");
      await store.assignRole("bia", role.id);
      await champion("1");
      await denied(champion("2"), "has none");
    });

    test("counts no approval of another model than the version names now", async () => {
      const role = await store.createRole({ name: "risk", workspace: "default" });
      const { id } = await store.createUser({ username: "bia", isAdmin: false });
      await store.assignRole("bia", role.id);
      const bia = { userId: id, actor: { name: "bia", origin: "password" } as const };
      await set({ aliases: ["champion"], approvals: { count: 1, role: "risk" } });
      const approve = () => store.policies.approve({ model: "fraud", version: 1, target: { alias: "champion" } }, bia);
      const tagged = (value: string) => store.setModelVersionTag("fraud", "1", { key: "esteira.model.sha256", value });
      const none = "it needs 1 approvals of the role risk and has none";
      await approve();
      // The same digest, however it is written, and other tags are no other model.
      await tagged(MODEL);
      await store.setModelVersionTag("fraud", "1", { key: "esteira.trainer", value: "x" });
      expect(
        await store.policies.prospect({ model: "fraud", version: 1, target: { alias: "champion" } }),
      ).toMatchObject({
        ...{ unmet: [], approvers: ["bia"] },
      });
      await tagged("b".repeat(64));
      await denied(champion("1"), none);
      await approve();
      await store.deleteModelVersionTag("fraud", "1", "esteira.model.sha256");
      await denied(champion("1"), none);
      const life = await store.timeline.lifeOf("fraud");
      const lapsed = life.filter(({ action }) => action === "approval.lapsed");
      expect(lapsed.map(({ subject, reason }) => [subject.version, reason])).toEqual([
        [1, `its model was ${MODEL} and is ${"b".repeat(64)}`],
        [1, `its model was ${"b".repeat(64)} and is of no digest`],
      ]);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
      // Whoever puts the first one back by hand is found out.
      const database = await connectExisting(uri);
      await database.db
        .insertInto("esteira_approvals")
        .values({ model: "fraud", version: 1, target: "alias champion", user_id: id, at: now })
        .execute();
      await database.close();
      expect((await store.timeline.verify()).found).toMatchObject([{ model: "fraud" }]);
    });

    test("stands still in a freeze, and is set aside by breaking the glass, with a reason", async () => {
      const freezes = [
        { from: new Date(now - DAY).toISOString(), until: new Date(now + DAY).toISOString(), reason: "Black Friday" },
      ];
      await champion("1");
      await set({ aliases: ["champion"], freezes });
      await denied(champion("2"), "(Black Friday)");
      await refused(
        store.policies.breakGlass("fraud", { reason: "now", minutes: 5 }, admin),
        "INVALID_PARAMETER_VALUE",
        "Say why",
      );
      await store.policies.breakGlass("fraud", { reason: "version 1 blocks every payment", minutes: 5 }, admin);
      await champion("2");
      now += 6 * 60_000;
      await denied(champion("3"), "(Black Friday)");
      const entries = await store.timeline.lifeOf("fraud");
      expect(entries.slice(-3)).toMatchObject([
        { action: "policy.broken", actor: admin, reason: expect.stringContaining("version 1 blocks every payment") },
        { action: "alias.set", reason: "version 1 blocks every payment" },
        { action: "promotion.refused", reason: expect.stringContaining("(Black Friday)") },
      ]);
    });

    test("is kept by a name, whatever becomes of the model", async () => {
      await set({ aliases: ["champion"], evidence: withEvidence });
      await store.policies.submitEvidence(signed(1), ana);
      await store.policies.breakGlass("fraud", { reason: "it must go at once", minutes: 5 }, admin);
      await store.deleteRegisteredModel("fraud");
      now += 6 * 60_000;
      await store.createRegisteredModel({ name: "fraud", tags: [] });
      const tags = [{ key: "esteira.model.sha256", value: MODEL }];
      await store.createModelVersion({ name: "fraud", source: "s3://b/evil", tags });
      await denied(champion("1"), "there is no evidence");
      await store.policies.removePolicy("fraud", admin);
      await champion("1");
      await refused(store.policies.getPolicy("fraud"), "RESOURCE_DOES_NOT_EXIST", "under no policy");
      expect(await store.policies.findPolicy("fraud")).toBeUndefined();
    });

    test("leaves one champion, however many servers promote", async () => {
      await set({ aliases: ["champion"], stages: ["Production"], evidence: withEvidence });
      for (const version of [1, 2]) await store.policies.submitEvidence(signed(version), ana);
      const others = await Promise.all([open(), open()]);
      const outcomes = await Promise.allSettled(
        others.flatMap((one) =>
          Array.from({ length: 45 }, (_, index) => {
            const version = String((index % 3) + 1);
            return index % 2 === 0
              ? one.setAlias("fraud", "champion", version)
              : one.transitionStage("fraud", version, { stage: "Production", archiveExistingVersions: true });
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(30);
      const inProduction = (await store.getLatestVersions("fraud", ["Production"])).map(({ version }) => version);
      expect(inProduction).toHaveLength(1);
      expect(["1", "2"]).toContain((await store.getVersionByAlias("fraud", "champion")).version);
      const report = await store.timeline.verify();
      expect(report).toMatchObject({ faults: [], outside: [], found: [], entries: 7 + 60 + 2 });
      await Promise.all(others.map((one) => one.close()));
    });

    test("enters who was refused what, once an hour, and no flood of it", async () => {
      await set({ aliases: ["champion"], stages: ["Production"], evidence: withEvidence });
      const refusals = async () =>
        (await store.timeline.lifeOf("fraud")).filter(({ action }) => action === "promotion.refused");
      for (let round = 0; round < 5; round++)
        await denied(store.as(ana).setAlias("fraud", "champion", "2"), "evidence");
      await denied(champion("2"), "evidence");
      expect(await refusals()).toMatchObject([
        { actor: ana, subject: { model: "fraud", version: 2, alias: "champion" }, before: {}, after: {} },
        {
          actor: { name: "local" },
          reason: "alias champion: there is no evidence that its gate was passed, signed by a trusted key",
        },
      ]);
      for (let who = 0; who < 40; who++)
        await denied(store.as({ name: `p${who}`, origin: "token" }).setAlias("fraud", "champion", "3"), "evidence");
      expect(await refusals()).toHaveLength(20);
      now += 3_600_001;
      await denied(store.as(ana).setAlias("fraud", "champion", "2"), "evidence");
      expect(await refusals()).toHaveLength(21);
      // What does not exist, or is no version, is no refusal of a policy.
      await refused(champion("9"), "RESOURCE_DOES_NOT_EXIST", "not found");
      expect(await refusals()).toHaveLength(21);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
    });

    test("are compared with the chain: what SQL has changed of them is found, and entered", async () => {
      await set({ aliases: ["champion"], evidence: withEvidence });
      await store.policies.submitEvidence(signed(1), ana);
      await store.policies.breakGlass("fraud", { reason: "it must go at once", minutes: 5 }, admin);
      expect((await store.timeline.verify()).found).toEqual([]);
      const database = await connectExisting(uri);
      const found = async (work: Promise<unknown>) => {
        await work;
        return (await store.timeline.verify()).found;
      };
      const { db } = database;
      const lenient = JSON.stringify(parsePolicy({ aliases: ["other"] }));
      expect(await found(db.updateTable("esteira_policies").set({ policy: lenient }).execute())).toMatchObject([
        { model: "fraud", chain: { policy: { aliases: ["champion"] } }, found: { policy: { aliases: ["other"] } } },
      ]);
      expect((await store.timeline.lifeOf("fraud")).at(-1)).toMatchObject({
        action: "policy.changed-outside",
        after: { policy: { aliases: ["other"] } },
      });
      expect((await store.timeline.verify()).found).toEqual([]);
      expect(await found(db.deleteFrom("esteira_policies").execute())).toMatchObject([
        { chain: { policy: { aliases: ["other"] } }, found: { policy: null } },
      ]);
      const until = now + DAY;
      expect(await found(db.updateTable("esteira_broken_glass").set({ until }).execute())).toMatchObject([
        { found: { broken: expect.stringContaining("it must go at once") } },
      ]);
      await db.deleteFrom("esteira_broken_glass").execute();
      const row = await db.selectFrom("esteira_evidence").selectAll().executeTakeFirstOrThrow();
      const forged = { ...row, version: 2 };
      expect(await found(db.insertInto("esteira_evidence").values(forged).execute())).toMatchObject([
        { model: "fraud", chain: {}, found: { evidence: [`2 ${row.digest}`] } },
      ]);
      await db.deleteFrom("esteira_evidence").where("version", "=", 2).execute();
      const { id } = await store.createUser({ username: "eva", isAdmin: false });
      const yes = { model: "fraud", version: 1, target: "alias champion", user_id: id, at: now };
      expect(await found(db.insertInto("esteira_approvals").values(yes).execute())).toMatchObject([
        { found: { approvals: ["1 alias champion eva"] } },
      ]);
      await database.close();
    });

    test("read the files of a version again where this server holds them", async () => {
      const files = new Map([
        ["s3://b/1", MODEL],
        ["s3://b/2", "b".repeat(64)],
      ]);
      const holding = await openStore({
        ...{ uri, artifactRoot: "mlflow-artifacts:/", clock: () => ++now },
        heldDigest: async (location) => {
          if (location === "s3://b/3") throw notFound("There is no file MLmodel.");
          return files.get(location);
        },
      });
      await set({ aliases: ["champion"], evidence: withEvidence });
      for (const version of [1, 2, 3]) await store.policies.submitEvidence(signed(version), ana);
      await holding.setAlias("fraud", "champion", "1");
      await denied(holding.setAlias("fraud", "champion", "2"), `its files have the digest ${"b".repeat(64)}`);
      await denied(holding.setAlias("fraud", "champion", "3"), "cannot be read as a model (There is no file MLmodel)");
      // Nothing is asked of what no policy protects, nor where the files lie elsewhere.
      await holding.setAlias("fraud", "challenger", "3");
      files.delete("s3://b/2");
      await holding.setAlias("fraud", "champion", "2");
      await holding.close();
    });

    test.each([
      [{}, "protects nothing"],
      [{ aliases: ["a"], gates: [] }, "Unrecognized key"],
      [{ stages: ["Live"] }, "stages.0"],
      [{ aliases: ["a"], evidence: { keys: ["short"] } }, "evidence.keys.0"],
      [{ aliases: ["a"], approvals: { count: 0, role: "risk" } }, "approvals.count"],
      [
        { aliases: ["a"], freezes: [{ from: "2026-02-02T00:00:00Z", until: "2026-02-01T00:00:00Z", reason: "x" }] },
        "ends before it begins",
      ],
    ])("that makes no sense is refused: %j", async (policy, text) => {
      await refused((async () => parsePolicy(policy))(), "INVALID_PARAMETER_VALUE", text);
    });
  });
}
