/** Scores rows against a `LightgbmModel`: sums in double precision, in the order of the trees, as LightGBM does. */

import { invalid } from "@esteira/core/errors";
import type { AddTrees } from "../trees/packed-sum.ts";
import { type Explainer, explainTrees } from "../trees/shap.ts";
import { findLeaf, goesLeft, type LightgbmModel, leafOutput, settle } from "./model.ts";
import { walkRanks } from "./walk-ranks.ts";

export interface LightgbmScorer {
  readonly model: LightgbmModel;
  /** Raw scores of a row-major matrix of `rows` rows, NaN where missing: `rows * groups` values. */
  raw(matrix: Float64Array, rows: number): Float64Array;
  /** What LightGBM's `predict` answers: `rows * groups` values. */
  predict(matrix: Float64Array, rows: number): Float64Array;
  /** The number of the leaf in each tree: `rows * treeCount` values. */
  leaves(matrix: Float64Array, rows: number): Int32Array;
}

/** The plain walk, split by split: for models with categorical splits or linear leaves. */
function walkPlain(model: LightgbmModel): AddTrees<Float64Array> {
  const { numFeatures, groups, treeCount, treeGroup } = model;
  const settled = new Float64Array(numFeatures);
  return (matrix, rows, out) => {
    for (let row = 0; row < rows; row++) {
      for (let f = 0; f < numFeatures; f++) settled[f] = settle(matrix[row * numFeatures + f]!);
      for (let group = 0; group < groups; group++) out[row * groups + group] = 0;
      for (let tree = 0; tree < treeCount; tree++)
        out[row * groups + treeGroup[tree]!]! += leafOutput(model, findLeaf(model, tree, settled), settled);
    }
  };
}

export function createLightgbmScorer(model: LightgbmModel): LightgbmScorer {
  const { groups, numFeatures, treeCount, originalId, objective } = model;
  const addTrees = model.categories.size > 0 || model.linear.size > 0 ? walkPlain(model) : walkRanks(model);
  // A forest answers for the mean of its rounds, while its raw score is their sum.
  const rounds = model.isAverage ? Math.max(1, treeCount / groups) : 1;

  const check = (matrix: Float64Array, rows: number): void => {
    if (!Number.isInteger(rows) || rows < 0 || matrix.length < rows * numFeatures)
      throw invalid(
        `A matrix of ${rows} rows needs ${rows * numFeatures} values (${numFeatures} a row), not ${matrix.length}`,
      );
  };
  const raw = (matrix: Float64Array, rows: number): Float64Array => {
    check(matrix, rows);
    const out = new Float64Array(rows * groups);
    addTrees(matrix, rows, out);
    return out;
  };

  return {
    model,
    raw,
    predict(matrix, rows) {
      const scores = raw(matrix, rows);
      if (rounds !== 1) for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / rounds;
      if (objective !== undefined)
        for (let row = 0; row < rows; row++) objective.apply(scores.subarray(row * groups, (row + 1) * groups));
      return scores;
    },
    leaves(matrix, rows) {
      check(matrix, rows);
      const out = new Int32Array(rows * treeCount);
      for (let row = 0; row < rows; row++) {
        const settled = matrix.subarray(row * numFeatures, (row + 1) * numFeatures).map(settle);
        for (let tree = 0; tree < treeCount; tree++)
          out[row * treeCount + tree] = originalId[findLeaf(model, tree, settled)]!;
      }
      return out;
    },
  };
}

/**
 * Contributions to the raw score, as LightGBM's `pred_contrib` gives them: shares by rows of training data. Throws
 * INVALID_PARAMETER_VALUE for linear trees, which LightGBM does not explain either, and where the file holds no counts.
 */
export function createLightgbmExplainer(model: LightgbmModel): Explainer {
  if (model.linear.size > 0) throw invalid("Contributions of linear trees are not defined");
  if (model.cover.some(Number.isNaN))
    throw invalid("The model file holds no counts of training rows, without which there are no contributions");
  return explainTrees({
    trees: model,
    base: new Float64Array(model.groups),
    goesLeft: (node, value) => goesLeft(model, node, settle(value)),
    leafValue: (node) => model.value[node]!,
  });
}
