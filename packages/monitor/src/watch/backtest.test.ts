import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseMonitor } from "../file/parse-monitor.ts";
import { addLabels } from "../labels/add-labels.ts";
import type { Label } from "../labels/label.ts";
import { openLedgerWriter } from "../ledger/ledger-writer.ts";
import { readState } from "../ledger/state.ts";
import { backtest } from "./backtest.ts";
import { judgeEpisodes } from "./judge-episodes.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const at = (day: number) => START + day * DAY;
/** On these days half of what is decided is an alert; from this day on frauds are of a kind that nobody knew. */
const INCIDENT = { from: at(40), to: at(43) };
const NEW_FROM = 45;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-backtest-"));
  const ledger = join(folder, "ledger");
  const writer = openLedgerWriter(ledger);
  const labels: Label[] = [];
  for (let i = 0; i < 60 * 100; i++) {
    const time = START + Math.floor((i / 100) * DAY);
    const isFraud = i % 50 === 0;
    const isAlert = isFraud || (time >= INCIDENT.from && time < INCIDENT.to && i % 2 === 0);
    const score = isAlert ? 0.9 : (i % 40) / 100;
    await writer.open(time);
    writer.add({
      ...{
        id: `t${i}`,
        at: time,
        eventAt: time,
        model: { name: "pix", version: "1", digest: "d".repeat(64) },
        arm: null,
      },
      ...{
        score,
        threshold: 0.5,
        action: isAlert ? "alert" : "allow",
        latencyMs: 1,
        subjects: [],
        reasons: [],
        weight: 1,
      },
      ...{ erased: false, source: "s", sequence: i, slot: null, names: ["amount"], values: [i % 7] },
    });
    if (isFraud)
      labels.push({
        ...{ decisionId: `t${i}`, label: "fraud", source: "med", eventTime: time, reportTime: null, amount: 10 },
        ...{ knownAt: time + 3 * DAY, typology: time >= at(NEW_FROM) ? "new" : "old" },
      });
  }
  await writer.flush(await readState(ledger));
  await addLabels(ledger, labels, at(70));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const monitor = `version: 1
model: pix
ledger: ledger
reference: { from: "2026-01-01T00:00:00Z", to: "2026-01-29T00:00:00Z" }
budget: { share: 0.05 }
report: { window: 14d, maturityDays: 5 }
rules:
  - { name: rate, signal: alert_rate, window: 1d, above: 0.1, severity: act }
  - { name: new-kind, signal: typology_new, above: 0, severity: page }
  - { name: load, signal: error_share, window: 1d, above: 0.5, severity: act }
services: ["http://127.0.0.1:1/metrics"]
`;

describe("a backtest", { timeout: 120_000 }, () => {
  it("says when each rule would have fired, with what was known then", async () => {
    const span = { from: at(37), to: at(54) };
    const episodes = await backtest({ file: parseMonitor(monitor, "monitor.yaml"), folder, span, every: DAY });
    const [rate, kind] = ["rate", "new-kind"].map((name) => episodes.filter(({ rule }) => rule === name));
    expect(rate).toMatchObject([{ firedAt: at(41), resolvedAt: at(44) }]);
    expect(kind).toMatchObject([{ labels: { typology: "new" }, resolvedAt: null }]);
    // Five cases make a kind new; two a day, known after three days: none of them was known before.
    expect(kind?.[0]?.firedAt).toBeGreaterThanOrEqual(at(NEW_FROM + 5));
    expect(kind?.[0]?.firedAt).toBeLessThanOrEqual(at(NEW_FROM + 7));
    expect(episodes).toHaveLength(2);

    const judged = judgeEpisodes(episodes, [INCIDENT], span);
    expect(judged.incidents).toMatchObject([{ by: { rule: "rate" }, delay: DAY }]);
    expect(judged.falseAlarms).toMatchObject([{ rule: "new-kind" }]);
    expect(judged.falseInThirtyDays).toBeCloseTo(30 / 14, 6);
  });

  it("says that it cannot where there is nothing to report on", async () => {
    const file = parseMonitor(monitor.replace("ledger: ledger", "ledger: nowhere"), "monitor.yaml");
    await expect(backtest({ file, folder, span: { from: at(29), to: at(31) }, every: DAY })).rejects.toThrow(
      "No day of the span could be reported on",
    );
  });
});

describe("how good alarms were", () => {
  const episode = (day: number) => ({
    ...{ rule: "r", labels: {}, severity: "act" as const },
    firedAt: at(day),
    resolvedAt: null,
  });

  it("counts a moment of two incidents once, and an incident that nobody told of", () => {
    const span = { from: at(0), to: at(60) };
    const incidents = [
      { from: at(10), to: at(20) },
      { from: at(15), to: at(30) },
      { from: at(58), to: at(90) },
    ];
    const judged = judgeEpisodes([episode(5), episode(16)], incidents, span);
    expect(judged.incidents.map(({ delay }) => delay)).toEqual([6 * DAY, DAY, undefined]);
    expect(judged.falseAlarms).toEqual([episode(5)]);
    expect(judged.falseInThirtyDays).toBeCloseTo(30 / 38, 6);
    expect(judgeEpisodes([], [span], span).falseInThirtyDays).toBeNaN();
  });
});
