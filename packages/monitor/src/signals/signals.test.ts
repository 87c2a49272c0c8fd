import { monitor } from "@esteira/lifecycle/monitoring/monitor";
import { world } from "@esteira/lifecycle/monitoring/test-world";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SIGNAL_NAMES, SIGNALS, signalDefinition } from "./catalogue.ts";
import { freshnessSignals, windowSignals } from "./from-operation.ts";
import { reportSignals } from "./from-report.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { type OperationRows, OperationTally } from "./operation-tally.ts";
import type { Signal } from "./signal.ts";

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const NOW = Date.UTC(2026, 2, 20, 12);
const TARGETS = { alertShare: 0.1, alertsPerDay: 240, latencyTargetMs: 100 };

const figure = (signals: readonly Signal[], name: string, labels: object = {}): number | undefined =>
  signals.find((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.value;

/** Decisions evenly over a span, one in ten alerted. */
function rows(
  from: number,
  to: number,
  count: number,
  options: { version?: string; arm?: string } = {},
): OperationRows {
  const each = (of: (row: number) => number) => Float64Array.from({ length: count }, (_, row) => of(row));
  return {
    at: each((row) => from + ((to - from) * row) / count),
    version: Array.from({ length: count }, () => options.version ?? "1"),
    arm: Array.from({ length: count }, () => options.arm ?? "champion"),
    alerted: each((row) => (row % 10 === 0 ? 1 : 0)),
    amount: each(() => 50),
    latencyMs: each((row) => (row % 100 === 0 ? 400 : 20)),
    missing: { device_age: each((row) => (row % 4 === 0 ? 1 : 0)) },
  };
}

describe("signals of a window", () => {
  it("are those of all that decide together, of each version on each arm, and of each feature", () => {
    const tally = new OperationTally({ keepMs: WEEK + 2 * HOUR, latencyTargetMs: 100 });
    tally.add(rows(NOW - WEEK - HOUR, NOW - WEEK, 2000));
    tally.add(rows(NOW - HOUR, NOW, 900));
    tally.add(rows(NOW - HOUR, NOW, 100, { version: "2", arm: "canary" }));
    tally.add(rows(NOW - HOUR, NOW, 1000, { version: "3", arm: "shadow" }));
    const signals = windowSignals(tally, NOW, HOUR, TARGETS);
    expect(figure(signals, "decisions")).toBe(1000);
    expect(figure(signals, "decisions", { version: "2", arm: "canary" })).toBe(100);
    expect(figure(signals, "decisions", { version: "3", arm: "shadow" })).toBe(1000);
    expect(figure(signals, "decisions_vs_last_week")).toBe(0.5);
    expect(figure(signals, "alert_rate")).toBeCloseTo(0.1, 12);
    expect(figure(signals, "alert_budget_use")).toBeCloseTo(1, 12);
    expect(figure(signals, "desk_load")).toBeCloseTo((100 * 24) / 240, 12);
    expect(figure(signals, "money_alerted")).toBe(5000);
    expect(figure(signals, "slow_share")).toBeCloseTo(0.01, 12);
    expect(figure(signals, "latency_p50")! / 20).toBeCloseTo(1, 1);
    expect(figure(signals, "feature_missing", { feature: "device_age" })).toBeCloseTo(0.25, 12);
    expect(signals.every(({ windowMs }) => windowMs === HOUR)).toBe(true);
  });

  it("say zero traffic, and nothing of what nobody decided", () => {
    const tally = new OperationTally({ keepMs: WEEK + HOUR, latencyTargetMs: 100 });
    const signals = windowSignals(tally, NOW, HOUR, TARGETS);
    expect(figure(signals, "decisions")).toBe(0);
    expect(figure(signals, "desk_load")).toBe(0);
    expect(signals.map(({ name }) => name)).not.toContain("alert_rate");
    expect(freshnessSignals(NOW, { decision: tally.newestBefore(NOW), label: undefined, report: undefined })).toEqual(
      [],
    );
  });

  it("count a row as often as its weight says, and are the same in whatever order and pieces rows come", () => {
    const minute = 60_000;
    const row = fc.record({
      at: fc.integer({ min: 0, max: 59 * minute }),
      alerted: fc.constantFrom(0, 1),
      weight: fc.integer({ min: 1, max: 20 }),
      latencyMs: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    });
    const asRows = (some: readonly { at: number; alerted: number; weight: number; latencyMs: number }[]) => ({
      ...rows(NOW - HOUR, NOW, some.length),
      at: some.map(({ at }) => NOW - HOUR + at),
      alerted: some.map(({ alerted }) => alerted),
      weight: some.map(({ weight }) => weight),
      latencyMs: some.map(({ latencyMs }) => latencyMs),
      missing: {},
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.nat(), (all, cut) => {
        const whole = new OperationTally({ keepMs: WEEK, latencyTargetMs: 100 });
        whole.add(asRows(all));
        const pieces = new OperationTally({ keepMs: WEEK, latencyTargetMs: 100 });
        const at = cut % all.length;
        pieces.add(asRows(all.slice(at)));
        pieces.add(asRows(all.slice(0, at)));
        const [one, other] = [whole, pieces].map((tally) => windowSignals(tally, NOW, HOUR, TARGETS));
        for (const { name, labels, value } of one!) expect(figure(other!, name, labels)).toBeCloseTo(value, 9);
        expect(figure(one!, "decisions")).toBe(all.reduce((sum, { weight }) => sum + weight, 0));
      }),
      { numRuns: 60 },
    );
  });

  it("forget minutes that nobody asks for any more", () => {
    const tally = new OperationTally({ keepMs: HOUR, latencyTargetMs: 100 });
    tally.add(rows(NOW - 5 * HOUR, NOW - 4 * HOUR, 100));
    tally.add(rows(NOW - HOUR, NOW, 100));
    tally.add(rows(NOW - 6 * HOUR, NOW - 5 * HOUR, 100));
    expect(tally.between(NOW, 6 * HOUR).reduce((sum, { counts }) => sum + counts.decisions, 0)).toBe(100);
  });
});

it("quantiles of latency are within two hundredths of the true ones", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1),
      (values, q) => {
        const histogram = new LatencyHistogram(100);
        for (const value of values) histogram.add(value);
        const exact = [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length - 1e-9) - 1)]!;
        const told = histogram.quantile(q);
        expect(told).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(told).toBeLessThanOrEqual(exact * 1.02 * (1 + 1e-9));
      },
    ),
  );
});

