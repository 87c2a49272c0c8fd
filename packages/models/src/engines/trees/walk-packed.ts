/**
 * The fast walk of an XGBoost ensemble without categorical splits: floats become integers of the same order, and leaves
 * are summed in single precision, in the order of the trees, as libxgboost sums them.
 */

import type { TreeEnsemble } from "./ensemble.ts";
import { type AddTrees, createPackedSum, HIGHEST, LOWEST, packLeaf, STRIDE } from "./packed-sum.ts";

const floatView = new Float32Array(1);
const bitsView = new Int32Array(floatView.buffer);

/** Bits of a float32 that is a number, as an integer in the order of the floats. */
const orderedBits = (bits: number): number => bits ^ ((bits >> 31) & 0x7fffffff);

function keyOf(value: number): number {
  // Adding 0 makes one zero of the two.
  floatView[0] = value + 0;
  return orderedBits(bitsView[0]!);
}

export function walkPacked(ensemble: TreeEnsemble): AddTrees<Float32Array> {
  const { treeCount, treeStart, feature, value, child, defaultLeft, treeWeight, numFeatures } = ensemble;
  const total = treeStart[treeCount]!;
  const words = new Int32Array(Math.max(1, total) * STRIDE);
  const leafValues: number[] = [];
  for (let tree = 0; tree < treeCount; tree++) {
    const weight = treeWeight?.[tree] ?? 1;
    for (let node = treeStart[tree]!; node < treeStart[tree + 1]!; node++) {
      const at = node * STRIDE;
      if (feature[node]! < 0) {
        packLeaf(words, at, leafValues.length);
        leafValues.push(Math.fround(value[node]! * weight));
      } else {
        words[at] = 2 * feature[node]! + defaultLeft[node]!;
        words[at + 1] = keyOf(value[node]!);
        words[at + 2] = child[node]! * STRIDE;
      }
    }
  }

  const input = new Float32Array(Math.max(1, numFeatures));
  const inputBits = new Int32Array(input.buffer);
  return createPackedSum<Float32Array>({
    words,
    roots: Int32Array.from(treeStart, (start) => start * STRIDE),
    depths: ensemble.treeDepth,
    leafValues: Float64Array.from(leafValues),
    treeGroup: ensemble.treeGroup,
    base: ensemble.baseMargin,
    isSingle: true,
    rowLength: numFeatures,
    // Of each feature the key that takes a missing value right, then the one that takes it left.
    slots: 2 * numFeatures,
    readKeys(matrix, offset, keys, to) {
      for (let f = 0; f < numFeatures; f++) input[f] = matrix[offset + f]! + 0;
      for (let f = 0; f < numFeatures; f++) {
        const bits = inputBits[f]!;
        const isMissing = (bits & 0x7fffffff) > 0x7f800000;
        const key = orderedBits(bits);
        keys[to + 2 * f] = isMissing ? HIGHEST : key;
        keys[to + 2 * f + 1] = isMissing ? LOWEST : key;
      }
    },
  });
}
