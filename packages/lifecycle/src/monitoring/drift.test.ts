import { readFileSync } from "node:fs";
import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { driftLevel, driftOf, driftTable } from "./drift.ts";
import { ksDistance } from "./ks.ts";
import { summariseLatency } from "./latency.ts";
import { categoricalPsi, expectedPsi, populationStability, psi } from "./psi.ts";
import { STANDARD_SETTINGS } from "./settings.ts";

/** Values computed by SciPy 1.17 and NumPy on the same samples. */
const numbers = z.array(z.number().nullable()).transform((values) => Float64Array.from(values, (v) => v ?? Number.NaN));
const golden = z
  .object({
    cases: z.array(
      z.object({ name: z.string(), reference: numbers, current: numbers, ks: z.number(), psi: z.number() }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("./fixtures/golden.json", import.meta.url), "utf8")));

describe.each(golden.cases)("equal to SciPy and NumPy: $name", (sample) => {
  it("KS", () => {
    expect(Math.abs(ksDistance(sample.reference, sample.current) - sample.ks)).toBeLessThanOrEqual(1e-9);
  });
  it("PSI", () => {
    expect(Math.abs(psi(sample.reference, sample.current) - sample.psi)).toBeLessThanOrEqual(1e-9);
  });
});

const random = new Random(2);
const normals = (n: number, mean = 0) =>
  Float64Array.from(
    { length: n },
    () =>
      mean +
      Math.sqrt(-2 * Math.log((random.next32() + 0.5) / 2 ** 32)) * Math.cos((2 * Math.PI * random.next32()) / 2 ** 32),
  );

describe("PSI", () => {
  it("of small equal samples is about what expectedPsi says", () => {
    let sum = 0;
    for (let i = 0; i < 200; i++) sum += psi(normals(200), normals(200));
    expect(sum / 200).toBeGreaterThan(0.8 * expectedPsi(10, 200, 200));
    expect(sum / 200).toBeLessThan(1.35 * expectedPsi(10, 200, 200));
  });

  it("is infinite for nothing: no values give NaN, a new category a large number", () => {
    expect(populationStability(new Float64Array(3).fill(Number.NaN), normals(5))).toEqual({
      psi: Number.NaN,
      expected: Number.NaN,
    });
    expect(categoricalPsi([1, 1, 2, 2], [1, 1, 2, 2])).toBe(0);
    const appeared = categoricalPsi([1, 1, 2, 2], [1, 2, 9, 9]);
    expect(appeared).toBeGreaterThan(3);
    expect(Number.isFinite(appeared)).toBe(true);
    expect(ksDistance([], [1])).toBeNaN();
  });
});

describe("drift table", () => {
  const still = { kind: "number", reference: normals(4000), current: normals(4000), importance: 0.5 } as const;

  it("ranks by impact: a small move of what matters before a large one of what does not", () => {
    const rows = driftTable(
      [
        { ...still, name: "still" },
        { name: "matters", kind: "number", reference: normals(4000), current: normals(4000, 0.7), importance: 0.3 },
        { name: "unused", kind: "number", reference: normals(4000), current: normals(4000, 3), importance: 0.001 },
      ],
      STANDARD_SETTINGS,
    );
    expect(rows.map((row) => row.feature)).toEqual(["matters", "unused", "still"]);
    expect(rows.map((row) => row.level)).toEqual(["act", "act", "stable"]);
    expect(rows.map((row) => driftLevel(row, STANDARD_SETTINGS))).toEqual(["act", "info", "info"]);
  });

  it("sees values that go missing, and a feature that is gone altogether", () => {
    const half = normals(1000).map((value, i) => (i % 2 === 0 ? value : Number.NaN));
    const row = driftOf({ ...still, name: "half", current: half }, STANDARD_SETTINGS);
    expect(row).toMatchObject({ level: "act", missingReference: 0, missingCurrent: 0.5 });
    const gone = driftOf(
      { ...still, name: "gone", current: new Float64Array(100).fill(Number.NaN) },
      STANDARD_SETTINGS,
    );
    expect(gone.level).toBe("act");
    expect(gone.impact).toBeGreaterThan(row.impact);
  });

  it("does not cry over a small sample", () => {
    let alarms = 0;
    for (let i = 0; i < 100; i++) {
      const row = driftOf({ ...still, name: "few", current: normals(60) }, STANDARD_SETTINGS);
      if (row.level !== "stable") alarms++;
    }
    expect(alarms).toBeLessThan(35);
    expect(psi(still.reference, still.current)).toBeLessThan(0.02);
  });

  it("reads categories, a new one too", () => {
    const row = driftOf(
      { name: "key_type", kind: "category", reference: [1, 1, 1, 2, 2, 2], current: [1, 1, 3, 3, 3, 3], importance: 1 },
      STANDARD_SETTINGS,
    );
    expect(row.ks).toBeNaN();
    expect(row.level).toBe("act");
    expect(row.histogram.reference).toEqual([0.5, 0.5, 0]);
  });
});

it("latency leaves out what was not measured", () => {
  const summary = summariseLatency([3, 1, Number.NaN, 2]);
  expect(summary).toMatchObject({ count: 3, mean: 2, p50: 2, max: 3 });
  expect(summariseLatency([]).p99).toBeNaN();
});
