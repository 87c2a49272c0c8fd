import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { driftLevel, driftOf, driftTable } from "./drift.ts";
import { summariseLatency } from "./latency.ts";
import { STANDARD_SETTINGS } from "./settings.ts";

const random = new Random(2);
const times = (n: number, values: readonly number[]) => Array.from({ length: n }, () => values).flat();
const normals = (n: number, mean = 0) =>
  Float64Array.from(
    { length: n },
    () =>
      mean +
      Math.sqrt(-2 * Math.log((random.next32() + 0.5) / 2 ** 32)) * Math.cos((2 * Math.PI * random.next32()) / 2 ** 32),
  );

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
    expect(alarms).toBeLessThan(10);
    expect(driftOf({ ...still, name: "many" }, STANDARD_SETTINGS).psi).toBeLessThan(0.02);
  });

  it("reads categories, a new one too", () => {
    const row = driftOf(
      {
        name: "key_type",
        kind: "category",
        reference: times(10, [1, 1, 1, 2, 2, 2]),
        current: times(10, [1, 1, 3, 3, 3, 3]),
        importance: 1,
      },
      STANDARD_SETTINGS,
    );
    expect(row.ks).toBeNaN();
    expect(row.level).toBe("act");
    expect(row.histogram.reference).toEqual([0.5, 0.5, 0]);
    expect(row.psi).toBeGreaterThan(3);
    expect(row.p).toBeLessThan(1e-6);
    const few = { name: "few", kind: "category", reference: [1, 2], current: [1, 3], importance: 1 } as const;
    expect(driftOf(few, STANDARD_SETTINGS).level).toBe("stable");
  });

  it("asks more of each of many features: a hundred that are still give no word", () => {
    const features = Array.from({ length: 100 }, (_, i) => ({
      ...still,
      name: `f${i}`,
      reference: normals(400),
      current: normals(150),
    }));
    expect(driftTable(features, STANDARD_SETTINGS).filter((row) => row.level !== "stable")).toEqual([]);
  });
});

it("latency leaves out what was not measured", () => {
  const summary = summariseLatency([3, 1, Number.NaN, 2]);
  expect(summary).toMatchObject({ count: 3, mean: 2, p50: 2, max: 3 });
  expect(summariseLatency([]).p99).toBeNaN();
});
