import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { averagePrecision } from "./average-precision.ts";
import { brier } from "./calibration.ts";
import { rocAuc } from "./roc-auc.ts";
import { thresholdMetrics } from "./threshold.ts";

/** Values computed by scikit-learn 1.9 on the same rows. */
const golden = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        scores: z.array(z.number()),
        labels: z.array(z.number()),
        threshold: z.number(),
        expected: z.object({
          averagePrecision: z.number(),
          rocAuc: z.number(),
          brier: z.number(),
          precision: z.number(),
          recall: z.number(),
          f1: z.number(),
          confusion: z.array(z.number()),
        }),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("./fixtures/golden.json", import.meta.url), "utf8")));

describe.each(golden.cases)("equal to scikit-learn: $name", ({ scores, labels, threshold, expected }) => {
  const s = Float64Array.from(scores);
  const y = Uint8Array.from(labels);
  const near = (value: number, reference: number) => expect(Math.abs(value - reference)).toBeLessThanOrEqual(1e-12);

  it("average precision", () => near(averagePrecision(s, y), expected.averagePrecision));
  it("area under the ROC curve", () => near(rocAuc(s, y), expected.rocAuc));
  it("Brier", () => near(brier(s, y), expected.brier));
  it("threshold metrics", () => {
    const at = thresholdMetrics({ scores: s, labels: y }, threshold);
    near(at.precision, expected.precision);
    near(at.recall, expected.recall);
    near(at.f1, expected.f1);
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = at.confusion;
    expect([truePositives, falsePositives, trueNegatives, falseNegatives]).toEqual(expected.confusion);
  });
});
