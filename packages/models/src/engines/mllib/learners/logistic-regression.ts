/** LogisticRegressionModel, of two classes and of more. */

import { asBoolean, asCount, asNumbers, get } from "../fields.ts";
import { createDot, readMatrixRows, readVector } from "../linalg.ts";
import { hasParam, numberParam, onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { classification } from "./learner.ts";
import { softmax } from "./softmax.ts";

export async function readLogisticRegression(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  const numFeatures = asCount(get(row, "numFeatures"));
  const numClasses = asCount(get(row, "numClasses"));
  const intercepts = readVector(get(row, "interceptVector")).values;
  const dots = readMatrixRows(get(row, "coefficientMatrix")).map(createDot);
  if (asBoolean(get(row, "isMultinomial")))
    return classification(saved, {
      numFeatures,
      numClasses,
      raw(numbers, at, to) {
        for (let i = 0; i < numClasses; i++) numbers[to + i] = dots[i]!(numbers, at) + intercepts[i]!;
      },
      probability: (numbers, raw, to) => softmax(numbers, raw, to, numClasses),
    });
  const dot = dots[0]!;
  const intercept = intercepts[0]!;
  const least = rawThreshold(saved);
  return classification(saved, {
    numFeatures,
    numClasses: 2,
    raw(numbers, at, to) {
      const margin = dot(numbers, at) + intercept;
      numbers[to] = -margin;
      numbers[to + 1] = margin;
    },
    probability: logisticProbability,
    decide: (numbers, raw) => Number(numbers[raw + 1]! > least),
  });
}

/** Two raw scores, one the negative of the other, into probabilities. */
export function logisticProbability(numbers: Float64Array, raw: number, to: number): void {
  const first = 1 / (1 + Math.exp(-numbers[raw]!));
  numbers[to] = first;
  numbers[to + 1] = 1 - first;
}

/** The margin above which the answer is 1. `thresholds` go before `threshold`. */
function rawThreshold(saved: SavedStage): number {
  let threshold: number;
  if (hasParam(saved, "thresholds")) {
    const [zero = 1, one = 1] = asNumbers(saved.param("thresholds"));
    threshold = 1 / (1 + zero / one);
  } else threshold = numberParam(saved, "threshold");
  if (threshold === 0) return Number.NEGATIVE_INFINITY;
  return threshold === 1 ? Number.POSITIVE_INFINITY : Math.log(threshold / (1 - threshold));
}
