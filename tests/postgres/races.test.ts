import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { Evidence } from "@esteira/core/policy/evidence";
import { canonicalJson } from "@esteira/core/timeline/json";
import { RegistryHistory } from "@esteira/core/timeline/model-state";
import { type Client, createClient } from "@esteira/sdk/client";
import { connectExisting } from "@esteira/store/maintenance/connect";
import { openStore } from "@esteira/store/open";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { fingerprint } from "@esteira/store/timeline/checkpoint";
import { describe, expect, it, onTestFinished } from "vitest";
import { startServerProcess } from "./fleet.ts";

const PROMOTIONS = 1000;
/** Callers at a time of each server. */
const CALLERS = 8;
const MODEL = "a".repeat(64);
const ci = generateKeyPairSync("ed25519");
const key = ci.publicKey.export({ format: "der", type: "spki" }).toString("base64");

async function bringEvidence(client: Client, version: number): Promise<void> {
  const digests = { model: MODEL, data: "d", gate: "g", code: "c" };
  const evidence: Evidence = { format: 1, name: "fraud", version, at: Date.now(), outcome: "passed", digests };
  const text = canonicalJson(JSON.parse(JSON.stringify(evidence)));
  const signature = sign(null, Buffer.from(text), ci.privateKey).toString("base64");
  await client.policies.submitEvidence({ evidence, key, signature });
}

describe.skipIf(process.env.ESTEIRA_TEST_POSTGRES === undefined)("promotions that race", () => {
  it("through two servers leave one champion at any instant, and an entry for each", { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "esteira-races-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const uri = await newTestDatabase();
    const args = ["--backend-store-uri", uri, "--artifacts-destination", folder];
    // One after the other, as the first makes the tables.
    const servers = [await startServerProcess(args, {}), await startServerProcess(args, {})];
    onTestFinished(() => {
      for (const server of servers) server.kill();
    });
    const clients = servers.map(({ url }) => createClient({ baseUrl: url }));
    const [client] = clients;
    await client!.registeredModels.create({ name: "fraud" });
    const tags = [{ key: "esteira.model.sha256", value: MODEL }];
    for (const source of ["s3://b/1", "s3://b/2", "s3://b/3"])
      await client!.modelVersions.create({ name: "fraud", source, tags });
    await client!.policies.set("fraud", {
      aliases: ["champion"],
      stages: ["Production"],
      evidence: { keys: [fingerprint(key)] },
    });
    for (const version of [1, 2]) await bringEvidence(client!, version);
    await client!.registeredModels.setAlias("fraud", "champion", "1");

    // Looks from outside, over and over, while the promotions race.
    const database = await connectExisting(uri);
    const seen: { readonly champions: number; readonly inProduction: number }[] = [];
    let isRacing = true;
    const watching = (async () => {
      while (isRacing) {
        seen.push(
          await database.db
            .transaction()
            .setIsolationLevel("repeatable read")
            .execute(async (db) => ({
              champions: (await db.selectFrom("registered_model_aliases").select("version").execute()).length,
              inProduction: (
                await db
                  .selectFrom("model_versions")
                  .select("version")
                  .where("current_stage", "=", "Production")
                  .execute()
              ).length,
            })),
        );
      }
    })();

    let next = 0;
    const outcomes = { done: 0, refused: 0 };
    const caller = async (through: Client): Promise<void> => {
      for (let turn = next++; turn < PROMOTIONS; turn = next++) {
        const version = String((turn % 3) + 1);
        try {
          if (turn % 2 === 0) await through.registeredModels.setAlias("fraud", "champion", version);
          else
            await through.modelVersions.transitionStage("fraud", version, {
              stage: "Production",
              archiveExistingVersions: true,
            });
          outcomes.done += 1;
        } catch (error) {
          // Nothing but the version without evidence is refused.
          if (!(error instanceof EsteiraError && error.code === "PERMISSION_DENIED" && version === "3")) throw error;
          outcomes.refused += 1;
        }
      }
    };
    await Promise.all(clients.flatMap((through) => Array.from({ length: CALLERS }, () => caller(through))));
    isRacing = false;
    await watching;
    await database.close();

    const third = Math.floor(PROMOTIONS / 3);
    expect(outcomes).toEqual({ done: PROMOTIONS - third, refused: third });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter(({ champions, inProduction }) => champions !== 1 || inProduction > 1)).toEqual([]);

    const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
    onTestFinished(() => store.close());
    const report = await store.timeline.verify();
    expect(report).toMatchObject({ faults: [], outside: [], found: [] });
    // By the chain, too, there never was a second one.
    const history = new RegistryHistory();
    const entries = await store.timeline.lifeOf("fraud");
    const counts: Record<string, number> = {};
    for (const entry of entries) {
      counts[entry.action] = (counts[entry.action] ?? 0) + 1;
      history.apply(entry);
      const state = JSON.stringify(history.models.get("fraud") ?? {});
      expect(state.split('"stage":"Production"').length - 1).toBeLessThanOrEqual(1);
    }
    expect((counts["alias.set"] ?? 0) + (counts["version.staged"] ?? 0)).toBe(outcomes.done + 1);
    // One for the alias, one for the stage: what is told already is not told again.
    expect(counts["promotion.refused"]).toBe(2);
    for (const server of servers) expect(await server.end()).toBe(0);
  });
});
