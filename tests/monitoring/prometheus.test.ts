import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitor } from "@esteira/lifecycle/monitoring/monitor";
import { world } from "@esteira/lifecycle/monitoring/test-world";
import { grafanaDashboard } from "@esteira/monitor/exposition/grafana-dashboard";
import { metricName } from "@esteira/monitor/exposition/names";
import { prometheusRules } from "@esteira/monitor/exposition/prometheus-rules";
import { parseMonitor } from "@esteira/monitor/file/parse-monitor";
import { writeRetrainings } from "@esteira/monitor/retraining/retraining-state";
import { SIGNAL_NAMES } from "@esteira/monitor/signals/catalogue";
import { OperationTally } from "@esteira/monitor/signals/operation-tally";
import { SliceTally } from "@esteira/monitor/signals/slice-tally";
import { type WatchedModel, Watcher } from "@esteira/monitor/watch/watcher";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveMetrics } from "../../packages/cli/src/monitor/metrics-server.ts";
import { missingPrometheus, type Prometheus, startPrometheus } from "./real-prometheus.ts";

const missing = missingPrometheus();
if (missing !== undefined) console.info(`Prometheus: skipped: ${missing}`);

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const FILE = parseMonitor(`version: 1
model: pix-fraud
ledger: ledger
reference: { file: reference.parquet }
budget: { share: 0.01, perDay: 100 }
latencyTargetMs: 100
services: ["http://127.0.0.1:9/metrics"]
retrain: { project: training, every: 30d }
rules:
  - { name: untrained, signal: retraining_failed, above: 0, severity: page }
  - { name: late-typology, signal: typology_new, above: 0, severity: page, owner: fraud }
  - { name: desk, signal: desk_load, window: 1h, above: 1, severity: act }
  - { name: volume, signal: decisions_vs_last_week, window: 1h, below: 0.1, severity: watch }
  - { name: calm, signal: slow_share, window: 1h, above: 0.9, severity: watch }
receivers:
  away: { kind: webhook, url: "http://127.0.0.1:9/" }
routes: [{ to: [away] }]
`);

/** What a scoring server shows after some requests. */
const servedText = (requests: number): string => `# TYPE esteira_scoring_requests_total counter
esteira_scoring_requests_total{status="200"} ${requests}
`;

/** A model with an hour of decisions, another a week before, and a report of a world in which a scam came late. */
function watchedModel(now: number): WatchedModel {
  const tally = new OperationTally({ keepMs: WEEK + 2 * HOUR, latencyTargetMs: 100 });
  for (const from of [now - WEEK - HOUR, now - HOUR]) {
    const at = Float64Array.from({ length: 600 }, (_, row) => from + (row * HOUR) / 600);
    const each = (value: number) => at.map(() => value);
    tally.add({
      at,
      version: Array.from(at, (_, row) => (row % 10 === 0 ? "2" : "1")),
      arm: Array.from(at, (_, row) => (row % 10 === 0 ? "canary" : "champion")),
      alerted: at.map((_, row) => (row % 50 === 0 ? 1 : 0)),
      amount: each(120),
      latencyMs: each(8),
      missing: { device_age: each(0) },
    });
  }
  const report = monitor(world({ lateTypology: 14, asOfDay: 36, drift: 1, perDay: 3000 }));
  return {
    tally,
    slices: new SliceTally(WEEK),
    collect: async () => {},
    newestLabels: async (instants) => instants.map((at) => at - HOUR),
    report: async () => report,
  };
}

describe.skipIf(missing !== undefined)("a real Prometheus", () => {
  let folder: string;
  let prometheus: Prometheus;
  let address: string;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-prometheus-"));
    let now = Date.now();
    let requests = 0;
    const trained = { begunAt: now - 2 * HOUR, endedAt: now - HOUR, attempts: 1, run: "a", version: "2", flow: 1 };
    await writeRetrainings(folder, {
      ...{ format: 1, model: FILE.model, since: now - WEEK },
      all: [{ ...trained, causes: [{ kind: "calendar", id: "1" }], failure: null }],
    });
    const watcher = await Watcher.open({
      file: FILE,
      statePath: join(folder, "state.json"),
      model: watchedModel(now),
      scrape: async () => {
        requests += 600;
        return servedText(requests);
      },
      ports: {
        post: () => Promise.reject(new Error("connect ECONNREFUSED")),
        secrets: { env: {}, folder },
        clock: () => now,
        random: () => 0,
      },
      onFault: () => {},
    });
    await watcher.look();
    now += 1000;
    await watcher.look();
    await watcher.deliver();
    const server = await serveMetrics(() => [watcher.observed()], { host: "127.0.0.1", port: 0 });
    closers.push(server.close);
    address = server.address;
    const rules = join(folder, "rules.yml");
    await writeFile(rules, prometheusRules(FILE));
    prometheus = await startPrometheus(folder, new URL(address).host, rules);
    closers.push(prometheus.stop);
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await rm(folder, { recursive: true, force: true });
  });

  it("takes what is shown for what it is, and the rules for rules", async () => {
    const text = await (await fetch(`${address}/metrics`)).text();
    execFileSync("promtool", ["check", "metrics"], { input: text });
    const told = execFileSync("promtool", ["check", "rules", join(folder, "rules.yml")], { encoding: "utf8" });
    expect(told).toContain(`SUCCESS: ${FILE.rules.length + 3} rules found`);
  });

  it("has every signal there is", async () => {
    for (const name of SIGNAL_NAMES) {
      const found = await prometheus.query(`${metricName(name)}{model="pix-fraud"}`);
      expect(found.length, name).toBeGreaterThan(0);
    }
    const [latency] = await prometheus.query('esteira_model_latency_p99_seconds{window="1h",arm=""}');
    expect(Number(latency?.value[1])).toBeCloseTo(0.008, 3);
  });

  it("answers every query of the dashboard, and those of signals and states with values", async () => {
    const { panels } = grafanaDashboard(FILE) as { panels: { title: string; targets: { expr: string }[] }[] };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll("$model", "pix-fraud")));
    expect(queries.length).toBeGreaterThan(SIGNAL_NAMES.length);
    for (const query of queries) {
      const found = await prometheus.query(query);
      if (!query.includes("increase(")) expect(found.length, query).toBeGreaterThan(0);
    }
  });

  it("fires by the exported rules what the monitor fires, and that a receiver is not told", async () => {
    await expect
      .poll(async () => [...new Set(await prometheus.firing())].sort(), { timeout: 60_000, interval: 500 })
      .toEqual(["Desk", "LateTypology"]);
    const waiting = await prometheus.query('esteira_monitor_deliveries_waiting{receiver="away"}');
    expect(waiting[0]?.value[1]).toBe("2");
  });
});
