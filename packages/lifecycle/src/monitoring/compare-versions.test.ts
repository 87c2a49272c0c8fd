import { Random } from "@esteira/models/evaluation/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareVersions } from "./compare-versions.ts";
import type { Decisions } from "./decisions.ts";

const DAY = 86_400_000;
const settings = { asOf: 60 * DAY, maturityDays: 30 };

interface Row {
  readonly day: number;
  readonly alerted: number;
  readonly fraud: number;
  readonly delay: number;
  readonly weight: number;
}
const decisions = (rows: readonly Row[]): Decisions => ({
  time: Float64Array.from(rows, ({ day }) => day * DAY),
  score: Float64Array.from(rows, ({ alerted }) => alerted),
  alerted: Uint8Array.from(rows, ({ alerted }) => alerted),
  amount: new Float64Array(rows.length).fill(10),
  fraud: Uint8Array.from(rows, ({ fraud }) => fraud),
  knownAt: Float64Array.from(rows, ({ day, fraud, delay }) => (fraud === 1 ? (day + delay) * DAY : Number.NaN)),
  typology: new Uint8Array(rows.length),
  latencyMs: new Float64Array(rows.length).fill(Number.NaN),
  weight: Float64Array.from(rows, ({ weight }) => weight),
});

const first = (rows: readonly Row[]) => Math.min(...rows.map(({ day }) => day));
const last = (rows: readonly Row[]) => Math.max(...rows.map(({ day }) => day));

const row: fc.Arbitrary<Row> = fc.record({
  day: fc.integer({ min: 0, max: 59 }),
  alerted: fc.integer({ min: 0, max: 1 }),
  fraud: fc.integer({ min: 0, max: 1 }),
  delay: fc.integer({ min: 0, max: 50 }),
  weight: fc.constant(1),
});

describe("two versions beside each other", () => {
  it("count what is known of mature decisions, and the same both ways", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.array(row, { maxLength: 40 }), (one, other) => {
        const compared = compareVersions(decisions(one), decisions(other), settings);
        const both = one.filter(({ day }) => day >= first(other) && day <= last(other));
        const known = both.filter(({ day, fraud, delay }) => fraud === 1 && day < 30 && day + delay <= 60);
        expect(compared.champion.decisions).toBe(both.length);
        expect(compared.champion.frauds).toBe(known.length);
        expect(compared.champion.moneyCaught).toBe(known.filter(({ alerted }) => alerted === 1).length * 10);
        const back = compareVersions(decisions(other), decisions(one), settings);
        for (const name of ["alertRate", "recall", "precision"] as const) {
          const { champion, challenger, difference } = compared[name];
          expect(back[name].champion).toEqual(challenger);
          expect(back[name].difference.low).toBeCloseTo(-difference.high, 9);
          if (Number.isNaN(champion) || Number.isNaN(challenger)) continue;
          expect(difference.low).toBeLessThanOrEqual(challenger - champion + 1e-9);
          expect(difference.high).toBeGreaterThanOrEqual(challenger - champion - 1e-9);
        }
      }),
    );
  });

  it("are told apart where they differ, with less certainty where rows stand for several", () => {
    const random = new Random(5);
    const rows = (caught: number, weight: number): Row[] =>
      Array.from({ length: 400 }, () => {
        const fraud = random.below(2);
        const alerted = fraud === 1 && random.below(10) < caught ? 1 : 0;
        return { ...{ day: 5, delay: 1, fraud, alerted }, weight: alerted === 1 ? 1 : weight };
      });
    const whole = compareVersions(decisions(rows(4, 1)), decisions(rows(9, 1)), settings).recall;
    expect(whole.difference.low).toBeGreaterThan(0.2);
    const sampled = compareVersions(decisions(rows(4, 20)), decisions(rows(9, 20)), settings).recall;
    expect(sampled.difference.high - sampled.difference.low).toBeGreaterThan(
      whole.difference.high - whole.difference.low,
    );
  });
});
