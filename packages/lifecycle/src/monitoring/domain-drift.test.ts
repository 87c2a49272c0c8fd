import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { domainDrift } from "./domain-drift.ts";
import type { FeatureSample } from "./drift.ts";

/** Six features of so many rows: `moved` standard deviations each, the last a category. */
function features(seed: number, rows: number, moved: readonly number[] = []): FeatureSample[] {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const column = (of: () => number) => Float64Array.from({ length: rows }, of);
  return [
    ...Array.from(
      { length: 5 },
      (_, at): FeatureSample => ({
        ...{ name: `f${at}`, kind: "number", importance: 0.2 },
        reference: column(normal),
        current: column(() => normal() + (moved[at] ?? 0)),
      }),
    ),
    {
      ...{ name: "code", kind: "category", importance: 0 },
      reference: column(() => random.below(4)),
      current: column(() => random.below(4)),
    },
  ];
}

describe("a classifier of reference and window", () => {
  it("holds its tongue while nothing has changed", async () => {
    let above = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const found = (await domainDrift(features(seed, 600)))!;
      expect(found.level).toBe("info");
      if (found.interval.low > 0.5) above++;
    }
    // One in two hundred is meant to be.
    expect(above).toBeLessThanOrEqual(2);
  });

  it("sees many small moves together, and says by what", async () => {
    const found = (await domainDrift(features(1, 3000, [0.25, 0.25, 0.25, 0.25])))!;
    // Moves of a quarter on four features are one of a half: an AUC of 0.64.
    expect(found.auc).toBeCloseTo(0.64, 1);
    expect(found.level).toBe("watch");
    expect(found.interval.low).toBeLessThan(found.auc);
    expect(
      found.features
        .slice(0, 4)
        .map(({ feature }) => feature)
        .sort(),
    ).toEqual(["f0", "f1", "f2", "f3"]);
  });

  it("sees values that are missing, or that stray to both sides, and says nothing of few rows", async () => {
    const rows = features(2, 1500);
    const half = rows[2]!.current.length;
    const gone = Float64Array.from(rows[2]!.current, (value, row) => (row < half / 2 ? Number.NaN : value));
    const wide = Float64Array.from(rows[3]!.current, (value) => 3 * value);
    const missing = (await domainDrift(rows.with(2, { ...rows[2]!, current: gone })))!;
    expect(missing.features[0]!.feature).toBe("f2");
    expect(missing.level).toBe("watch");
    const strayed = (await domainDrift(rows.with(3, { ...rows[3]!, current: wide })))!;
    expect(strayed.features[0]!.feature).toBe("f3");
    expect(strayed.level).toBe("watch");
    expect(await domainDrift(features(3, 100))).toBeUndefined();
    expect(await domainDrift([])).toBeUndefined();
  });
});
