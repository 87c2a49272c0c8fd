import type { OperatingPoints } from "@esteira/core/wire/operating-points";
import { describe, expect, it } from "vitest";
import { bestIndex, capacityIndex, indexOfThreshold, outcomeAt } from "./explore.ts";

const costs = { recovery: 0.1, margin: 0.01, falseAlert: 10, alert: 5 };
const operating: OperatingPoints = {
  ...{ format: 1, rows: 1000, frauds: 4, days: 2, fraudAmount: 1000, currency: "BRL", threshold: 0.5, costs },
  points: {
    threshold: [0.9, 0.5, 0.1],
    alerts: [2, 10, 1000],
    caught: [2, 3, 4],
    caughtAmount: [600, 900, 1000],
    honestAmount: [0, 700, 90_000],
  },
};

describe("a threshold's outcome", () => {
  it("is that of its point", () => {
    expect(outcomeAt(operating, 1, costs)).toEqual({
      threshold: 0.5,
      alertsPerDay: 5,
      caught: 3,
      recall: 0.75,
      precision: 0.3,
      caughtAmount: 900,
      valueRecall: 0.9,
      botheredPerDay: 3.5,
      botheredPerFraud: 7 / 3,
      // 900 * 0.9, less 7 for margin, 70 for contact and 50 for the analysts, over two days.
      savedPerDay: 405,
      spentPerDay: 63.5,
      netPerDay: 341.5,
    });
    expect(outcomeAt(operating, -1, costs)).toMatchObject({ alertsPerDay: 0, recall: 0, precision: 0, netPerDay: 0 });
  });

  it("is found by what is asked of it", () => {
    expect(bestIndex(operating, costs)).toBe(1);
    // Where an alert costs more than any fraud is worth, nothing is alerted.
    expect(bestIndex(operating, { ...costs, alert: 10_000 })).toBe(-1);
    expect([0.5, 1, 4, 5, 600].map((alerts) => capacityIndex(operating, alerts))).toEqual([-1, 0, 0, 1, 2]);
    expect([1, 0.9, 0.7, 0.5, 0].map((threshold) => indexOfThreshold(operating, threshold))).toEqual([-1, 0, 0, 1, 2]);
  });
});
