import { execFile } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { canonicalJson } from "@esteira/core/timeline/json";
import { createClient } from "@esteira/sdk/client";
import { fingerprint } from "@esteira/store/timeline/checkpoint";
import { describe, expect, it, onTestFinished } from "vitest";
import { findOracle } from "./oracle.ts";
import { startEsteira } from "./servers.ts";

const run = promisify(execFile);
const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const reason = "missing" in oracle ? ` (skipped: ${oracle.missing})` : "";
const script = fileURLToPath(new URL("policies.py", import.meta.url));
const model = "a".repeat(64);

describe.skipIf(python === "")(`a protected alias${reason}`, () => {
  it("refuses MLflow's client with the reason, and takes the version when its evidence is there", {
    timeout: 600_000,
  }, async () => {
    const server = await startEsteira();
    onTestFinished(() => server.close());
    const client = createClient({ baseUrl: server.url });
    await client.registeredModels.ensure({ name: "fraud" });
    for (const source of ["s3://b/1", "s3://b/2"]) {
      await client.modelVersions.create({
        name: "fraud",
        source,
        tags: [{ key: "esteira.model.sha256", value: model }],
      });
    }
    await client.registeredModels.setAlias("fraud", "champion", "1");
    await client.modelVersions.transitionStage("fraud", "1", { stage: "Production", archiveExistingVersions: false });
    const ci = generateKeyPairSync("ed25519");
    const key = ci.publicKey.export({ format: "der", type: "spki" }).toString("base64");
    await client.policies.set("fraud", {
      aliases: ["champion"],
      stages: ["Production"],
      evidence: { keys: [fingerprint(key)] },
    });
    const digests = { model, data: "d", gate: "g", code: "c" };
    const evidence = { format: 1, name: "fraud", version: 2, at: Date.now(), outcome: "passed", digests } as const;
    const signature = sign(null, Buffer.from(canonicalJson(evidence)), ci.privateKey).toString("base64");
    const { stdout } = await run(python, [script, server.url, JSON.stringify({ evidence, key, signature })]);
    const denied = (text: string) => ["PERMISSION_DENIED", expect.stringContaining(text)];
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
      alias: denied("there is no evidence that its gate was passed, signed by a trusted key"),
      stage: denied("there is no evidence that its gate was passed"),
      "delete alias": denied("would take away the alias champion"),
      "delete version": denied("would take away the alias champion"),
      "delete model": denied("fraud is under a policy"),
      rename: denied("fraud is under a policy"),
      tag: denied("Changing the tag esteira.model.sha256"),
      still: ["1"],
      "alias then": ["done"],
      "stage then": ["done"],
      "at last": ["2"],
    });
  });
});
