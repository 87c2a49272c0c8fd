import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decisionMetadata } from "@esteira/models/format/decision-metadata";
import { readModelFolder, writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { addLabels } from "@esteira/monitor/labels/add-labels";
import type { Label } from "@esteira/monitor/labels/label";
import { openLedgerWriter } from "@esteira/monitor/ledger/ledger-writer";
import { readState } from "@esteira/monitor/ledger/state";
import { startRun } from "@esteira/sdk/active-run";
import { type Client, createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { FEATURES, type Running, requestBody, startCommand } from "./flow-world.testing.ts";
import { runEsteira } from "./run-esteira.testing.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const DAYS = 60;

let root: string;
let server: RunningServer;
let client: Client;
let service: Running | undefined;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-threshold-"));
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0, backendStoreUri: `sqlite:///${join(root, "esteira.db")}` },
    artifactsDestination: join(root, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
  await registerFirst();
  await fillLedger(join(root, "ledger"));
  await writeFile(
    join(root, "monitor.yaml"),
    [
      "version: 1\nmodel: pix\nledger: ledger\namount: amount\nreference: { before: 28d }",
      "budget: { share: 0.05, perDay: 30 }\ncosts: { recovery: 0.1, margin: 0.002, falseAlert: 12, alert: 4 }",
      "rules:\n  - { name: quiet, signal: decisions, window: 1h, below: 1, severity: info }\n",
    ].join("\n"),
  );
});
afterAll(async () => {
  if (service !== undefined && service.child.exitCode === null) {
    service.child.kill("SIGTERM");
    await once(service.child, "close");
  }
  await server.close();
  await rm(root, { recursive: true, force: true });
});

/** Version 1, champion: it alerts from 0.5 on. */
async function registerFirst(): Promise<void> {
  const experimentId = await client.experiments.ensure("threshold");
  await client.registeredModels.create({ name: "pix" });
  await startRun({ client, experimentId }, async (run) => {
    const { modelId } = await logModel(client, run, { name: "model" }, async (model) => {
      const folder = join(root, "first");
      await writeModelFolder(folder, {
        ...{ ubj: modelBytes("dart.ubj"), createdAt: 0, modelUuid: model.modelId },
        signature: { inputs: columnsOf(FEATURES, "double") },
        metadata: { esteira: { threshold: 0.5 } },
      });
      return folder;
    });
    await client.modelVersions.create({ name: "pix", source: `models:/${modelId}`, modelId });
  });
  await client.registeredModels.setAlias("pix", "champion", "1");
}

/** 40 decisions a day. Of scores from 0.3 on every second is a fraud of 1,000; labels take five days, and what was stopped has none but one in four. */
async function fillLedger(ledger: string): Promise<void> {
  await mkdir(ledger, { recursive: true });
  const writer = openLedgerWriter(ledger);
  const labels: Label[] = [];
  for (let i = 0; i < DAYS * 40; i++) {
    const at = START + Math.floor((i / 40) * DAY);
    const score = (i % 40) / 40;
    await writer.open(at);
    writer.add({
      ...{ id: `t-${i}`, at, eventAt: at, model: { name: "pix", version: "1", digest: "d".repeat(64) }, arm: null },
      ...{ score, threshold: 0.5, action: score >= 0.5 ? "alert" : "allow", latencyMs: 5, subjects: [], reasons: [] },
      ...{ weight: 1, erased: false, source: "s", sequence: i, slot: null, names: ["amount"], values: [1000] },
    });
    const isFraud = score >= 0.3 && i % 2 === 0;
    if (isFraud && (score < 0.5 || i % 4 === 0))
      labels.push({
        ...{ decisionId: `t-${i}`, label: "fraud", source: "med", eventTime: at, reportTime: null },
        ...{ knownAt: at + 5 * DAY, typology: null, amount: null },
      });
  }
  await writer.flush(await readState(ledger));
  await addLabels(ledger, labels, START + (DAYS + 10) * DAY);
}

const esteira = (...args: readonly string[]) => runEsteira(root, args, { MLFLOW_TRACKING_URI: server.url });
const asOf = new Date(START + DAYS * DAY).toISOString();

