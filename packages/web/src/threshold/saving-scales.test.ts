import { describe, expect, it } from "vitest";
import type { Outcome } from "./explore.ts";
import { chartScales, logTicks, moneyTicks } from "./saving-scales.ts";

const frame = { width: 200, height: 120, top: 10, right: 0, bottom: 10, left: 0 };
const outcome = (alertsPerDay: number, netPerDay: number): Outcome => ({
  ...{ threshold: 0, caught: 0, recall: 0, precision: 0, caughtAmount: 0, valueRecall: 0, botheredPerDay: 0 },
  ...{ botheredPerFraud: 0, savedPerDay: 0, spentPerDay: 0, alertsPerDay, netPerDay },
});

describe("a saving chart's scales", () => {
  it("go from the first alert to the last, and as far below zero as above", () => {
    const scales = chartScales([outcome(0.5, 100), outcome(10, 400), outcome(5000, -90_000)], frame);
    expect([0.5, 50, 5000].map(scales.x)).toEqual([0, 100, 200]);
    expect([400, 0, -400, -90_000].map(scales.y)).toEqual([10, 60, 110, 110]);
    expect(logTicks(scales)).toEqual([1, 10, 100, 1000]);
    expect(moneyTicks(scales)).toEqual([-400, -200, 0, 200, 400]);
  });

  it("stand with one point, and with nothing to save", () => {
    const one = chartScales([outcome(3, 0)], frame);
    expect([one.x(3), one.y(0)].every(Number.isFinite)).toBe(true);
    const loss = chartScales([outcome(1, -10), outcome(10, -100)], frame);
    expect([loss.y(0), loss.y(-100)]).toEqual([10, 110]);
  });
});
