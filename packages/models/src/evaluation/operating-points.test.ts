import { operatingPointsWire } from "@esteira/core/wire/operating-points";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ASSUMED_COSTS, realisedCost } from "./cost.ts";
import { operatingPoints } from "./operating-points.ts";
import { thresholdMetrics } from "./threshold.ts";

const options = { threshold: 0.5, costs: ASSUMED_COSTS, currency: "BRL" };

describe("operatingPoints", () => {
  it("tells what thresholdMetrics and realisedCost tell at each of its thresholds, ties together", () => {
    const row = fc.record({ score: fc.integer({ min: 0, max: 20 }), fraud: fc.boolean(), cents: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), (all) => {
        const rows = {
          scores: Float64Array.from(all, ({ score }) => score / 20),
          labels: Uint8Array.from(all, ({ fraud }) => Number(fraud)),
          amounts: Float64Array.from(all, ({ cents }) => cents / 100),
          days: Int32Array.from(all, (_, at) => at % 7),
        };
        const told = operatingPointsWire.parse(operatingPoints(rows, options));
        const { points } = told;
        for (const [at, threshold] of points.threshold.entries()) {
          const { confusion } = thresholdMetrics(rows, threshold);
          expect([points.alerts[at], points.caught[at]]).toEqual([
            confusion.truePositives + confusion.falsePositives,
            confusion.truePositives,
          ]);
          const { saved } = realisedCost(rows, threshold, ASSUMED_COSTS);
          expect((points.caughtAmount[at] ?? 0) * (1 - ASSUMED_COSTS.recovery)).toBeCloseTo(saved, 6);
        }
        expect(points.alerts.at(-1)).toBe(rows.scores.length);
        // The given threshold's own point is there, where it alerts anything.
        const given = thresholdMetrics(rows, 0.5).confusion;
        const alerts = given.truePositives + given.falsePositives;
        if (alerts > 0) expect(points.alerts).toContain(alerts);
      }),
    );
  });

  it("keeps some hundreds of many", () => {
    const scores = Float64Array.from({ length: 200_000 }, (_, at) => at / 200_000);
    const rows = {
      scores,
      labels: new Uint8Array(200_000).fill(1, 199_000),
      amounts: scores,
      days: new Int32Array(200_000),
    };
    const { points, days } = operatingPoints(rows, options);
    expect(points.threshold.length).toBeLessThan(500);
    expect(points.alerts.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(points.alerts).toContain(100_000);
    expect(days).toBe(1);
  });
});
