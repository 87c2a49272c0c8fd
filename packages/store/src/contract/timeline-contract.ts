import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalJson, type JsonObject } from "@esteira/core/timeline/json";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../database/tables.ts";
import { connectExisting } from "../maintenance/connect.ts";
import { openStore, type Store } from "../open.ts";
import { entryHash, MerkleTree, rootOfProof } from "../timeline/merkle.ts";
import { SealFile } from "../timeline/seal-file.ts";
import { standing } from "../timeline/timeline.ts";
import { refused } from "./support.ts";

/** The chain of changes, whose tests reach around the store into the database. `newUri` names a new, empty one. */
export function describeTimeline(name: string, newUri: () => Promise<string>): void {
  describe(`the timeline in ${name}`, () => {
    let uri = "";
    let store: Store;
    let folder = "";
    let seals: SealFile;
    let now = 1_700_000_000_000;
    const open = (clock = () => ++now) => openStore({ uri, artifactRoot: "mlflow-artifacts:/", clock });
    beforeEach(async () => {
      uri = await newUri();
      store = await open();
      folder = await mkdtemp(join(tmpdir(), "esteira-timeline-"));
      seals = new SealFile(join(folder, "db.signing-key"));
    });
    afterEach(async () => {
      await store.close();
      await rm(folder, { recursive: true });
    });

    const raw = async (work: (db: Database) => Promise<unknown>): Promise<void> => {
      const database = await connectExisting(uri);
      try {
        await work(database.db);
      } finally {
        await database.close();
      }
    };
    const ana = { name: "ana", origin: "token", token: "t1" } as const;
    /** A model with three versions, the last of them champion and in Production: nine entries. */
    const promote = async (model = "fraud"): Promise<void> => {
      const registry = store.as(ana);
      await registry.createRegisteredModel({ name: model, tags: [] });
      for (const version of ["1", "2", "3"]) {
        await registry.createModelVersion({ name: model, source: `s3://b/${version}`, tags: [] });
        await registry.setAlias(model, "champion", version);
      }
      await registry.transitionStage(model, "1", { stage: "Production", archiveExistingVersions: false });
      await registry.transitionStage(model, "3", { stage: "Production", archiveExistingVersions: true });
    };
    const faults = async () =>
      (await store.timeline.verify({ seals })).faults.map(({ sequence, problem }) => `${sequence} ${problem}`);

    test("has an entry for every change, and what it says is what the registry holds", async () => {
      const registry = store.as(ana);
      await registry.createRegisteredModel({ name: "m", description: "d", tags: [{ key: "team", value: "pix" }] });
      await registry.createModelVersion({ name: "m", source: "s3://x", tags: [{ key: "k", value: "v".repeat(300) }] });
      await registry.createModelVersion({ name: "m", source: "s3://y", description: "second", tags: [] });
      await registry.updateRegisteredModel("m", { description: "new" });
      await registry.updateModelVersion("m", "1", { description: "first" });
      await registry.setRegisteredModelTag("m", { key: "team", value: "ted" });
      await registry.deleteRegisteredModelTag("m", "team");
      await registry.setModelVersionTag("m", "1", { key: "__proto__", value: "x" });
      await registry.deleteModelVersionTag("m", "1", "k");
      await registry.setAlias("m", "champion", "1");
      await registry.setAlias("m", "champion", "2");
      await registry.deleteAlias("m", "champion");
      await registry.setAlias("m", "champion", "2");
      await registry.transitionStage("m", "1", { stage: "Staging", archiveExistingVersions: false });
      await registry.transitionStage("m", "2", { stage: "Staging", archiveExistingVersions: true });
      await registry.renameRegisteredModel("m", "n");
      await registry.deleteModelVersion("n", "2");
      const entries = await store.timeline.lifeOf("n");
      expect(entries.map(({ action }) => action)).toEqual([
        "model.created",
        "version.created",
        "version.created",
        "model.described",
        "version.described",
        "model.tagged",
        "model.untagged",
        "version.tagged",
        "version.untagged",
        "alias.set",
        "alias.set",
        "alias.deleted",
        "alias.set",
        "version.staged",
        "version.staged",
        "model.renamed",
        "version.deleted",
      ]);
      expect(entries[10]).toMatchObject({
        actor: ana,
        subject: { model: "m", alias: "champion", version: 2 },
        before: { aliases: { champion: 1 } },
        after: { aliases: { champion: 2 } },
      });
      expect(entries[14]?.after).toEqual({ versions: { "1": { stage: "Archived" }, "2": { stage: "Staging" } } });
      // A long text is there by its digest.
      expect(JSON.stringify(entries)).not.toContain("vvvv");
      expect(await store.timeline.verify()).toMatchObject({ entries: 17, faults: [], outside: [], found: [] });
      await registry.deleteRegisteredModel("n");
      expect(await store.timeline.verify()).toMatchObject({ entries: 18, faults: [], outside: [], found: [] });
    });

    test("has no entry for what was refused or changed nothing", async () => {
      await promote();
      const { sequence } = (await store.timeline.head()) ?? { sequence: 0 };
      await refused(store.setAlias("fraud", "champion", "9"), "RESOURCE_DOES_NOT_EXIST", "not found");
      await store.deleteAlias("fraud", "none");
      await store.deleteModelVersionTag("fraud", "1", "none");
      expect(await store.timeline.head()).toMatchObject({ sequence });
    });

    test("tells who was champion at any instant, under every name", async () => {
      const instants: number[] = [];
      const registry = store.as(ana);
      await promote("old");
      instants.push(now);
      await registry.renameRegisteredModel("old", "new");
      await registry.setAlias("new", "champion", "1");
      instants.push(now);
      await registry.createRegisteredModel({ name: "old", tags: [] });
      instants.push(now);
      await registry.deleteModelVersion("new", "1");
      instants.push(now);
      const champion = async (model: string, at?: number) =>
        standing(await store.timeline.lifeOf(model, at), { alias: "champion" }).versions;
      expect(await champion("old", instants[0])).toEqual([3]);
      expect(await champion("new", instants[0])).toEqual([]);
      expect(await champion("old", instants[1])).toEqual([]);
      expect(await champion("new", instants[1])).toEqual([1]);
      expect(await champion("old", instants[2])).toEqual([]);
      expect(await champion("new", instants[3])).toEqual([]);
      const last = standing(await store.timeline.lifeOf("new"), { alias: "champion" });
      expect(last.since).toMatchObject({ action: "version.deleted", actor: ana });
      expect(standing(await store.timeline.lifeOf("new"), { stage: "Production" }).versions).toEqual([3]);
    });

    test("begins with what is there already, and enters what others change", async () => {
      await promote();
      await raw(async (db) => {
        await sql`drop table esteira_timeline`.execute(db);
        await sql`drop table esteira_timeline_head`.execute(db);
      });
      await store.close();
      store = await open();
      expect(await store.timeline.verify()).toMatchObject({ entries: 1, found: [], outside: [] });
      expect(await store.timeline.lifeOf("fraud")).toMatchObject([
        { action: "model.adopted", after: { aliases: { champion: 3 } } },
      ]);
      await raw((db) => sql`update registered_model_aliases set version = 1 where alias = 'champion'`.execute(db));
      const found = { model: "fraud", chain: { aliases: { champion: 3 } }, found: { aliases: { champion: 1 } } };
      expect(await store.timeline.verify()).toMatchObject({ entries: 2, faults: [], found: [found] });
      expect(await store.timeline.verify()).toMatchObject({ entries: 2, faults: [], found: [], outside: [] });
      // What was changed again by us is seen in the entry that was made then.
      await raw((db) => sql`update registered_model_aliases set version = 2 where alias = 'champion'`.execute(db));
      await store.setAlias("fraud", "champion", "3");
      const outside = {
        after: 2,
        model: "fraud",
        chain: { aliases: { champion: 1 } },
        found: { aliases: { champion: 2 } },
      };
      expect(await store.timeline.verify()).toMatchObject({ entries: 3, found: [], outside: [outside] });
      expect(standing(await store.timeline.lifeOf("fraud"), { alias: "champion" })).toMatchObject({
        versions: [3],
        isUncertain: true,
      });
    });

    test("shows an entry that was edited, with its hash or without", async () => {
      await promote();
      const forged = async (row: { entry: string }): Promise<string> => row.entry.replace('"ana"', '"eve"');
      await raw(async (db) => {
        const row = await db
          .selectFrom("esteira_timeline")
          .selectAll()
          .where("sequence", "=", 4)
          .executeTakeFirstOrThrow();
        await db
          .updateTable("esteira_timeline")
          .set({ entry: await forged(row) })
          .where("sequence", "=", 4)
          .execute();
      });
      expect(await faults()).toEqual(["4 was changed after it was written"]);
      await raw(async (db) => {
        const { entry } = await db
          .selectFrom("esteira_timeline")
          .selectAll()
          .where("sequence", "=", 4)
          .executeTakeFirstOrThrow();
        await db
          .updateTable("esteira_timeline")
          .set({ hash: entryHash(entry) })
          .where("sequence", "=", 4)
          .execute();
      });
      expect(await faults()).toEqual(["5 does not continue entry 4, which was replaced or removed"]);
    });

    test.each([
      ["entry", "4 is no entry of a timeline any more"],
      ["model", "4 has columns that say something else than its text"],
      ["new_name", "4 has columns that say something else than its text"],
      ["hash", "4 was changed after it was written"],
    ] as const)("shows control characters that were put into an entry's %s", async (column, fault) => {
      await promote();
      // A page of entries is read as one text that such characters part.
      for (const text of ["\x1e", "\x1f", "a\x1f\x1fb\x1e5\x1f", ""]) {
        await raw((db) =>
          db
            .updateTable("esteira_timeline")
            .set({ [column]: text })
            .where("sequence", "=", 4)
            .execute(),
        );
        expect((await faults())[0]).toBe(fault);
      }
    });

    test("shows an entry that was deleted, and two that were swapped", async () => {
      await promote();
      await raw((db) => db.deleteFrom("esteira_timeline").where("sequence", "=", 3).execute());
      expect((await faults())[0]).toMatch(/^4 stands where entry 3 should be/);
    });

    test("shows two entries that were swapped", async () => {
      await promote();
      await raw(async (db) => {
        for (const [from, to] of [
          [3, 1003],
          [4, 3],
          [1003, 4],
        ] as const) {
          await db.updateTable("esteira_timeline").set({ sequence: to }).where("sequence", "=", from).execute();
        }
      });
      expect((await faults()).join("\n")).toMatch(
        /3 has columns that say something else.*\n4 stands where entry 3 should be/,
      );
    });

    test("shows an end that was cut off, by its head or by a checkpoint", async () => {
      await promote();
      const { size } = await store.timeline.checkpoint(seals);
      expect(size).toBe(9);
      expect(await faults()).toEqual([]);
      await raw((db) => db.deleteFrom("esteira_timeline").where("sequence", ">", 7).execute());
      expect((await faults())[0]).toMatch(/^7 is the last one, and the chain's head names entry 9/);
      await raw(async (db) => {
        const last = await db
          .selectFrom("esteira_timeline")
          .selectAll()
          .where("sequence", "=", 7)
          .executeTakeFirstOrThrow();
        await db.updateTable("esteira_timeline_head").set({ sequence: 7, hash: last.hash, at: last.at }).execute();
      });
      const told = await faults();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^7 is the last one, and a checkpoint of .* signed 9 entries: the end was cut off$/);
      await refused(store.timeline.checkpoint(seals), "INVALID_STATE", "Nothing is signed: entry 9");
      // What did not fit was not entered either.
      expect(await store.timeline.head()).toMatchObject({ sequence: 7 });
    });

    test("shows a chain that was written anew from some entry on", async () => {
      await promote();
      await store.timeline.checkpoint(seals);
      await raw(async (db) => {
        let previous = "";
        for (const row of await db.selectFrom("esteira_timeline").selectAll().orderBy("sequence").execute()) {
          if (row.sequence >= 5) {
            const entry = JSON.parse(row.entry) as JsonObject;
            const text = canonicalJson({ ...entry, previous, actor: { name: "eve", origin: "local" } });
            await db
              .updateTable("esteira_timeline")
              .set({ entry: text, hash: entryHash(text) })
              .where("sequence", "=", row.sequence)
              .execute();
            previous = entryHash(text);
          } else previous = row.hash;
        }
        await db.updateTable("esteira_timeline_head").set({ hash: previous }).execute();
      });
      const told = await faults();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/^9 and those before it are not what a checkpoint of/);
    });

    test("says where the clock went back", async () => {
      await promote();
      now -= 60_000;
      await store.createRegisteredModel({ name: "late", tags: [] });
      expect(await store.timeline.lifeOf("late")).toMatchObject([{ behind: 59_998 }]);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], clock: [{ sequence: 10, behindMs: 59_998 }] });
    });

    test("is signed by a key of the server's own, which can be replaced", async () => {
      await promote();
      const first = await store.timeline.checkpoint(seals);
      expect((await stat(join(folder, "db.signing-key"))).mode & 0o777).toBe(0o600);
      expect(await store.timeline.checkpoint(seals)).toEqual(first);
      const fresh = seals.rotate(now);
      await store.setAlias("fraud", "champion", "1");
      const second = await store.timeline.checkpoint(seals);
      expect([first.size, second.size, second.key]).toEqual([9, 10, fresh]);
      expect(await store.timeline.verify({ seals, trusted: first.key })).toMatchObject({
        faults: [],
        seals: { faults: [] },
      });
      expect((await store.timeline.verify({ seals, trusted: "0".repeat(64) })).seals?.faults).toEqual([
        `the checkpoints are signed by other keys than ${"0".repeat(64)}`,
      ]);
      const lines = (await readFile(seals.path, "utf8")).trim().split("\n");
      await writeFile(seals.path, lines.map((line) => line.replace('"size":9', '"size":8')).join("\n"));
      expect((await store.timeline.verify({ seals })).seals?.faults).toEqual([
        "line 2 of the checkpoints is not signed by the key that was in use",
      ]);
      await writeFile(seals.path, "no JSON\n");
      await refused(store.timeline.verify({ seals }), "INVALID_STATE", "Line 1 of");
    });

    test("proves that an entry is in it", async () => {
      await promote();
      const { root } = await store.timeline.checkpoint(seals);
      for (let sequence = 1; sequence <= 9; sequence++) {
        const proof = await store.timeline.prove(sequence);
        expect(rootOfProof(proof.hash, sequence - 1, 9, proof.path)).toBe(root);
        expect(rootOfProof(entryHash("another"), sequence - 1, 9, proof.path)).not.toBe(root);
      }
      await refused(store.timeline.prove(10), "INVALID_PARAMETER_VALUE", "There is no entry 10 among 9");
    });

    test("is verified, signed and proven to its end when it is longer than what is read at a time", async () => {
      const length = 5000;
      await promote();
      const leaves = (await store.timeline.read(0)).map(({ hash }) => hash ?? "");
      await raw(async (db) => {
        const rows = [];
        for (let sequence = leaves.length + 1; sequence <= length; sequence++) {
          // Some pages are plain ASCII, and some are not.
          const reason = sequence < 4000 ? `no ${sequence}` : `não ${sequence}`;
          const entry = canonicalJson({
            ...{ format: 1, sequence, at: ++now, actor: { name: "ana", origin: "token" }, action: "promotion.refused" },
            ...{ subject: { model: "fraud" }, before: {}, after: {}, reason, previous: leaves.at(-1) ?? "" },
          });
          leaves.push(entryHash(entry));
          rows.push({ sequence, at: now, model: "fraud", new_name: null, entry, hash: leaves.at(-1) ?? "" });
        }
        for (let start = 0; start < rows.length; start += 500)
          await db
            .insertInto("esteira_timeline")
            .values(rows.slice(start, start + 500))
            .execute();
        await db
          .updateTable("esteira_timeline_head")
          .set({ sequence: length, at: now, hash: leaves.at(-1) })
          .execute();
      });
      const tree = new MerkleTree();
      for (const leaf of leaves) tree.add(leaf);
      await store.as(ana).setAlias("fraud", "trial", "2");
      expect(await store.timeline.checkpoint(seals)).toMatchObject({ size: length + 1 });
      expect(await store.timeline.verify({ seals })).toMatchObject({ faults: [], outside: [], found: [] });
      expect(await store.timeline.prove(4321, length)).toMatchObject({ root: tree.root(), hash: leaves[4320] });
      const { path, hash, root } = await store.timeline.prove(4321, length);
      expect(rootOfProof(hash, 4320, length, path)).toBe(root);

      await raw((db) =>
        sql`update esteira_timeline set entry = replace(entry, ${"não 4600"}, ${"sim 4600"}) where sequence = 4600`.execute(
          db,
        ),
      );
      expect(await faults()).toContain("4600 was changed after it was written");
      await raw((db) => sql`update esteira_timeline set entry = entry || ${"\x1e"} where sequence = 2500`.execute(db));
      expect(await faults()).toContain("2500 is no entry of a timeline any more");
    });

    test("has one order, however many write at once", async () => {
      const others = await Promise.all([open(Date.now), open(Date.now)]);
      await promote();
      await store.createRegisteredModel({ name: "other", tags: [] });
      const writes = others.flatMap((one, at) =>
        Array.from({ length: 30 }, async (_, index) => {
          await sleep(index % 5);
          await one.as(ana).setAlias("fraud", "champion", String(1 + ((index + at) % 3)));
          await one.as(ana).setRegisteredModelTag("other", { key: `k${at}-${index}`, value: "v" });
        }),
      );
      await Promise.all(writes);
      expect(await store.timeline.verify()).toMatchObject({ entries: 130, faults: [], outside: [], found: [] });
      await Promise.all(others.map((one) => one.close()));
    });
  });
}
