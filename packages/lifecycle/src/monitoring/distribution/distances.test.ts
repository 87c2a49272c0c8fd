import { readFileSync } from "node:fs";
import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { expectedPsi, numberDistances } from "./distances.ts";
import { numberReference } from "./number-reference.ts";
import { NumberWindow } from "./number-window.ts";
import { ksDistance } from "./samples.ts";
import { seasonalWeights } from "./season.ts";
import { chiSquared, controlled, ksSignificance } from "./significance.ts";
import { weightedReference } from "./weighted-reference.ts";

const numbers = z.array(z.number().nullable()).transform((values) => Float64Array.from(values, (v) => v ?? Number.NaN));
const figures = ["ks", "ks_p", "psi", "jensen_shannon", "wasserstein"] as const;
const golden = z
  .object({
    cases: z.array(
      z
        .object({ name: z.string(), reference: numbers, current: numbers })
        .extend(
          Object.fromEntries(figures.map((name) => [name, z.number()])) as Record<
            (typeof figures)[number],
            z.ZodNumber
          >,
        ),
    ),
    tables: z.array(
      z.object({
        name: z.string(),
        rows: z.tuple([z.array(z.number()), z.array(z.number())]),
        statistic: z.number(),
        degrees: z.number(),
        p: z.number(),
      }),
    ),
    controlled: z.object({ p: z.array(z.number()), adjusted: z.array(z.number()) }),
  })
  .parse(JSON.parse(readFileSync(new URL("../fixtures/golden.json", import.meta.url), "utf8")));

const windowOf = (reference: ArrayLike<number>, current: ArrayLike<number>): NumberWindow => {
  const window = new NumberWindow(numberReference(reference));
  window.add(current);
  return window;
};
const random = new Random(2);
const uniform = () => (random.next32() + 0.5) / 2 ** 32;
const normals = (n: number, mean = 0) =>
  Float64Array.from(
    { length: n },
    () => mean + Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );

describe.each(golden.cases)("SciPy and NumPy say the same of: $name", (sample) => {
  const { ks, psi, jensenShannon, wasserstein } = numberDistances(windowOf(sample.reference, sample.current));
  const [n, m] = [sample.reference, sample.current].map((values) => values.filter((v) => !Number.isNaN(v)).length);

  it("KS, PSI and Jensen-Shannon within 1e-9", () => {
    expect(Math.abs(ks - sample.ks)).toBeLessThanOrEqual(1e-9);
    expect(Math.abs(psi - sample.psi)).toBeLessThanOrEqual(1e-9);
    expect(Math.abs(jensenShannon - sample.jensen_shannon)).toBeLessThanOrEqual(1e-9);
  });

  it("Wasserstein within a hundredth, as gaps in which the two cross are taken as straight", () => {
    expect(Math.abs(wasserstein - sample.wasserstein)).toBeLessThanOrEqual(0.01 * Math.max(1, sample.wasserstein));
  });

  it("the p of KS within two hundredths", () => {
    expect(Math.abs(ksSignificance(ks, n!, m!) - sample.ks_p)).toBeLessThanOrEqual(0.02);
  });
});

it.each(golden.tables)("SciPy's chi-squared of a table: $name", ({ rows, statistic, degrees, p }) => {
  const found = chiSquared(...rows);
  expect(found.degrees).toBe(degrees);
  expect(Math.abs(found.statistic - statistic)).toBeLessThanOrEqual(1e-9 * Math.max(1, statistic));
  expect(Math.abs(found.p - p)).toBeLessThanOrEqual(1e-12);
});

it("controls the share of false findings as SciPy does, and passes by what has no p", () => {
  const found = controlled([...golden.controlled.p, Number.NaN]);
  for (const [at, p] of golden.controlled.adjusted.entries()) expect(found[at]).toBeCloseTo(p, 12);
  expect(found.at(-1)).toBeNaN();
});

