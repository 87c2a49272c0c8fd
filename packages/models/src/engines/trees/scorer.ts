/**
 * Scores rows against a `TreeEnsemble`, exactly as libxgboost: the sum starts from the base margin and adds one leaf
 * after another, in the order of the trees, in single precision.
 */

import { invalid } from "@esteira/core/errors";
import { findLeaf, type TreeEnsemble } from "./ensemble.ts";
import { type AnswerOf, answerOf, sigmoid } from "./objective.ts";
import { walkPacked } from "./walk-packed.ts";
import { walkPlain } from "./walk-plain.ts";

export interface Scorer {
  readonly ensemble: TreeEnsemble;
  /** Margins a row. */
  readonly groups: number;
  /** The raw score of one row of `numFeatures` values, NaN where missing. Models with one output only. */
  margin(row: Float32Array): number;
  /** The probability of the positive class. Logistic models only. */
  probability(row: Float32Array): number;
  /** What XGBoost's `predict` answers for one row. Models with one output only. */
  answer(row: Float32Array): number;
  /** Raw scores of a row-major matrix of `rows` rows; `out` has `rows * groups` slots. */
  margins(matrix: Float32Array, rows: number, out?: Float32Array): Float32Array;
  /** What XGBoost's `predict` answers for a row-major matrix; `rows * answerWidth` values. */
  predict(matrix: Float32Array, rows: number): Float32Array;
  /** Values a row in `predict`'s answer. */
  readonly answerWidth: number;
  /** The leaf of each tree that a row ends in, by XGBoost's numbering: `rows * treeCount` values. */
  leaves(matrix: Float32Array, rows: number): Int32Array;
}

export function createScorer(ensemble: TreeEnsemble): Scorer {
  const { groups, numFeatures, objective } = ensemble;
  const answer = answerOf(objective);
  const addTrees = ensemble.categories.size > 0 ? walkPlain(ensemble) : walkPacked(ensemble);
  const single = new Float32Array(1);

  const margins = (matrix: Float32Array, rows: number, out = new Float32Array(rows * groups)): Float32Array => {
    if (!Number.isInteger(rows) || rows < 0 || matrix.length < rows * numFeatures)
      throw invalid(
        `A matrix of ${rows} rows needs ${rows * numFeatures} values (${numFeatures} a row), not ${matrix.length}`,
      );
    if (out.length < rows * groups) throw invalid(`The answer of ${rows} rows needs ${rows * groups} slots`);
    addTrees(matrix, rows, out);
    return out;
  };

  const margin = (row: Float32Array): number => {
    if (groups !== 1) throw invalid(`The model has ${groups} outputs a row; ask for margins or predict`);
    if (row.length !== numFeatures) throw invalid(`A row has ${numFeatures} values, not ${row.length}`);
    addTrees(row, 1, single);
    return single[0]!;
  };

  return {
    ensemble,
    groups,
    answerWidth: answer.width(groups),
    margin,
    margins,
    probability(row) {
      if (!answer.isLogistic) throw invalid(`A model of ${objective} has no probability of a class`);
      return sigmoid(margin(row));
    },
    answer(row) {
      margin(row);
      answer.apply(single);
      return single[0]!;
    },
    predict: (matrix, rows) => toAnswers(answer, margins(matrix, rows), rows, groups),
    leaves(matrix, rows) {
      const { treeCount, originalId } = ensemble;
      const out = new Int32Array(rows * treeCount);
      for (let row = 0; row < rows; row++)
        for (let tree = 0; tree < treeCount; tree++)
          out[row * treeCount + tree] = originalId[findLeaf(ensemble, tree, matrix, row * numFeatures)]!;
      return out;
    },
  };
}

function toAnswers(answer: AnswerOf, margins: Float32Array, rows: number, groups: number): Float32Array {
  if (answer.isElementwise) {
    answer.apply(margins);
    return margins;
  }
  const width = answer.width(groups);
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const one = margins.subarray(row * groups, (row + 1) * groups);
    answer.apply(one);
    out.set(one.subarray(0, width), row * width);
  }
  return out;
}