describe("signals of a report", () => {
  it("are what it knows: drift, performance with its interval, typologies, money", () => {
    const report = monitor(world({ lateTypology: 14, days: 28, asOfDay: 40, drift: 1, perDay: 3000 }));
    const signals = reportSignals(report);
    expect(figure(signals, "verdict")).toBe(2);
    expect(figure(signals, "feature_drift", { feature: "amount_log" })).toBeGreaterThan(0.25);
    expect(figure(signals, "typology_new", { typology: "T9_coercion" })).toBe(1);
    expect(figure(signals, "typology_new", { typology: "T6_fake_sale" })).toBe(0);
    const [low, recall, high] = ["recall_low", "recall", "recall_high"].map((name) => figure(signals, name)!);
    expect(low).toBeLessThan(recall!);
    expect(recall).toBeLessThan(high!);
    const lost = figure(signals, "money_lost")!;
    expect(lost).toBeGreaterThan(0);
    expect(figure(signals, "money_at_risk")!).toBeGreaterThanOrEqual(lost);
    const estimated = signals.filter(({ name }) => name === "recall_estimated");
    expect(estimated).toHaveLength(1);
  });

  it("leave out what is not known: no mature cohort, no label", () => {
    const young = monitor(world({ days: 3, asOfDay: 3, perDay: 50 }));
    const names = reportSignals(young).map(({ name }) => name);
    expect(names).not.toContain("recall");
    expect(names).toContain("verdict");
    expect(reportSignals(young).every(({ value }) => Number.isFinite(value))).toBe(true);
  });

  it("survive a report that went through JSON", () => {
    const report = monitor(world({ days: 3, asOfDay: 3, perDay: 50 }));
    expect(reportSignals(JSON.parse(JSON.stringify(report)))).toEqual(reportSignals(report));
  });
});

it("the catalogue says in both languages what each signal means", () => {
  for (const name of SIGNAL_NAMES) {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(signalDefinition(name).means.en).toMatch(/^[A-Z0-9].*\.$/);
    expect(signalDefinition(name).means["pt-BR"]).toMatch(/^[A-ZÀ-Ú0-9].*\.$/);
  }
  expect(Object.keys(SIGNALS)).toHaveLength(new Set(SIGNAL_NAMES).size);
});