describe("a window", () => {
  it("of parts, in any order, is the window of the whole", () => {
    const reference = numberReference(normals(3000));
    const values = normals(5000, 0.3);
    const whole = new NumberWindow(reference);
    whole.add(values);
    const [first, second] = [new NumberWindow(reference), new NumberWindow(reference)];
    second.add(values, { from: 2000 });
    first.add(values, { to: 2000 });
    second.merge(first);
    expect(second.cells).toEqual(whole.cells);
    expect(second.count).toBe(5000);
    expect(() => second.merge(new NumberWindow(numberReference([1])))).toThrow("two references");
  });

  it("against a thinned reference is off by no more than the reference says", () => {
    const [reference, current] = [normals(20_000), normals(10_000, 0.2)];
    const exact = ksDistance(reference, current);
    const thinned = numberReference(reference, { limit: 256 });
    expect(thinned.points.length).toBeLessThan(300);
    expect(thinned.coarseness).toBeGreaterThan(0);
    expect(thinned.coarseness).toBeLessThan(1 / 100);
    const window = new NumberWindow(thinned);
    window.add(current);
    expect(Math.abs(numberDistances(window).ks - exact)).toBeLessThanOrEqual(thinned.coarseness);
  });

  it("finds each value's place, at every scale", () => {
    const scales = Array.from({ length: 400 }, (_, i) => (i % 2 ? -1 : 1) * 10 ** ((i % 90) - 45) * (1 + i / 1000));
    const window = windowOf([...scales, 0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324], [...scales, -0]);
    // Every value is a point: none lies between.
    expect(window.cells.filter((_, cell) => cell % 2 === 0).every((count) => count === 0)).toBe(true);
    expect(window.count).toBe(401);
  });

  it("of nothing, or against nothing, has no distances", () => {
    for (const window of [windowOf([], [1]), windowOf([1], []), windowOf([Number.NaN], [Number.NaN])])
      expect(Object.values(numberDistances(window)).every(Number.isNaN)).toBe(true);
  });
});

it("PSI of small equal samples is about what expectedPsi says", () => {
  let sum = 0;
  for (let i = 0; i < 200; i++) sum += numberDistances(windowOf(normals(200), normals(200))).psi;
  expect(sum / 200).toBeGreaterThan(0.8 * expectedPsi(10, 200, 200));
  expect(sum / 200).toBeLessThan(1.35 * expectedPsi(10, 200, 200));
});

describe("a seasonal reference", () => {
  const HOUR = 3_600_000;
  // Amounts that depend on the hour alone: nights are small.
  const hours = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => (from + i) * HOUR);
  const amounts = (times: readonly number[]) => times.map((time) => ((time / HOUR) % 24 < 6 ? 1 : 100) + uniform());

  it("does not find that a night has drifted from days", () => {
    const [before, night] = [hours(0, 24 * 28), hours(24 * 28, 24 * 28 + 6)];
    const values = amounts(before);
    const plain = new NumberWindow(numberReference(values));
    plain.add(amounts(night));
    expect(numberDistances(plain).ks).toBeGreaterThan(0.7);
    const { weights, covered } = seasonalWeights(before, night, 0);
    const seasonal = weightedReference(values, weights);
    const same = new NumberWindow(seasonal);
    same.add(amounts(night));
    expect(covered).toBe(1);
    // Four weeks have 24 rows of those six hours, and no more is known.
    expect(seasonal.count).toBeCloseTo(24, 9);
    expect(ksSignificance(numberDistances(same).ks, seasonal.count, same.count)).toBeGreaterThan(0.01);
  });

  it("of equal weights is the plain one", () => {
    const values = [...normals(500), Number.NaN];
    const { edges, ...plain } = numberReference(values);
    const weighted = weightedReference(
      values,
      values.map(() => 0.5),
    );
    expect(weighted.points).toEqual(plain.points);
    for (const name of ["below", "through"] as const)
      for (const [at, share] of plain[name].entries()) expect(weighted[name][at]).toBeCloseTo(share, 12);
    expect(weighted.count).toBeCloseTo(500, 9);
    expect(weighted.missing).toBeCloseTo(1 / 501, 12);
    expect(weighted.deviation).toBeCloseTo(plain.deviation, 12);
    expect(weighted.edges.length).toBe(edges.length);
  });

  it("says what it has nothing to compare with", () => {
    expect(seasonalWeights(hours(0, 12), hours(168, 168 + 24), 0)).toMatchObject({ covered: 0.5 });
    expect(seasonalWeights(hours(0, 12), hours(168, 168 + 24), -3).covered).toBe(0.5);
    expect(seasonalWeights([], [], 0)).toMatchObject({ covered: 0 });
  });
});