describe("esteira monitor threshold", { timeout: 240_000 }, () => {
  it("chooses by costs and the analysts' time, and says what is not known of it", async () => {
    const { code, stdout, stderr } = await esteira(
      ...["monitor", "threshold", "simulate", "monitor.yaml", "--as-of", asOf, "--out", "tried"],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("pix version 1: threshold 0.5 to 0.3 (it costs least)");
    expect(stdout).toMatch(/alerts +20\.0 +28\.0 +\+8\.0/);
    expect(stdout).toMatch(/money at risk +R\$3,600 +R\$0 +-R\$3,600/);
    expect(stdout).toContain("Of 2,320 decisions in 58 days. Frauds and money are of the first 28 days");
    expect(stdout).toContain("51.7% of the decisions are younger: only their alerts count.");
    const tight = await esteira(
      "monitor",
      "threshold",
      "simulate",
      "monitor.yaml",
      "--as-of",
      asOf,
      "--set",
      "0.7",
      "--lang",
      "pt-BR",
    );
    expect(tight.stdout).toContain("limiar de 0,5 para 0,7 (como pedido)");
    expect(tight.stdout).toMatch(/ninguém reclama do que foi barrado/);
  });

  it("refuses what nobody could decide on", async () => {
    const young = await esteira("monitor", "threshold", "simulate", "monitor.yaml", "--as-of", "2026-01-20");
    expect(young).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is a known fraud, so costs choose no threshold"),
    });
    const same = await esteira(
      ...["monitor", "threshold", "apply", "monitor.yaml", "--as-of", asOf, "--set", "0.5", "--reason", "none"],
    );
    expect(same).toMatchObject({ code: 2, stderr: expect.stringContaining("has the threshold 0.5 already") });
    expect((await client.modelVersions.search({ filter: "name = 'pix'" })).items).toHaveLength(1);
  });

  it("makes a version of it, which the service takes up when it is promoted and gives up when it is rolled back", async () => {
    service = startCommand(
      [
        "models",
        "serve",
        "-m",
        "models:/pix@champion",
        "--port",
        "0",
        "--refresh",
        "1",
        "--decisions",
        join(root, "records"),
      ],
      { MLFLOW_TRACKING_URI: server.url },
    );
    const { said } = service;
    await expect.poll(said, { timeout: 60_000 }).toMatch(/at http:\/\/127\.0\.0\.1:\d+/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said().split("at ").at(-1) ?? "")?.[0];
    const ask = async (id: string) => {
      const headers = { "content-type": "application/json", "x-request-id": id };
      return (await fetch(`${url}/invocations`, { method: "POST", headers, body: requestBody })).headers.get(
        "x-esteira-model",
      );
    };
    const thresholdOf = async (id: string) =>
      JSON.parse((await esteira("decision", "show", id, "--decisions", "records", "--json")).stdout).threshold;
    expect(await ask("before")).toBe("pix/1");

    const applied = await esteira(
      ...["monitor", "threshold", "apply", "monitor.yaml", "--as-of", asOf, "--reason", "the desk has grown"],
    );
    expect(applied.code, applied.stderr).toBe(0);
    expect(applied.stdout).toContain("Version 2 of pix is version 1 with the threshold 0.3");
    const folder = await fetchModel("models:/pix/2", await mkdtemp(join(root, "second-")), () => client);
    expect(decisionMetadata(await readModelFolder(folder)).threshold).toBe(0.3);
    const [created] = (await client.timeline.history("pix")).filter(
      ({ action, subject }) => action === "version.created" && String(subject.version) === "2",
    );
    expect(JSON.stringify(created)).toContain("in place of 0.5: the desk has grown");
    const { runId } = await client.modelVersions.get("pix", "2");
    const run = await client.runs.get(runId!);
    expect(JSON.parse(await client.artifacts.readText(run.info.artifactUri, "threshold.json"))).toMatchObject({
      simulation: { before: 0.5, after: 0.3 },
    });
    expect(await ask("still")).toBe("pix/1");

    expect((await esteira("promote", "pix/2", "--alias", "champion")).code).toBe(0);
    let turn = 0;
    const turned = (version: string) =>
      expect.poll(() => ask(`turn-${turn++}`), { timeout: 60_000, interval: 200 }).toBe(version);
    await turned("pix/2");
    expect(await ask("after")).toBe("pix/2");
    expect((await esteira("rollback", "pix")).code).toBe(0);
    await turned("pix/1");
    expect(await ask("back")).toBe("pix/1");
    await expect.poll(() => thresholdOf("back"), { timeout: 60_000 }).toBe(0.5);
    expect(await thresholdOf("before")).toBe(0.5);
    expect(await thresholdOf("after")).toBe(0.3);
  });
});
