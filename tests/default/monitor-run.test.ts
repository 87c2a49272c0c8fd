import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tagValue } from "@esteira/core/entities/tag";
import { WATCH_TAG, watchTold } from "@esteira/core/wire/watch";
import { openLedgerWriter } from "@esteira/monitor/ledger/ledger-writer";
import { readState } from "@esteira/monitor/ledger/state";
import { createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { signDelivery } from "@esteira/server/webhooks/signature";
import { SMTPServer } from "smtp-server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runEsteira } from "./run-esteira.testing.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NAMES = ["amount", "hour"];

let root: string;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-monitor-"));
  await fillLedger(join(root, "ledger"), Date.now());
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Four weeks of decisions, the last of them one hour ago: since then nobody has asked the model. */
async function fillLedger(ledger: string, now: number): Promise<void> {
  await mkdir(ledger, { recursive: true });
  const writer = openLedgerWriter(ledger);
  const count = 2000;
  for (let i = 0; i < count; i++) {
    const score = i % 50 === 0 ? 0.9 : 0.1 + (i % 7) / 100;
    const at = now - HOUR - 28 * DAY + Math.floor((28 * DAY * (i + 1)) / count);
    await writer.open(at);
    writer.add({
      ...{ id: `t-${i}`, at, eventAt: null },
      model: { name: "pix", version: "1", digest: "d".repeat(64) },
      ...{ arm: null, score, threshold: 0.5, action: null, latencyMs: 5, subjects: [], reasons: [], weight: 1 },
      ...{ erased: false, source: "s", sequence: i, slot: null, names: NAMES, values: [50 + (i % 90), i % 24] },
    });
  }
  await writer.flush(await readState(ledger));
}

interface Received {
  readonly id: string;
  readonly signed: boolean;
  readonly data: { readonly title: string; readonly diagnosis: { readonly en: string } };
}

/** A receiver on loopback that checks signatures. `before` may hold an answer back. */
async function receiver(before: () => Promise<void> = async () => {}) {
  const seen: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", async () => {
      const id = String(request.headers["x-mlflow-delivery-id"]);
      const signature = signDelivery("s3cret", id, String(request.headers["x-mlflow-timestamp"]), body);
      seen.push({ id, signed: request.headers["x-mlflow-signature"] === signature, data: JSON.parse(body).data });
      await before();
      response.statusCode = 204;
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

async function mailbox() {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, _session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
      stream.on("end", () => {
        mails.push(text);
        done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

const RULES = `  - { name: quiet, signal: decisions, window: 10m, below: 1, severity: page }
  - { name: report, signal: verdict, above: 2, severity: watch }
`;

/** A folder of its own with a monitor.yaml on the common ledger. */
async function monitorFile(
  url: string,
  options: {
    readonly rules?: string;
    readonly mailPort?: number;
    readonly ledger?: string;
    readonly model?: string;
  } = {},
) {
  const folder = await mkdtemp(join(root, "m-"));
  const { rules = RULES, mailPort, ledger = join(root, "ledger"), model = "pix" } = options;
  const mail =
    mailPort === undefined
      ? ""
      : `  mail: { kind: email, to: [desk@bank.example], from: esteira@bank.example, host: 127.0.0.1, port: ${mailPort}, security: none }\n`;
  await writeFile(
    join(folder, "monitor.yaml"),
    `version: 1
model: ${model}
ledger: ${ledger}
reference: { before: 14d }
budget: { share: 0.02 }
report: { window: 14d }
rules:
${rules}receivers:
  hook: { kind: webhook, url: "${url}", secret: { env: HOOK_SECRET } }
${mail}routes: [{ to: [${mailPort === undefined ? "hook" : "hook, mail"}] }]
`,
  );
  return folder;
}

const ENV = { HOOK_SECRET: "s3cret" };
const lookOnce = (folder: string) => runEsteira(folder, ["monitor", "run", "monitor.yaml", "--once"], ENV);

function start(folder: string, args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, [COMMAND, "monitor", "run", "monitor.yaml", ...args], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", ...ENV },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  closers.push(() => child.kill("SIGKILL"));
  return { child, said: () => text };
}

describe("esteira monitor run", () => {
  it("looks once, tells by signed webhook and by e-mail, and tells nothing twice", async () => {
    const [{ url, seen }, { port, mails }] = [await receiver(), await mailbox()];
    const folder = await monitorFile(url, { mailPort: port });
    const first = await lookOnce(folder);
    expect(first).toMatchObject({ code: 3, stderr: "" });
    expect(first.stdout).toContain("✗ pix: 1 alerts fire.");
    expect(first.stdout).toMatch(/page: quiet: 0, since /);
    expect(seen).toMatchObject([{ signed: true, data: { title: "[PAGE] pix: quiet firing" } }]);
    expect(seen[0]?.data.diagnosis.en).toMatch(
      /^decisions is 0 \(limit 1\) since .*Next: see whether requests reach the model/,
    );
    expect(mails).toHaveLength(1);
    expect(mails[0]).toContain("Subject: [PAGE] pix: quiet firing");
    expect((await lookOnce(folder)).code).toBe(3);
    expect(seen).toHaveLength(1);
    expect(mails).toHaveLength(1);
    expect(await readdir(join(folder, ".esteira-monitor", "monitor.yaml"))).toEqual(["state.json"]);
  });

  it("tells a server what it sees, in one run of the model, and looks on when the server is away", async () => {
    const { url } = await receiver();
    const folder = await monitorFile(url);
    const server = await startServer({
      ...{ host: "127.0.0.1", port: 0, backendStoreUri: `sqlite:///${join(root, "mlflow.db")}` },
      artifactsDestination: join(root, "artifacts"),
    });
    const tell = () =>
      runEsteira(folder, ["monitor", "run", "monitor.yaml", "--once", "--tracking-uri", server.url], ENV);
    try {
      expect(await tell()).toMatchObject({ code: 3, stderr: "" });
      expect(await tell()).toMatchObject({ code: 3, stderr: "" });
      const client = createClient({ baseUrl: server.url });
      const { experimentId } = await client.experiments.getByName("monitoring");
      const { items } = await client.runs.search({ experimentIds: [experimentId] });
      expect(items.map(({ info }) => info.runName)).toEqual(["watching-pix"]);
      const { data, info } = items[0]!;
      const told = watchTold.parse(JSON.parse(tagValue(data.tags, WATCH_TAG) ?? ""));
      expect(told).toMatchObject({
        ...{ every: 300_000, currency: "BRL", more: 0 },
        alerts: [
          { rule: "quiet", severity: "page", isFiring: true, text: { en: expect.stringMatching(/^quiet: 0, since /) } },
        ],
      });
      expect(told.figures).toContainEqual({ signal: "decisions", window: "10m", value: 0 });
      expect(data.metrics.map(({ key }) => key)).toEqual(expect.arrayContaining(["decisions/10m", "decision_age"]));
      expect((await client.runs.metricHistory({ runId: info.runId, metricKey: "decisions/10m" })).items).toHaveLength(
        2,
      );
    } finally {
      await server.close();
    }
    expect(await tell()).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("the server was not told what was seen"),
    });
  }, 120_000);

  it("ends with 0 where nothing fires and with 2 where something cannot be read", async () => {
    const { url } = await receiver();
    const calm = "  - { name: busy, signal: decisions, window: 10m, above: 1000000, severity: page }\n";
    expect(await lookOnce(await monitorFile(url, { rules: calm }))).toMatchObject({ code: 0 });
    const nowhere = await lookOnce(await monitorFile(url, { rules: calm, ledger: "nowhere" }));
    expect(nowhere).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("The report could not be made: There is no ledger in"),
    });
    const folder = await monitorFile(url, { rules: "  - { name: x, signal: recal, below: 1, severity: page }\n" });
    const wrong = await runEsteira(folder, ["monitor", "check", "monitor.yaml"]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("monitor.yaml:8:24: rules[0].signal: there is no signal recal;"),
    });
  });

  it("watches several models until it is interrupted, shows them, and keeps others off its state", async () => {
    const { url, seen } = await receiver();
    const [folder, other] = [await monitorFile(url), await monitorFile(url, { ledger: "nowhere", model: "card" })];
    const { child, said } = start(folder, ["--also", join(other, "monitor.yaml"), "--port", "0"]);
    await expect.poll(said, { timeout: 60_000, interval: 100 }).toMatch(/Metrics at \S+/);
    await expect.poll(() => seen.length, { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(2);
    expect(said()).toContain("Watching pix every 5m:\n  quiet (page): decisions over 10m below 1\n");
    const address = /Metrics at (\S+)/.exec(said())?.[1] ?? "";
    expect(await (await fetch(address)).text()).toContain(
      'esteira_model_decisions{model="pix",window="10m",version="",arm=""} 0',
    );
    expect((await fetch(address.replace("/metrics", "/health"))).status).toBe(200);
    expect((await fetch(address.replace("/metrics", "/other"))).status).toBe(404);
    expect(await lookOnce(folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is watching in"),
    });
    child.kill("SIGINT");
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(said()).toContain("The report could not be made: There is no ledger in");
  });

  it("that is killed while a receiver reads sends the same message again, under the same id", async () => {
    let kill: (() => void) | undefined;
    const { url, seen } = await receiver(async () => kill?.());
    const folder = await monitorFile(url);
    const { child } = start(folder, []);
    kill = () => child.kill("SIGKILL");
    await once(child, "close");
    kill = undefined;
    expect((await lookOnce(folder)).code).toBe(3);
    expect(seen).toHaveLength(2);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
  });

  it("that is killed at any moment loses no message and tells no alert as two", async () => {
    const { url, seen } = await receiver();
    const folder = await monitorFile(url);
    for (const ms of [400, 800, 1200, 1600, 2000, 2600]) {
      const { child } = start(folder, []);
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    }
    expect((await lookOnce(folder)).code).toBe(3);
    expect(seen.length).toBeGreaterThanOrEqual(1);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
  });
});
