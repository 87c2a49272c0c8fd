import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { maturityCurve, shareKnown } from "./maturity.ts";
import { type MonitorInput, monitor } from "./monitor.ts";
import { LANGUAGES } from "./reason-words.ts";
import { DAY, START, world } from "./test-world.ts";

const codes = (input: MonitorInput) => monitor(input).reasons.map((reason) => reason.code);

describe("maturity", () => {
  it("is not fooled by the young, who can only show short delays", () => {
    const random = new Random(6);
    const times: number[] = [];
    const knownAt: number[] = [];
    const asOf = 120 * DAY;
    for (let i = 0; i < 20_000; i++) {
      const time = (random.next32() / 2 ** 32) * asOf;
      times.push(time);
      // Uniform over 20 days: half is known at 10 days.
      knownAt.push(time + 20 * DAY * (random.next32() / 2 ** 32));
    }
    const curve = maturityCurve({ times, knownAt, asOf });
    expect(curve.medianDays).toBeCloseTo(10, 0);
    expect(curve.p90Days).toBeCloseTo(18, 0);
    expect(shareKnown(curve, 5 * DAY)).toBeCloseTo(0.25, 1);
    expect(shareKnown(curve, 0)).toBe(0);
    expect(shareKnown(curve, 500 * DAY)).toBe(1);
    // The plain share of known frauds with a delay within 5 days is larger: that is the trap.
    const seen = times.flatMap((time, i) => (knownAt[i]! <= asOf ? [knownAt[i]! - time] : []));
    expect(seen.filter((delay) => delay <= 5 * DAY).length / seen.length).toBeGreaterThan(0.26);
    for (let day = 1; day < curve.knownByDay.length; day++)
      expect(curve.knownByDay[day]).toBeGreaterThanOrEqual(curve.knownByDay[day - 1]!);
  });

  it("knows nothing without cases, and sees no label from the future", () => {
    const none = maturityCurve({ times: [1], knownAt: [Number.NaN], asOf: DAY });
    expect(none.cases).toBe(0);
    expect(shareKnown(none, DAY)).toBeNaN();
    expect(maturityCurve({ times: [0, 0], knownAt: [DAY, 9 * DAY], asOf: 2 * DAY }).cases).toBe(1);
  });
});

