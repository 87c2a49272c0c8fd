import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import {
  addEvidence,
  type CountReference,
  fallOfCount,
  figureReference,
  riseOfCount,
  shiftOfFigure,
} from "./sequential-change.ts";

function drawer(seed: number) {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  /** A Poisson count, by the time until so many arrivals. */
  const poisson = (rate: number) => {
    let [count, passed] = [0, -Math.log(uniform())];
    while (passed < rate) {
      count++;
      passed -= Math.log(uniform());
    }
    return count;
  };
  return { normal, poisson };
}

/** Days until the detector speaks; `most` where it does not. */
function daysUntil(limit: number, most: number, evidenceOf: (day: number) => number): number {
  let evidence = Number.NEGATIVE_INFINITY;
  for (let day = 1; day <= most; day++) {
    evidence = addEvidence(evidence, evidenceOf(day));
    if (evidence >= limit) return day;
  }
  return most;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("evidence of a change", () => {
  it.each([
    ["a rise", riseOfCount, { expected: 3, shape: Number.POSITIVE_INFINITY }],
    ["a fall", fallOfCount, { expected: 8, shape: Number.POSITIVE_INFINITY }],
  ] as const)(
    "of a count (%s) multiplies a stake by 1 on average while nothing has changed, and by less where the rate is on the other side",
    (_, of, reference) => {
      const stakes = (rate: number) => {
        // By the distribution itself: what is rare and large would be missed by draws.
        let [chance, sum] = [Math.exp(-rate), 0];
        for (let count = 0; count < 190; count++) {
          sum += chance * Math.exp(of(count, reference));
          chance *= rate / (count + 1);
        }
        return sum;
      };
      expect(stakes(reference.expected)).toBeCloseTo(1, 6);
      expect(stakes(of === riseOfCount ? reference.expected / 2 : reference.expected * 2)).toBeLessThan(1);
    },
  );

  it("comes slower of a count that varies by itself", () => {
    const sure: CountReference = { expected: 10, shape: Number.POSITIVE_INFINITY };
    expect(riseOfCount(30, sure)).toBeGreaterThan(riseOfCount(30, { ...sure, shape: 5 }));
    expect(riseOfCount(30, { expected: 0, shape: 1 })).toBe(0);
  });

  it("alarms falsely no sooner than was asked, on average", () => {
    const limit = 20;
    const counts = Array.from({ length: 60 }, (_, seed) => {
      const { poisson } = drawer(seed + 1);
      return daysUntil(Math.log(limit), 2000, () =>
        riseOfCount(poisson(5), { expected: 5, shape: Number.POSITIVE_INFINITY }),
      );
    });
    expect(mean(counts)).toBeGreaterThan(limit);
    // A figure whose mean and deviation are known of 28 days alone.
    const figures = Array.from({ length: 60 }, (_, seed) => {
      const { normal } = drawer(100 + seed);
      const reference = figureReference(Array.from({ length: 28 }, normal));
      return daysUntil(Math.log(limit), 2000, () => shiftOfFigure(normal(), reference));
    });
    expect(mean(figures)).toBeGreaterThan(limit);
  });

  it("is soon enough of what has changed", () => {
    const limit = Math.log(10_000);
    const { normal, poisson } = drawer(5);
    const reference = figureReference(Array.from({ length: 28 }, normal));
    expect(daysUntil(limit, 50, () => shiftOfFigure(6 + normal(), reference))).toBeLessThanOrEqual(3);
    expect(daysUntil(limit, 50, () => shiftOfFigure(normal() - 2.5, reference))).toBeLessThan(20);
    const rate: CountReference = { expected: 5, shape: 50 };
    expect(daysUntil(limit, 50, () => riseOfCount(poisson(20), rate))).toBeLessThanOrEqual(3);
    expect(daysUntil(limit, 50, () => fallOfCount(0, { expected: 20, shape: 50 }))).toBe(1);
  });

  it("is none where a reference tells nothing", () => {
    expect(shiftOfFigure(3, figureReference([1]))).toBe(0);
    expect(shiftOfFigure(3, figureReference([1, 1, 1]))).toBe(0);
  });
});
