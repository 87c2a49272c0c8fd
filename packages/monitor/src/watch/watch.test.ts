import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitor } from "@esteira/lifecycle/monitoring/monitor";
import { world } from "@esteira/lifecycle/monitoring/test-world";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { emptyState, readState, writeState } from "../alerts/monitor-state.ts";
import type { Post } from "../delivery/deliver.ts";
import { monitorMetrics } from "../exposition/monitor-metrics.ts";
import { parseMonitor } from "../file/parse-monitor.ts";
import { compactDay } from "../ledger/compact.ts";
import type { LedgerRow } from "../ledger/ledger-row.ts";
import { openLedgerWriter } from "../ledger/ledger-writer.ts";
import { readState as readLedgerState } from "../ledger/state.ts";
import { OperationTally } from "../signals/operation-tally.ts";
import type { Signal } from "../signals/signal.ts";
import { SliceTally } from "../signals/slice-tally.ts";
import { LedgerTail } from "./ledger-tail.ts";
import { dueLooks, look } from "./look.ts";
import { runWatchers } from "./run-watchers.ts";
import { type WatchedModel, Watcher } from "./watcher.ts";

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 20, 12);
const folders: string[] = [];
const closers: (() => void)[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-watch-"));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const fileFor = (url: string) =>
  parseMonitor(`version: 1
model: pix
ledger: ledger
reference: { file: r.parquet }
budget: { share: 0.1, perDay: 100 }
every: 5m
rules:
  - { name: quiet, signal: decisions, window: 5m, below: 1, severity: page, runbook: "https://wiki.example/quiet" }
  - { name: late, signal: typology_new, above: 0, severity: page }
receivers:
  hook: { kind: webhook, url: "${url}" }
routes: [{ to: [hook] }]
`);

const decisions = (value: number): Signal[] => [{ name: "decisions", labels: {}, windowMs: 5 * MINUTE, value }];

describe("a look", () => {
  const file = fileFor("http://127.0.0.1:1/");
  const report = monitor(world({ lateTypology: 14, asOfDay: 40, drift: 1, perDay: 3000 }));

  it("says in one paragraph what changed, since when, what goes with it and what to do, in both languages", () => {
    const signals: Signal[] = [{ name: "typology_new", labels: { typology: "T9_coercion" }, value: 1 }];
    const [delivery] = look(emptyState("pix"), file, { at: NOW, signals, report }).outbox;
    expect(delivery?.diagnosis.en).toMatch(
      /^typology_new \(typology T9_coercion\) is 1 \(limit 0\) since Mar 20, 2026, 09:00 AM GMT-3: 1 for a typology that training never saw .*\. Probably a kind of fraud that training never saw: coercion, \d+ known cases since .*, \d+ of them caught\. Of the features, amount_log has moved with the most effect \(PSI \d\.\d\d, 40% of the model\)\. Next: look at the missed cases, /,
    );
    expect(delivery?.diagnosis["pt-BR"]).toMatch(
      /está em 1 \(limite 0\) desde .* Provavelmente um tipo de fraude que o treino nunca viu: coação, .* A seguir: /,
    );
  });

  it("says where there is no traffic that there is none, and the end when it is back", () => {
    const state = look(emptyState("pix"), file, { at: NOW, signals: decisions(0), report: undefined });
    expect(state.outbox[0]?.diagnosis.en).toBe(
      "decisions is 0 (limit 1) since Mar 20, 2026, 09:00 AM GMT-3: Decisions made. Next: see whether requests reach the model, and whether its decisions are collected.",
    );
    const after = look(state, file, { at: NOW + MINUTE, signals: decisions(9), report: undefined });
    expect(after.outbox.map(({ notification }) => notification.status)).toEqual(["firing", "resolved"]);
    expect(after.outbox[1]?.diagnosis["pt-BR"]).toMatch(/^quiet: encerrado em 20 de mar/);
  });
});

it("looks that were missed are made up for, at each interval, and the newest is now", () => {
  const every = 5 * MINUTE;
  expect(dueLooks(null, NOW, every)).toEqual([NOW]);
  expect(dueLooks(NOW - every - 20, NOW, every)).toEqual([NOW]);
  expect(dueLooks(NOW - every + 20, NOW, every)).toEqual([NOW]);
  expect(dueLooks(NOW - 3 * every - MINUTE, NOW, every)).toEqual([NOW - 2 * every - MINUTE, NOW - every - MINUTE, NOW]);
  expect(dueLooks(NOW + every, NOW, every)).toEqual([NOW]);
  const long = dueLooks(NOW - 1_000_000 * every, NOW, every);
  expect(long.length).toBeLessThanOrEqual(289);
  expect(long.at(-1)).toBe(NOW);
});

describe("a state", () => {
  it("is the same after it was written and read, and another model's is refused", async () => {
    const path = join(await newFolder(), "state.json");
    const file = fileFor("http://127.0.0.1:1/");
    const state = look(emptyState("pix"), file, { at: NOW, signals: decisions(0), report: undefined });
    await writeState(path, state);
    expect(await readState(path, "pix")).toEqual(state);
    await expect(readState(path, "other")).rejects.toThrow("is the state of pix and not of other");
  });

  it("that is damaged is refused and not begun anew", async () => {
    const path = join(await newFolder(), "state.json");
    await writeFile(path, "{");
    await expect(readState(path, "pix")).rejects.toThrow("is not the state of a monitor");
  });
});

/** A receiver on loopback that answers with a status, and the ids and titles that it was sent. */
async function receiver(status: () => number) {
  const seen: { id: string; title: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      seen.push({ id: String(request.headers["x-id"]), title: JSON.parse(body).data.title });
      response.statusCode = status();
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

const post: Post = async ({ id, url, body }) => {
  const answer = await fetch(url, { method: "POST", body, headers: { "x-id": id } });
  return { status: answer.status, body: await answer.text() };
};

/** A model with decisions at instants, that says what the test says. */
function modelOf(
  options: {
    readonly at?: readonly number[];
    readonly report?: WatchedModel["report"];
    readonly collect?: () => Promise<void>;
  } = {},
): WatchedModel {
  const tally = new OperationTally({ keepMs: 400 * MINUTE, latencyTargetMs: 100 });
  const rows = options.at ?? [];
  const each = (value: number) => rows.map(() => value);
  tally.add({
    at: rows,
    version: rows.map(() => "1"),
    arm: rows.map(() => ""),
    alerted: each(0),
    amount: each(1),
    latencyMs: each(5),
    missing: {},
  });
  return {
    tally,
    slices: new SliceTally(400 * MINUTE),
    collect: options.collect ?? (async () => {}),
    newestLabels: async () => [],
    report: options.report ?? (async () => monitor(world({ days: 3, asOfDay: 3, perDay: 50 }))),
  };
}

interface Setting {
  readonly url: string;
  readonly statePath: string;
  readonly clock: () => number;
  readonly model?: WatchedModel;
}

async function open({ url, statePath, clock, model = modelOf() }: Setting) {
  const faults: string[] = [];
  const watcher = await Watcher.open({
    file: fileFor(url),
    statePath,
    model,
    scrape: () => Promise.reject(new Error("nobody asked for a service")),
    ports: { post, secrets: { env: {}, folder: "/" }, clock, random: () => 0 },
    onFault: (sentence) => faults.push(sentence),
  });
  return { watcher, faults };
}

describe("a watcher", () => {
  it("tells once what fires, whenever it is stopped, and knows the receiver's message again by its id", async () => {
    const { url, seen } = await receiver(() => 204);
    const statePath = join(await newFolder(), "state.json");
    const set = { url, statePath, clock: () => NOW };
    const first = await open(set);
    await first.watcher.look();
    // Killed after the receiver has it and before that is written: it is sent again under the same id.
    const before = await readFile(statePath, "utf8");
    await first.watcher.deliver();
    await writeFile(statePath, before);
    const second = await open(set);
    await second.watcher.deliver();
    await second.watcher.look();
    await second.watcher.deliver();
    const third = await open(set);
    await third.watcher.look();
    await third.watcher.deliver();
    expect(seen.map(({ title }) => title)).toEqual(["[PAGE] pix: quiet firing", "[PAGE] pix: quiet firing"]);
    expect(seen[0]?.id).toBe(seen[1]?.id);
    expect(first.faults).toEqual([]);
  });

  it("finds what began and ended while it was away", async () => {
    const { url, seen } = await receiver(() => 204);
    const statePath = join(await newFolder(), "state.json");
    const minutes = Array.from({ length: 120 }, (_, i) => NOW + i * MINUTE).filter(
      (at) => at < NOW + 30 * MINUTE || at > NOW + 50 * MINUTE,
    );
    const model = modelOf({ at: [NOW - MINUTE, ...minutes] });
    const awake = await open({ url, statePath, clock: () => NOW, model });
    await awake.watcher.look();
    const back = await open({ url, statePath, clock: () => NOW + 110 * MINUTE, model });
    await back.watcher.look();
    await back.watcher.deliver();
    await back.watcher.deliver();
    expect(seen.map(({ title }) => title)).toEqual(["[PAGE] pix: quiet firing", "[PAGE] pix: quiet resolved"]);
  });

  it("keeps what a receiver that is away has not got, shows it, and goes on looking", async () => {
    let status = 503;
    const { url, seen } = await receiver(() => status);
    let now = NOW;
    const { watcher, faults } = await open({ url, statePath: join(await newFolder(), "s.json"), clock: () => now });
    await watcher.look();
    expect(await watcher.deliver()).toBe(NOW + 5000);
    expect(faults).toEqual(["pix: hook was not told: HTTP 503: "]);
    now += 5 * MINUTE;
    await watcher.look();
    const text = await monitorMetrics(
      () => [watcher.observed()],
      () => now,
    ).render();
    expect(text).toContain('esteira_monitor_deliveries_waiting{model="pix",receiver="hook"} 1');
    expect(text).toContain('esteira_monitor_oldest_waiting_seconds{model="pix",receiver="hook"} 300');
    expect(text).toContain('esteira_monitor_deliveries_total{model="pix",receiver="hook",outcome="retried"} 1');
    expect(text).toContain(
      'esteira_monitor_alert_state{model="pix",rule="quiet",severity="page",state="firing",cause="breach",version="",arm="",feature="",typology=""} 1',
    );
    expect(text).toContain('esteira_model_decisions{model="pix",window="5m",version="",arm=""} 0');
    status = 204;
    expect(await watcher.deliver()).toBeUndefined();
    expect(seen).toHaveLength(2);
  });

  it("goes on where decisions, labels or a report cannot be read, and a state cannot be written", async () => {
    const { url, seen } = await receiver(() => 204);
    const folder = await newFolder();
    const broken = async () => {
      throw new Error("the disk is full");
    };
    const model = { ...modelOf({ report: broken, collect: broken }), newestLabels: broken };
    const { watcher, faults } = await open({
      url,
      statePath: join(folder, "missing", "state.json"),
      clock: () => NOW,
      model,
    });
    await watcher.look();
    await watcher.deliver();
    expect(seen).toHaveLength(1);
    expect(faults.map((sentence) => sentence.replace(/: [^:]*$/, "").slice(0, 43))).toEqual([
      "pix: The decisions could not be collected",
      "pix: The labels could not be read",
      "pix: The report could not be made",
      expect.stringContaining("pix: The state could not be written"),
      expect.stringContaining("pix: The state could not be written"),
    ]);
  });

  it("ends no alert because a report cannot be made, and says how old the last one is", async () => {
    const { url, seen } = await receiver(() => 204);
    let now = NOW;
    const late = monitor(world({ lateTypology: 14, asOfDay: 40, perDay: 3000 }));
    const reports = [async () => ({ ...late, asOf: NOW }), () => Promise.reject(new Error("it is away"))];
    const report = () => (reports.shift() ?? (() => Promise.reject(new Error("it is still away"))))();
    const statePath = join(await newFolder(), "s.json");
    const at = Array.from({ length: 300 }, (_, i) => NOW - MINUTE + i * MINUTE);
    const set = { url, statePath, clock: () => now, model: modelOf({ at, report }) };
    const first = await open(set);
    await first.watcher.look();
    await first.watcher.deliver();
    now += 61 * MINUTE;
    await first.watcher.look();
    expect(first.watcher.observed().signals).toContainEqual({ name: "report_age", labels: {}, value: 61 * 60 });
    // A new process has no report at all.
    const second = await open(set);
    now += 5 * MINUTE;
    await second.watcher.look();
    for (const { watcher } of [first, second]) {
      const late = watcher.observed().state.alerts.filter(({ rule }) => rule === "late");
      expect(late.map(({ phase }) => phase)).toEqual(["firing"]);
    }
    await second.watcher.deliver();
    expect(seen.map(({ title }) => title)).toEqual(["[PAGE] pix: late firing"]);
  });

  it("runs beside others until it is told to stop", async () => {
    const { url, seen } = await receiver(() => 204);
    const stop = new AbortController();
    const set = async (clock: () => number) =>
      (await open({ url, statePath: join(await newFolder(), "s.json"), clock })).watcher;
    const watchers = [await set(() => NOW), await set(() => NOW + 1)];
    const running = runWatchers(watchers, { clock: Date.now, stop: stop.signal, onFault: () => {} });
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await running;
    expect(seen).toHaveLength(2);
  });
});

describe("the tail of a ledger", () => {
  const row = (source: string, sequence: number, more: Partial<LedgerRow> = {}): LedgerRow => ({
    id: `${source}-${sequence}`,
    at: NOW + sequence * 1000,
    eventAt: null,
    model: { name: "pix", version: "1", digest: "d" },
    arm: "champion",
    score: 0.2,
    threshold: 0.5,
    action: null,
    latencyMs: 10,
    subjects: [],
    reasons: [],
    weight: 1,
    erased: false,
    source,
    sequence,
    slot: null,
    names: NAMES,
    values: [100, null, "key"],
    ...more,
  });
  const NAMES = ["amount", "device_age", "channel"];

  async function append(ledger: string, rows: readonly LedgerRow[]): Promise<void> {
    const writer = openLedgerWriter(ledger);
    for (const one of rows) {
      await writer.open(one.at);
      writer.add(one);
    }
    await writer.flush(await readLedgerState(ledger));
  }

  const tailOf = (ledger: string) =>
    new LedgerTail({
      ...{ ledger, model: "pix", features: "all", amount: "amount" },
      newTallies: () => ({
        tally: new OperationTally({ keepMs: 60 * MINUTE, latencyTargetMs: 100 }),
        slices: new SliceTally(60 * MINUTE),
      }),
    });
  const decisionsOf = (tail: LedgerTail) => tail.tallies.tally.between(NOW + MINUTE, 2 * MINUTE)[0]?.counts.decisions;

  it("counts each row of its model once, whatever its files are merged into", async () => {
    const ledger = await newFolder();
    const tail = tailOf(ledger);
    await tail.follow(NOW);
    await append(ledger, [
      row("a", 0),
      row("a", 1, { score: 0.9 }),
      row("b", 0),
      row("a", 2, { model: { name: "other", version: "1", digest: "d" } }),
    ]);
    await tail.follow(NOW);
    await append(ledger, [row("a", 3, { weight: 4 }), row("b", 1, { erased: true, values: [null, null, null] })]);
    await tail.follow(NOW);
    await compactDay(ledger, new Date(NOW).toISOString().slice(0, 10), NOW + 3 * 86_400_000);
    await append(ledger, [row("a", 4)]);
    await tail.follow(NOW);
    await tail.follow(NOW);
    const { tally, slices } = tail.tallies;
    const [only] = tally.between(NOW + MINUTE, 2 * MINUTE);
    const counts = only?.counts;
    expect(counts).toMatchObject({ decisions: 9, alerts: 1, moneyAlerted: 100 });
    expect(Object.fromEntries(counts?.missing ?? [])).toEqual({ amount: 0, device_age: 8, channel: 0 });
    expect(
      slices
        .between(NOW, NOW + MINUTE)
        .get("channel")
        ?.get("key"),
    ).toEqual({ decisions: 8, alerts: 1 });
  });

  it("keeps what it has while a file cannot be read, and counts no row twice afterwards", async () => {
    const ledger = await newFolder();
    const tail = tailOf(ledger);
    await append(ledger, [row("a", 0)]);
    await tail.follow(NOW);
    await append(ledger, [row("a", 1)]);
    const day = join(ledger, "decisions", `day=${new Date(NOW).toISOString().slice(0, 10)}`);
    const damaged = join(day, "part-000009.parquet");
    const whole = await readFile(join(day, "part-000002.parquet"));
    // Its footer is sound and its rows are not.
    await writeFile(damaged, Buffer.from(whole).fill(0, 4, 40));
    await expect(tail.follow(NOW)).rejects.toThrow();
    expect(decisionsOf(tail)).toBeGreaterThanOrEqual(1);
    await rm(damaged);
    await tail.follow(NOW);
    expect(decisionsOf(tail)).toBe(2);
  });
});
