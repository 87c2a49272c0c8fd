import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binsOf, countPatterns, gridOf, patternAt } from "./pattern-scan.ts";

const FEATURES = ["a", "b", "c", "d"];
const rows = fc.array(
  fc.tuple(...FEATURES.map(() => fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(Number.NaN)))),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe("patterns of three features", () => {
  it("count each row once for each three, and name the values that it has", () => {
    fc.assert(
      fc.property(rows, (table) => {
        const columns = FEATURES.map((name, at) => ({ name, values: table.map((row) => row[at]!) }));
        const grid = gridOf(columns);
        const counts = countPatterns(grid.cuts.map((cuts, at) => binsOf(cuts, columns[at]!.values)));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4 * table.length);
        counts.forEach((count, index) => {
          if (count === 0) return;
          const { parts } = patternAt(grid, index);
          const fitting = table.filter((row) =>
            parts.every(({ feature, from, to }) => {
              const value = row[FEATURES.indexOf(feature)]!;
              return Number.isNaN(from) ? Number.isNaN(value) : value >= from && value < to;
            }),
          );
          expect(fitting).toHaveLength(count);
        });
      }),
      { numRuns: 50 },
    );
  });
});
