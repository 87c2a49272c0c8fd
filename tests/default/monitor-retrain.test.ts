import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "@esteira/monitor/alerts/alert";
import { emptyState, writeState } from "@esteira/monitor/alerts/monitor-state";
import { openLedgerWriter } from "@esteira/monitor/ledger/ledger-writer";
import { readState } from "@esteira/monitor/ledger/state";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { registerVersion, writeFlowWorld } from "./flow-world.testing.ts";
import { runEsteira } from "./run-esteira.testing.ts";

/** Logs the files of the folder `odd` as the run's model, or fails. */
const TRAIN = `
import { readdirSync, readFileSync } from "node:fs";
const [from, as_of] = process.argv.slice(2);
if (from.endsWith("nothing")) throw new Error("there is no data since " + as_of);
const { MLFLOW_TRACKING_URI: server, MLFLOW_RUN_ID: id } = process.env;
const { run } = await (await fetch(server + "/api/2.0/mlflow/runs/get?run_id=" + id)).json();
const folder = new URL(run.info.artifact_uri).pathname;
for (const name of readdirSync(from))
  await fetch(server + "/api/2.0/mlflow-artifacts/artifacts" + folder + "/model/" + name, { method: "PUT", body: readFileSync(from + "/" + name) });
`;

let root: string;
let server: RunningServer;
let client: Client;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-retrain-"));
  await writeFlowWorld(root, ["gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }"]);
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0, backendStoreUri: `sqlite:///${join(root, "esteira.db")}` },
    artifactsDestination: join(root, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
  await client.registeredModels.create({ name: "pix" });
  await registerVersion(client, root, "good");
  await client.registeredModels.setAlias("pix", "champion", "1");
  await mkdir(join(root, "project"));
  await writeFile(
    join(root, "project", "MLproject"),
    "name: fraud\nentry_points:\n  main:\n    parameters: { from: string, as_of: string }\n    command: node train.mjs {from} {as_of}\n",
  );
  await writeFile(join(root, "project", "train.mjs"), TRAIN);
  await fillLedger(join(root, "ledger"));
});
beforeEach(() => rm(join(root, ".esteira-monitor"), { recursive: true, force: true }));
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

async function fillLedger(ledger: string): Promise<void> {
  await mkdir(ledger);
  const writer = openLedgerWriter(ledger);
  const at = Date.now() - 60_000;
  await writer.open(at);
  writer.add({
    ...{ id: "t", at, eventAt: null, model: { name: "pix", version: "1", digest: "d".repeat(64) }, arm: null },
    ...{ score: 0.1, threshold: 0.5, action: "allow", latencyMs: 5, subjects: [], reasons: [], weight: 1 },
    ...{ erased: false, source: "s", sequence: 0, slot: null, names: ["amount"], values: [1] },
  });
  await writer.flush(await readState(ledger));
}

const monitorOf = (from: string): string => `version: 1
model: pix
ledger: ledger
reference: { before: 28d }
budget: { share: 0.05 }
retrain:
  project: project
  parameters: { from: ${JSON.stringify(join(root, from))}, as_of: "{as_of}" }
  on: [late-typology]
rules:
  - { name: late-typology, signal: typology_new, above: 0, severity: act }
  - { name: untrained, signal: retraining_failed, above: 0, severity: page }
`;

const fires = (fingerprint: string): Alert => ({
  ...{
    fingerprint,
    rule: "late-typology",
    labels: { typology: "T9" },
    severity: "act",
    phase: "firing",
    cause: "breach",
  },
  ...{ value: 1, since: 1_760_000_000_000, firedAt: 1_760_000_000_000, resolvedAt: null, clearSince: null },
  missingSince: null,
});

async function watched(from: string, ...alerts: readonly Alert[]): Promise<void> {
  await writeFile(join(root, "monitor.yaml"), monitorOf(from));
  const folder = join(root, ".esteira-monitor", "monitor.yaml");
  await mkdir(folder, { recursive: true });
  await writeState(join(folder, "state.json"), { ...emptyState("pix"), lookedAt: Date.now(), alerts });
}

const esteira = (...args: readonly string[]) => runEsteira(root, args, { MLFLOW_TRACKING_URI: server.url });
const retrain = () => esteira("monitor", "retrain", "monitor.yaml", "--once");
const versions = async () => (await client.modelVersions.search({ filter: "name = 'pix'" })).items.length;

describe("esteira monitor retrain", { timeout: 240_000 }, () => {
  it("trains nothing that nobody would judge, or that would promote itself", async () => {
    await watched("odd", fires("first"));
    const unjudged = await retrain();
    expect(unjudged).toMatchObject({ code: 3, stdout: expect.stringContaining("pix has no flow with a gate") });
    expect((await esteira("flow", "set", "flow.yaml", "--model", "pix")).code).toBe(0);
    await watched("odd", fires("second"));
    await rm(join(root, ".esteira-monitor", "monitor.yaml", "retrainings.json"));
    const alone = await retrain();
    expect(alone).toMatchObject({ code: 3, stdout: expect.stringContaining("asks a person before it promotes") });
    expect(await versions()).toBe(1);
    await client.flows.set("pix", { ...(await client.flows.spec("pix")), approval: true });
  });

  it("tells when a training fails, once, and does not repeat it", async () => {
    await watched("nothing", fires("third"));
    const { code, stdout, stderr } = await retrain();
    expect(code, stderr).toBe(3);
    expect(stdout).toContain("Retraining pix: late-typology (typology T9) since 2025-10-09T08:53:20.000Z.");
    expect(stdout).toMatch(/pix was not retrained \(run [0-9a-f]{32}\)/);
    expect(stderr).toContain("there is no data since 20");
    expect(await versions()).toBe(1);
    expect(await retrain()).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is due for pix.") });
    const told = await esteira("monitor", "run", "monitor.yaml", "--once");
    expect(told.code, told.stderr).toBe(3);
    expect(told.stdout).toContain("page: untrained");
  });

  it("registers what it trained, whose flow takes it on; the champion stays, and a cause trains once", async () => {
    await watched("odd", fires("fourth"));
    const { code, stdout, stderr } = await retrain();
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/Version 2 of pix is trained \(run [0-9a-f]{32}\); flow \d+ takes it on/);
    const { description, tags } = await client.modelVersions.get("pix", "2");
    expect(description).toContain("late-typology (typology T9)");
    expect(tags.map(({ key }) => key)).toContain("esteira.retraining");
    const [flow] = await client.flows.ofModel("pix");
    expect(flow).toMatchObject({ version: "2", work: "evaluate", former: "1" });
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("1");
    expect(await retrain()).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is due") });

    await watched("odd", fires("fifth"));
    await rm(join(root, ".esteira-monitor", "monitor.yaml", "retrainings.json"));
    const waiting = await retrain();
    expect(waiting).toMatchObject({ code: 0, stderr: expect.stringContaining("of version 2 is under way") });
    await client.flows.end("pix", flow!.id, "cancel", "enough");
    expect(await retrain()).toMatchObject({ code: 0 });
    expect(await versions()).toBe(3);
  });
});
