import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { domainDrift } from "./domain-drift.ts";
import type { FeatureSample } from "./drift.ts";
import { reconstructionDrift } from "./reconstruction-drift.ts";

/** Six features of which the first three go together by `tie` (0 to 1) in the window and by 0.9 in the reference, and a category. */
function features(seed: number, rows: number, tie = 0.9): FeatureSample[] {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const table = (strength: number) => {
    const columns = Array.from({ length: 7 }, () => new Float64Array(rows));
    for (let row = 0; row < rows; row++) {
      const common = normal();
      for (let at = 0; at < 6; at++) {
        const own = at < 3 ? strength : 0;
        columns[at]![row] = own * common + Math.sqrt(1 - own * own) * normal();
      }
      columns[6]![row] = random.below(3);
    }
    return columns;
  };
  const [reference, current] = [table(0.9), table(tie)];
  return reference.map((column, at) => ({
    ...{ name: at < 6 ? `f${at}` : "code", kind: at < 6 ? "number" : "category", importance: 0.1 },
    ...{ reference: column, current: current[at]! },
  }));
}

describe("rows made again from the reference's components", () => {
  it("say nothing while features go together as before", () => {
    let beyond = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const found = reconstructionDrift(features(seed, 800))!;
      expect(found.level).toBe("info");
      if (found.interval.low > 0.5 || found.interval.high < 0.5) beyond++;
    }
    // One in a hundred is meant to be.
    expect(beyond).toBeLessThanOrEqual(3);
  });

  it("tell that they do not any more, where each feature is as it was and a classifier sees nothing", async () => {
    const rows = features(3, 3000, 0.2);
    const found = reconstructionDrift(rows)!;
    expect(found.level).toBe("watch");
    expect(found.auc).toBeGreaterThan(0.58);
    expect(
      found.features
        .slice(0, 3)
        .map(({ feature }) => feature)
        .sort(),
    ).toEqual(["f0", "f1", "f2"]);
    expect(found.features.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect((await domainDrift(rows))?.level).toBe("info");
  });

  it("tell of rows that fit better than before, and of values that stray", () => {
    const loose = features(4, 3000).map((feature) => ({ ...feature }));
    const tight = loose.map((feature) => ({
      ...feature,
      current: Float64Array.from(feature.current, (value) => (feature.kind === "number" ? value / 3 : value)),
    }));
    const better = reconstructionDrift(tight)!;
    expect(better).toMatchObject({ level: "watch" });
    expect(better.auc).toBeLessThan(0.45);
    const stray = loose.map((feature, at) =>
      at === 1 ? { ...feature, current: Float64Array.from(feature.current, (value) => 4 * value) } : feature,
    );
    expect(reconstructionDrift(stray)?.features[0]?.feature).toBe("f1");
  });

  it("take missing values for the mean, and leave out what never varies", () => {
    const rows = features(5, 1000);
    const gone = rows.map((feature, at) => {
      if (at === 0)
        return {
          ...feature,
          current: Float64Array.from(feature.current, (value, row) => (row % 2 === 0 ? Number.NaN : value)),
        };
      return at === 5 ? { ...feature, reference: Float64Array.from(feature.reference, () => 7) } : feature;
    });
    const found = reconstructionDrift(gone)!;
    expect(found.features.map(({ feature }) => feature)).not.toContain("f5");
    expect(Number.isFinite(found.auc)).toBe(true);
    expect(reconstructionDrift(rows.slice(0, 2))).toBeUndefined();
    expect(reconstructionDrift(features(6, 150))).toBeUndefined();
    expect(reconstructionDrift([])).toBeUndefined();
  });
});
