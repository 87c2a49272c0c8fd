import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import { thresholdForBudget } from "@esteira/models/evaluation/threshold";
import { fitLogisticRegression } from "@esteira/models/training/logistic-regression";
import { ALERT_BUDGET } from "../policy/policy.ts";
import { judge, type Study } from "./study.ts";

/** What any model must beat: the amount alone, and a linear model on the same features. */
export interface Baseline {
  readonly name: "amount only" | "logistic regression";
  readonly scores: Float64Array;
  readonly report: EvaluationReport;
}

export async function baselines(study: Study, seed: number, signal: AbortSignal): Promise<Baseline[]> {
  const amount = rankShare(study.testRows.amounts);
  const amountThreshold = thresholdForBudget(rankShare(study.validationRows.amounts), ALERT_BUDGET);
  const logistic = await fitLogisticRegression(study.train, { signal });
  const logisticScores = logistic.predict(study.test.values, study.test.rows);
  const logisticThreshold = thresholdForBudget(
    logistic.predict(study.validation.values, study.validation.rows),
    ALERT_BUDGET,
  );
  return [
    { name: "amount only", scores: amount, report: judge(study, amount, amountThreshold, seed) },
    {
      name: "logistic regression",
      scores: logisticScores,
      report: judge(study, logisticScores, logisticThreshold, seed),
    },
  ];
}

/** Each value's share of values at or below it: an order-keeping way into [0, 1]. */
function rankShare(values: Float64Array): Float64Array {
  const sorted = Float64Array.from(values).sort();
  return values.map((value) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    return low / sorted.length;
  });
}
