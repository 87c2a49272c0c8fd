/** Factorization machines, for two classes and for numbers. */

import { asNumber, get } from "../fields.ts";
import { createDot, readMatrixRows, readVector } from "../linalg.ts";
import { onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { classification, type Predict, regression } from "./learner.ts";

async function readMachine(saved: SavedStage): Promise<{ readonly size: number; readonly predict: Predict }> {
  const row = await onlyRow(saved);
  const intercept = asNumber(get(row, "intercept"));
  const linear = readVector(get(row, "linear"));
  const factors = readMatrixRows(get(row, "factors")).map(({ values }) => values);
  const dot = createDot(linear);
  const size = linear.values.length;
  const factorSize = factors[0]?.length ?? 0;
  return {
    size,
    predict(numbers, at) {
      let answer = intercept + dot(numbers, at);
      for (let f = 0; f < factorSize; f++) {
        let sum = 0;
        let squares = 0;
        for (let i = 0; i < size; i++) {
          const value = numbers[at + i]!;
          if (value === 0) continue;
          const part = factors[i]![f]! * value;
          squares += part * part;
          sum += part;
        }
        answer += 0.5 * (sum * sum - squares);
      }
      return answer;
    },
  };
}

export async function readFmRegressor(saved: SavedStage): Promise<Stage> {
  const { size, predict } = await readMachine(saved);
  return regression(saved, { numFeatures: size, predict });
}

export async function readFmClassifier(saved: SavedStage): Promise<Stage> {
  const { size, predict } = await readMachine(saved);
  return classification(saved, {
    numFeatures: size,
    numClasses: 2,
    raw(numbers, at, to) {
      const answer = predict(numbers, at, size);
      numbers[to] = -answer;
      numbers[to + 1] = answer;
    },
    probability(numbers, raw, to) {
      const second = 1 / (1 + Math.exp(-numbers[raw + 1]!));
      numbers[to] = 1 - second;
      numbers[to + 1] = second;
    },
  });
}
