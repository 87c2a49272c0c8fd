import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelCardSchema } from "@esteira/lifecycle/card/card";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { createClient } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "./run-esteira.testing.ts";

const DIGEST = "d".repeat(64);
let root: string;
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-card-"));
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0 },
    backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
    artifactsDestination: join(root, "artifacts"),
  });
  await writeModelFolder(join(root, "model"), {
    ...{ ubj: modelBytes("dart.ubj"), createdAt: 0, modelUuid: "0" },
    signature: { inputs: columnsOf(["a", "b"], "double") },
  });
  const client = createClient({ baseUrl: server.url });
  const experimentId = await client.experiments.create({ name: "card" });
  const { info } = await client.runs.create({ experimentId, startTime: 1000, runName: "train" });
  await client.runs.logBatch(info.runId, { metrics: [{ key: "auc", value: 0.9, timestamp: 1000, step: 0 }] });
  const verdict = (model: string) => ({
    ...{ gate: "pix", outcome: "passed", evaluated_at: 2000 },
    digests: { model: `sha256:${model}`, data: "d", gate: "g", code: "c" },
    checks: [{ title: "auc at least 0.8", status: "passed", found: "0.9", reason: "auc is 0.9." }],
  });
  await client.artifacts.write(info.artifactUri, "gate/verdict.json", JSON.stringify(verdict(DIGEST)));
  await client.artifacts.write(info.artifactUri, "other.json", JSON.stringify(verdict("e".repeat(64))));
  await client.artifacts.write(info.artifactUri, "broken.json", "{");
  await client.registeredModels.create({ name: "pix", description: "Pix fraud" });
  await client.registeredModels.setTag("pix", { key: "esteira.card.limits", value: "Never for credit" });
  for (const evidence of ["gate/verdict.json", "other.json", "broken.json", "nowhere.json"]) {
    const logged = await client.loggedModels.create({ experimentId, name: "model" });
    await uploadFolder(client, join(root, "model"), logged.artifactUri);
    await client.loggedModels.finalize(logged.modelId, "LOGGED_MODEL_READY");
    await client.modelVersions.create({
      ...{ name: "pix", source: `models:/${logged.modelId}`, modelId: logged.modelId, runId: info.runId },
      tags: [
        { key: "esteira.model.sha256", value: DIGEST },
        { key: "esteira.gate.evidence", value: `runs:/${info.runId}/${evidence}` },
      ],
    });
  }
  await client.registeredModels.setAlias("pix", "champion", "1");
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const card = (...args: readonly string[]) =>
  runEsteira(root, ["models", "card", ...args], { MLFLOW_TRACKING_URI: server.url });

const cardOf = async (uri: string) => {
  const { code, stdout, stderr } = await card("-m", uri, "--format", "json");
  expect(code, stderr).toBe(0);
  return modelCardSchema.parse(JSON.parse(stdout));
};

describe("esteira models card", () => {
  it("tells what the server knows, and says what it does not know", async () => {
    const champion = await cardOf("models:/pix@champion");
    expect(champion.model).toMatchObject({
      ...{ name: "pix", version: "1", purpose: "Pix fraud", use_limits: "Never for credit", owner: null },
      ...{ aliases: ["champion"], digest: DIGEST, flavors: ["python_function", "xgboost"], inputs: 2 },
    });
    expect(champion.evaluation?.metrics).toEqual([{ name: "auc", value: 0.9, interval: null }]);
    expect(champion.gate).toMatchObject({ outcome: "passed", is_of_this_model: true });
    const client = createClient({ baseUrl: server.url });
    const history = await client.timeline.history("pix");
    const set = history.findIndex(({ action }) => action === "alias.set");
    expect(champion.lineage.entry).toMatchObject({ sequence: history[set]?.sequence, what: "alias champion" });
    const stored = (await client.timeline.entries((history[set]?.sequence ?? 0) - 1))[0];
    expect(champion.lineage.entry?.hash).toBe(stored?.hash);
    const unknown = Object.fromEntries(champion.unknown.map(({ fact, why }) => [fact, why]));
    expect(unknown).toEqual({
      ...{ owner: "not_said", datasets: "not_said", parity: "not_kept", slices: "not_kept", intervals: "not_kept" },
      endpoints: "not_kept",
    });
  });

  it("does not take a verdict of another model, a broken one or none for this one's", async () => {
    expect((await cardOf("models:/pix/2")).gate).toMatchObject({ is_of_this_model: false });
    for (const [uri, why] of [
      ["models:/pix/3", "not_readable"],
      ["models:/pix/4", "not_kept"],
    ] as const) {
      const { gate, unknown } = await cardOf(uri);
      expect(gate).toBeNull();
      expect(unknown).toContainEqual({ fact: "gate", why });
    }
  });

  it("writes the format that the file's name says", async () => {
    const written = await card("-m", "models:/pix/1", "--lang", "pt-BR", "-o", "card.html");
    expect(written).toMatchObject({ code: 0, stdout: "" });
    const html = await readFile(join(root, "card.html"), "utf8");
    expect(html).toContain('<html lang="pt-BR">');
    expect(html).toContain("Cartão do modelo");
    expect((await card("-m", "models:/pix/1")).stdout).toMatch(/^# Model card: pix version 1\n/);
  });

  it.each([
    [["-m", "models:/pix/9"], "version=9"],
    [["-m", "models:/none@champion"], "none"],
    [["-m", "model"], "is no registered version"],
    [["-m", "models:/pix/1", "--format", "pdf"], "--format is 'pdf': expected one of html, md, json."],
    [["-m", "models:/pix/1", "--lang", "fr"], "--lang is 'fr': expected one of en, pt-BR."],
  ])("refuses %j in a sentence", async (args, words) => {
    const { code, stderr } = await card(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
