import { expect, test } from "vitest";
import { judge } from "../training/study.ts";
import { compareWithPublished, type Standing } from "./comparison.ts";
import { comparisonJson, comparisonMarkdown } from "./comparison-text.ts";
import { prepareHandbookStudy } from "./study.ts";
import { tinyLedger } from "./tiny-ledger.testing.ts";

const study = prepareHandbookStudy(
  tinyLedger(40, [
    [1, 0],
    [8, 1],
    [15, 2],
    [16, 3],
    [17, 4],
    [18, 5],
  ]),
);
const labels = Float64Array.from(study.testRows.labels);
const comparisonOf = (standing: Standing) =>
  compareWithPublished(
    study,
    [
      {
        name: "amount only",
        library: "the rank",
        scores: labels.map(() => 0.5),
        report: reportOf(labels.map(() => 0.5)),
      },
      { name: "XGBoost", published: "XGBoost", library: "libxgboost", scores: labels, report: reportOf(labels) },
    ],
    standing,
    1,
  );
const reportOf = (scores: Float64Array) => judge(study, scores, 0.9, 1);

test("ours stand beside the published, with the ceiling, and the published that we did not train stay in", () => {
  const comparison = comparisonOf("same rows");
  const perfect = comparison.rows.find(({ model }) => model === "XGBoost")!;
  // Four frauds of four customers in seven days, a hundred checked a day.
  expect(comparison.ceiling).toBeCloseTo(4 / 700, 12);
  expect(perfect.ours?.cardPrecision.value).toBe(comparison.ceiling);
  expect(perfect.ours?.averagePrecision).toEqual({ value: 1, interval: { low: 1, high: 1 } });
  expect(perfect.published?.averagePrecision).toBe(0.639);
  expect(comparison.rows.map(({ model }) => model)).toEqual([
    "amount only",
    "XGBoost",
    "logistic regression",
    "decision tree, depth 2",
    "decision tree, unlimited",
    "random forest",
    "constant score",
  ]);

  const text = comparisonMarkdown(comparison);
  expect(text).toContain("| XGBoost | 1.000 1.000–1.000 | 0.862 | 1.000 1.000–1.000 | 0.639 | 0.006 ");
  expect(text).toContain("card precision@100 (at most 0.006)");
  expect(text).toContain("| random forest | – | 0.867 | – | 0.658 | – | 0.287 |");
  expect(text).toContain("| scenario | frauds | amount only | XGBoost |");
  expect(text).toMatch(/\| a \| 4 \| 0, 0 % \(0 %–\d+ %\) \| 4, 100 % \(\d+ %–100 %\) \|/);
  expect(text).toContain("(published 67,240, 598)");
  expect(text).toContain("- XGBoost: ours is libxgboost; published is XGBoost 1, its defaults.");

  const json = JSON.parse(comparisonJson(comparison));
  expect(json).toMatchObject({ standing: "same_rows", card_precision_k: 100, test: { frauds: 4 } });
  expect(json.models[1]).toMatchObject({ ours: { average_precision: { value: 1 } }, published: { auc_roc: 0.862 } });
  expect(json.models[0].published).toBeNull();
});

test("published results of other rows are said to be that", () => {
  const text = comparisonMarkdown(comparisonOf("for reference"));
  expect(text).toContain("| published, other rows |");
  expect(text).toContain("for reference, not to be set against ours");
});
