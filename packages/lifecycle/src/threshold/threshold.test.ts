import { ASSUMED_COSTS, realisedCost } from "@esteira/models/evaluation/cost";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseThreshold } from "./choose-threshold.ts";
import type { DecidedRows } from "./decided-rows.ts";
import { FIGURES, simulateThreshold } from "./simulate-threshold.ts";

const DAYS = 6;
const span = { days: DAYS, matureDays: 4 };
const costs = ASSUMED_COSTS;

const row = fc.record({
  score: fc.integer({ min: 0, max: 12 }).map((tenth) => tenth / 12),
  amount: fc.integer({ min: 1, max: 5000 }),
  weight: fc.integer({ min: 1, max: 4 }),
  day: fc.integer({ min: 0, max: DAYS - 1 }),
  fraud: fc.integer({ min: 0, max: 3 }).map((n) => (n === 0 ? 1 : 0)),
  labelled: fc.integer({ min: 0, max: 1 }),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

const rowsOf = (rows: readonly Row[], before = 0.5): DecidedRows => ({
  score: Float64Array.from(rows, ({ score }) => score),
  amount: Float64Array.from(rows, ({ amount }) => amount),
  weight: Float64Array.from(rows, ({ weight }) => weight),
  day: Int32Array.from(rows, ({ day }) => day),
  fraud: Uint8Array.from(rows, ({ fraud }) => fraud),
  labelled: Uint8Array.from(rows, ({ labelled, fraud }) => fraud || labelled),
  alerted: Uint8Array.from(rows, ({ score }) => (score >= before ? 1 : 0)),
});

/** As many rows as each stands for. */
const spread = (rows: readonly Row[]): Row[] =>
  rows.flatMap((one) => new Array<Row>(one.weight).fill({ ...one, weight: 1 }));

const matureOf = (rows: readonly Row[]) => {
  const mature = spread(rows).filter(({ day }) => day < span.matureDays);
  return {
    scores: Float64Array.from(mature, ({ score }) => score),
    labels: Uint8Array.from(mature, ({ fraud }) => fraud),
    amounts: Float64Array.from(mature, ({ amount }) => amount),
  };
};

describe("a threshold by costs", () => {
  it("is beaten by no other that the analysts can work", () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 20 })),
        (rows, perDay) => {
          const mature = matureOf(rows);
          fc.pre(mature.labels.includes(1));
          const alerts = (threshold: number) => spread(rows).filter(({ score }) => score >= threshold).length;
          const candidates = [...new Set(rows.map(({ score }) => score))];
          const allowed = candidates.filter((score) => perDay === null || alerts(score) <= perDay * DAYS);
          const choose = () => chooseThreshold(rowsOf(rows), span, { costs, perDay: perDay ?? undefined });
          if (allowed.length === 0) {
            expect(choose).toThrow("no threshold is within what the analysts can work");
            return;
          }
          const { threshold, by } = choose();
          if (perDay !== null) expect(alerts(threshold)).toBeLessThanOrEqual(perDay * DAYS);
          const total = (at: number) => realisedCost(mature, at, costs).total;
          for (const other of allowed) expect(total(threshold)).toBeLessThanOrEqual(total(other) + 1e-6);
          const cheapest = Math.min(total(2), ...candidates.map(total));
          expect(by).toBe(total(threshold) > cheapest + 1e-6 ? "capacity" : by);
        },
      ),
    );
  });

  it("needs a known fraud whose label has had its time", () => {
    const young: Row = { score: 0.9, amount: 10, weight: 1, day: 5, fraud: 1, labelled: 1 };
    expect(() => chooseThreshold(rowsOf([young]), span, { costs, perDay: undefined })).toThrow(
      "No decision whose labels have had their time is a known fraud",
    );
  });
});

describe("a simulated threshold", () => {
  it("tells what the decisions cost at either threshold, rows that stand for several as so many", () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, after) => {
          fc.pre(rows.some(({ day }) => day < span.matureDays));
          const { figures, decisions, immatureShare } = simulateThreshold(rowsOf(rows), span, {
            before: 0.5,
            after,
            costs,
          });
          expect(decisions).toBe(spread(rows).length);
          expect(immatureShare).toBeCloseTo(spread(rows).filter(({ day }) => day >= 4).length / decisions, 12);
          const mature = matureOf(rows);
          for (const [name, at] of [
            ["before", 0.5],
            ["after", after],
          ] as const) {
            const { total, lost, saved } = realisedCost(mature, at, costs);
            expect(figures.cost![name].value * span.matureDays).toBeCloseTo(total, 6);
            expect(figures.saved![name].value * span.matureDays).toBeCloseTo(saved, 6);
            expect(figures.atRisk![name].value * span.matureDays).toBeCloseTo(lost, 6);
            expect(figures.alerts![name].value * DAYS).toBeCloseTo(
              spread(rows).filter(({ score }) => score >= at).length,
              6,
            );
          }
          for (const figure of FIGURES) {
            const { before, after: then, change } = figures[figure]!;
            expect(change.value).toBeCloseTo(then.value - before.value, 6);
            expect(change.low).toBeLessThanOrEqual(change.value + 1e-6);
            expect(change.high).toBeGreaterThanOrEqual(change.value - 1e-6);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("says what nobody will ever report, since it was stopped", () => {
    const stopped: Row = { score: 0.6, amount: 10, weight: 2, day: 0, fraud: 0, labelled: 0 };
    const cleared: Row = { ...stopped, labelled: 1 };
    const raised = simulateThreshold(rowsOf([stopped, cleared]), span, { before: 0.5, after: 0.7, costs });
    expect(raised.released).toEqual({ decisions: 4, unknown: 2 });
    const lowered = simulateThreshold(rowsOf([stopped, cleared]), span, { before: 0.5, after: 0.4, costs });
    expect(lowered.released).toEqual({ decisions: 0, unknown: 0 });
  });

  it("knows nothing of money where no label has had its time, and no interval of one day", () => {
    const one: Row = { score: 0.6, amount: 10, weight: 1, day: 0, fraud: 1, labelled: 1 };
    const young = simulateThreshold(rowsOf([one]), { days: 3, matureDays: 0 }, { before: 0.5, after: 0.7, costs });
    expect(young.figures).toMatchObject({ cost: null, saved: null, alerts: { change: { value: -1 / 3 } } });
    const short = simulateThreshold(rowsOf([one]), { days: 1, matureDays: 1 }, { before: 0.5, after: 0.7, costs });
    expect(short.figures.alerts?.change).toEqual({ value: -1, low: null, high: null });
    expect(() => simulateThreshold(rowsOf([]), span, { before: 0.5, after: 0.7, costs })).toThrow("No decision");
    expect(() => simulateThreshold(rowsOf([one]), span, { before: 0.5, after: Number.NaN, costs })).toThrow("NaN");
  });
});
