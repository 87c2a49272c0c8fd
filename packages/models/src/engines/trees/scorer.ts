/**
 * Scores rows against a `TreeEnsemble`, exactly as libxgboost: the sum starts from the base margin and adds one leaf
 * after another in single precision.
 *
 * What makes it fast. Floats are mapped once a row to integers of the same order, so a whole node is four neighbours in
 * one Int32Array. Each feature has two such keys, which differ for a missing value only (lowest and highest), so that a
 * node needs no test for it: it reads the key that takes its default side. Leaves link to themselves, so that all
 * trees of a bundle walk the same number of steps side by side without a branch to guess.
 */

import { invalid } from "@esteira/core/errors";
import { findLeaf, type TreeEnsemble } from "./ensemble.ts";
import { type AnswerOf, answerOf, sigmoid } from "./objective.ts";

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

/** Words of a node: key slot to read, threshold's key, place of the left child less 0, bits of the leaf's value. */
const STRIDE = 4;
/** Trees that walk side by side. Enough to hide the wait for memory, few enough for the registers. */
const BUNDLE = 4;
/** Beyond this depth trees are lopsided, and walking each to its own leaf is cheaper than all to the deepest. */
const MAX_STEPS = 16;
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;

const floatView = new Float32Array(1);
const bitsView = new Int32Array(floatView.buffer);