describe("monitor", () => {
  it("says ok, and why, when nothing has changed", () => {
    const report = monitor(world());
    expect(report.verdict).toBe("ok");
    expect(report.reasons.map((reason) => reason.code)).toEqual(["nothingFound"]);
    expect(report.performance.mature!.recall).toBeCloseTo(0.7, 1);
    expect(report.latency!.p99).toBeLessThan(2);
  });

  it("averages mature cohorts only, and marks the young with what is still to come", () => {
    const { cohorts, mature } = monitor(world()).performance;
    expect(cohorts.map((cohort) => cohort.mature)).toEqual([true, true, false, false]);
    expect(mature!.frauds).toBe(cohorts[0]!.frauds + cohorts[1]!.frauds);
    expect(mature!.to).toBe(START + 14 * DAY);
    expect(cohorts[3]!.labelsToCome).toBeGreaterThan(0.4);
    expect(cohorts[0]!.labelsToCome).toBeLessThan(0.05);
    // The nowcast of the youngest week is near the count of a full one, though few of its labels are known.
    expect(cohorts[3]!.frauds).toBeLessThan(0.6 * cohorts[0]!.frauds);
    expect(cohorts[3]!.expectedFrauds).toBeGreaterThan(0.7 * cohorts[0]!.frauds);
    expect(cohorts[3]!.expectedFrauds).toBeLessThan(1.5 * cohorts[0]!.frauds);
  });

  it("sees a typology that training never saw, while its labels are still few", () => {
    const report = monitor(world({ lateTypology: 14, asOfDay: 21, days: 21 }));
    expect(report.verdict).toBe("act");
    expect(report.reasons[0]).toMatchObject({ code: "newTypology", level: "act" });
    expect(report.reasons[0]!.text.en).toMatch(/never saw: coercion, \d+ known cases since/);
    expect(report.reasons[0]!.text["pt-BR"]).toMatch(/nunca viu: coação, \d+ casos conhecidos desde/);
    const row = report.novelty.typologies.find((typology) => typology.name === "T9_coercion")!;
    expect(row).toMatchObject({ status: "new", trained: 0, referenceRecall: Number.NaN });
    expect(row.weeks.map((week) => week.frauds > 0)).toEqual([false, false, true]);
  });

  it("a new typology that the model happens to catch deserves a look, not an action", () => {
    const report = monitor(world({ lateTypology: 14, lateRecall: 0.75 }));
    expect(report.reasons.find((reason) => reason.code === "newTypology")!.level).toBe("watch");
  });

  it("sees recall fall in what it knew, and the scores of known frauds fall", () => {
    const report = monitor(world({ recall: 0.35 }));
    expect(report.verdict).toBe("act");
    expect(codes(world({ recall: 0.35 }))).toEqual(
      expect.arrayContaining(["typologyWorse", "recallWorse", "fraudScoresFallen"]),
    );
    expect(report.novelty.all.status).toBe("worse");
  });

  it("sees alerts beyond the budget, slow answers and drift of what matters", () => {
    expect(codes(world({ alertRate: 0.03 }))).toContain("alertRateHigh");
    expect(codes(world({ alertRate: 0, recall: 0.1 }))).toContain("alertRateLow");
    expect(codes(world({ latency: 600 }))).toContain("latencyHigh");
    const drifted = monitor(world({ drift: 0.8 }));
    expect(drifted.reasons.find((reason) => reason.code === "featureDrift")!.text.en).toMatch(
      /^amount_log has moved \(PSI 0\.\d\d\)/,
    );
  });

  it("says so when no cohort is mature, and does not call that a problem", () => {
    const report = monitor({ ...world(), settings: { maturityDays: 60 } });
    expect(report.performance.mature).toBeNull();
    expect(report.verdict).toBe("ok");
    expect(report.reasons.map((reason) => reason.code)).toEqual(["nothingFound", "noMatureCohort"]);
  });

  it("does not see labels from the future", () => {
    const now = world();
    const later = world();
    later.decisions.knownAt.forEach((known, row) => {
      if (known > later.asOf) later.decisions.fraud[row] = 0;
    });
    expect(JSON.stringify(monitor(later))).toBe(JSON.stringify(monitor(now)));
  });

  it("acts on silence, and survives all scores equal and no labels at all", () => {
    const silent = world();
    const report = monitor({ ...silent, window: { from: START - 50 * DAY, to: START - 20 * DAY }, features: [] });
    expect(report.verdict).toBe("act");
    expect(report.reasons[0]!.code).toBe("noTraffic");
    const flat = world();
    flat.decisions.score.fill(0.01);
    flat.decisions.fraud.fill(0);
    expect(monitor(flat).performance.mature!.recall).toBeNaN();
  });

  it("refuses columns of other lengths, scores that are no number, an empty window", () => {
    const input = world();
    expect(() => monitor({ ...input, decisions: { ...input.decisions, alerted: new Uint8Array(3) } })).toThrow(
      /alerted has 3 rows but time has 28000/,
    );
    expect(() => monitor({ ...input, window: { from: 5, to: 5 } })).toThrow(/window is empty/);
    expect(() => monitor({ ...input, alertBudget: 0 })).toThrow(/alert budget is 0/);
    input.decisions.score[3] = Number.NaN;
    expect(() => monitor(input)).toThrow(/score of row 3 is NaN/);
  });

  it("false alarms of unchanged worlds are few", () => {
    let alarms = 0;
    for (let seed = 1; seed <= 40; seed++) if (monitor(world({ seed, perDay: 400 })).verdict !== "ok") alarms++;
    expect(alarms).toBeLessThanOrEqual(4);
  });

  it("speaks every reason in every language", () => {
    for (const reason of monitor(world({ recall: 0.3, lateTypology: 10, drift: 1, latency: 900 })).reasons)
      for (const language of LANGUAGES) expect(reason.text[language].length).toBeGreaterThan(20);
  });
});
