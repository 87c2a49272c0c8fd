import { describe, expect, it } from "vitest";
import { estimatePerformance, estimateRecord, scoreReference } from "./estimate.ts";
import { coverage, scoredTransfers } from "./scored-world.ts";

describe("estimates before labels", () => {
  // Sixty worlds show a gross fault only; the bench `estimates` asks thousands.
  const NOMINAL = 0.8;
  it.each([
    ["nothing has changed", {}],
    ["riskier transfers come", { shift: 0.4 }],
    ["the model's scores are too high", { distorted: true }],
  ])("hold what comes true in 95 of 100 worlds when %s", (_, options) => {
    for (const share of Object.values(coverage(60, options))) expect(share).toBeGreaterThanOrEqual(NOMINAL);
  });

  it("do not see a scam that the model does not know, and their record says so", () => {
    const found = coverage(30, { newScam: 0.04 });
    expect(found.recall).toBeLessThan(0.2);
    expect(estimateRecord(6, 2)).toEqual({ cohorts: 6, held: 2, isTrusted: false });
  });

  it("keep trust in a record that chance explains", () => {
    expect(estimateRecord(0, 0).isTrusted).toBe(true);
    expect(estimateRecord(20, 20).isTrusted).toBe(true);
    // Three or more of twenty fail in 7.5 of a hundred cases, five or more in 0.26.
    expect(estimateRecord(20, 17).isTrusted).toBe(true);
    expect(estimateRecord(20, 15).isTrusted).toBe(false);
  });

  it("say how little is known where the reference had no fraud, and nothing of scores that are no probabilities", () => {
    const now = scoredTransfers(3, 500);
    const rows = Uint32Array.from(now.score, (_, row) => row);
    const none = scoreReference(now.score, [], 0.2)!;
    expect(estimatePerformance(now, rows, none)!.recall.interval).toEqual({ low: 0, high: 1 });
    expect(scoreReference([0.1, 3], [], 0.2)).toBeUndefined();
    expect(estimatePerformance({ score: Float64Array.of(7), alerted: Uint8Array.of(1) }, [0], none)).toBeUndefined();
    expect(estimatePerformance(now, [], none)!.recall.value).toBeNaN();
  });
});