/** Integers in the order of the floats; both zeros are one key. NaN is not for it. */
function keyOf(value: number): number {
  floatView[0] = value === 0 ? 0 : value;
  const bits = bitsView[0]!;
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

export function createScorer(ensemble: TreeEnsemble): Scorer {
  const { groups, numFeatures, objective } = ensemble;
  const answer = answerOf(objective);
  const addTrees = ensemble.categories.size > 0 ? walkOneByOne(ensemble) : walkBundles(ensemble);
  const single = new Float32Array(1);

  const margins = (matrix: Float32Array, rows: number, out = new Float32Array(rows * groups)): Float32Array => {
    if (!Number.isInteger(rows) || rows < 0 || matrix.length < rows * numFeatures)
      throw invalid(
        `A matrix of ${rows} rows needs ${rows * numFeatures} values (${numFeatures} a row), not ${matrix.length}`,
      );
    if (out.length < rows * groups) throw invalid(`The answer of ${rows} rows needs ${rows * groups} slots`);
    for (let row = 0; row < rows; row++) addTrees(matrix, row * numFeatures, out, row * groups);
    return out;
  };

  const margin = (row: Float32Array): number => {
    if (groups !== 1) throw invalid(`The model has ${groups} outputs a row; ask for margins or predict`);
    if (row.length !== numFeatures) throw invalid(`A row has ${numFeatures} values, not ${row.length}`);
    addTrees(row, 0, single, 0);
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
  const width = answer.width(groups);
  const out = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const one = margins.subarray(row * groups, (row + 1) * groups);
    answer.apply(one);
    out.set(one.subarray(0, width), row * width);
  }
  return out;
}

/** Writes the margins of the row at `offset` of `matrix` to `out`, from `at`. */
type AddTrees = (matrix: Float32Array, offset: number, out: Float32Array, at: number) => void;

/** The plain walk, for models with categorical splits. */
function walkOneByOne(ensemble: TreeEnsemble): AddTrees {
  const { groups, baseMargin, treeCount, treeGroup, value } = ensemble;
  const weight = ensemble.treeWeight ?? new Float32Array(treeCount).fill(1);
  return (matrix, offset, out, at) => {
    for (let group = 0; group < groups; group++) out[at + group] = baseMargin[group]!;
    for (let tree = 0; tree < treeCount; tree++) {
      const leaf = Math.fround(value[findLeaf(ensemble, tree, matrix, offset)]! * weight[tree]!);
      const slot = at + treeGroup[tree]!;
      out[slot] = out[slot]! + leaf;
    }
  };
}

interface Packed {
  /** STRIDE words a node. */
  readonly words: Int32Array;
  /** The same memory as floats: the fourth word of a leaf is its value, DART's weight applied. */
  readonly floats: Float32Array;
  /** Word index of each root. */
  readonly roots: Int32Array;
}

function pack(ensemble: TreeEnsemble): Packed {
  const { treeCount, treeStart, feature, value, child, defaultLeft, treeWeight } = ensemble;
  const total = treeStart[treeCount]!;
  const words = new Int32Array(Math.max(1, total) * STRIDE);
  const floats = new Float32Array(words.buffer);
  for (let tree = 0; tree < treeCount; tree++) {
    const weight = treeWeight?.[tree] ?? 1;
    for (let node = treeStart[tree]!; node < treeStart[tree + 1]!; node++) {
      const at = node * STRIDE;
      if (feature[node]! < 0) {
        // No key is less than the lowest: a leaf always takes its right side, which is itself.
        words[at] = 0;
        words[at + 1] = LOWEST;
        words[at + 2] = at - STRIDE;
        floats[at + 3] = value[node]! * weight;
      } else {
        words[at] = 2 * feature[node]! + defaultLeft[node]!;
        words[at + 1] = keyOf(value[node]!);
        words[at + 2] = child[node]! * STRIDE;
      }
    }
  }
  return { words, floats, roots: Int32Array.from(treeStart, (start) => start * STRIDE) };
}

/** Steps of each bundle of trees: its deepest tree. */
function bundleSteps(ensemble: TreeEnsemble): Int32Array {
  const bundles = Math.floor(ensemble.treeCount / BUNDLE);
  return Int32Array.from({ length: bundles }, (_, b) =>
    Math.max(...ensemble.treeDepth.subarray(b * BUNDLE, (b + 1) * BUNDLE)),
  );
}

function walkBundles(ensemble: TreeEnsemble): AddTrees {
  const { groups, numFeatures, baseMargin, treeCount, treeGroup, treeDepth } = ensemble;
  const { words, floats, roots } = pack(ensemble);
  const steps = bundleSteps(ensemble);
  const keys = new Int32Array(2 * Math.max(1, numFeatures));
  const input = new Float32Array(Math.max(1, numFeatures));
  const inputBits = new Int32Array(input.buffer);

  const readKeys = (matrix: Float32Array, offset: number): void => {
    for (let f = 0; f < numFeatures; f++) input[f] = matrix[offset + f]! + 0;
    for (let f = 0; f < numFeatures; f++) {
      const bits = inputBits[f]!;
      if ((bits & 0x7fffffff) > 0x7f800000) {
        keys[2 * f] = HIGHEST;
        keys[2 * f + 1] = LOWEST;
      } else {
        const key = bits ^ ((bits >> 31) & 0x7fffffff);
        keys[2 * f] = key;
        keys[2 * f + 1] = key;
      }
    }
  };

  const oneTree = (tree: number): number => {
    let n = roots[tree]!;
    for (let left = treeDepth[tree]!; left > 0; left--) {
      const next = words[n + 2]! + (+(keys[words[n]!]! >= words[n + 1]!) << 2);
      if (next === n) break;
      n = next;
    }
    return floats[n + 3]!;
  };

  const single = groups === 1;
  return (matrix, offset, out, at) => {
    readKeys(matrix, offset);
    for (let group = 0; group < groups; group++) out[at + group] = baseMargin[group]!;
    let sum = baseMargin[0]!;
    let tree = 0;
    for (let b = 0; b < steps.length; b++) {
      const depth = steps[b]!;
      let w: number;
      let x: number;
      let y: number;
      let z: number;
      if (depth <= MAX_STEPS) {
        let i = roots[tree]!;
        let j = roots[tree + 1]!;
        let k = roots[tree + 2]!;
        let l = roots[tree + 3]!;
        for (let left = depth; left > 0; left--) {
          i = words[i + 2]! + (+(keys[words[i]!]! >= words[i + 1]!) << 2);
          j = words[j + 2]! + (+(keys[words[j]!]! >= words[j + 1]!) << 2);
          k = words[k + 2]! + (+(keys[words[k]!]! >= words[k + 1]!) << 2);
          l = words[l + 2]! + (+(keys[words[l]!]! >= words[l + 1]!) << 2);
        }
        w = floats[i + 3]!;
        x = floats[j + 3]!;
        y = floats[k + 3]!;
        z = floats[l + 3]!;
      } else {
        w = oneTree(tree);
        x = oneTree(tree + 1);
        y = oneTree(tree + 2);
        z = oneTree(tree + 3);
      }
      if (single) {
        sum = Math.fround(Math.fround(Math.fround(Math.fround(sum + w) + x) + y) + z);
      } else {
        out[at + treeGroup[tree]!] = out[at + treeGroup[tree]!]! + w;
        out[at + treeGroup[tree + 1]!] = out[at + treeGroup[tree + 1]!]! + x;
        out[at + treeGroup[tree + 2]!] = out[at + treeGroup[tree + 2]!]! + y;
        out[at + treeGroup[tree + 3]!] = out[at + treeGroup[tree + 3]!]! + z;
      }
      tree += BUNDLE;
    }
    for (; tree < treeCount; tree++) {
      const leaf = oneTree(tree);
      if (single) sum = Math.fround(sum + leaf);
      else out[at + treeGroup[tree]!] = out[at + treeGroup[tree]!]! + leaf;
    }
    if (single) out[at] = sum;
  };
}
