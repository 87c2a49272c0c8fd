/**
 * The fast walk of an XGBoost ensemble without categorical splits: floats become integers of the same order, and leaves
 * are summed in single precision, in the order of the trees, as libxgboost sums them.
 */

import type { TreeEnsemble } from "./ensemble.ts";
import { type AddTrees, createPackedSum, HIGHEST, LOWEST, packLeaf, STRIDE } from "./packed-sum.ts";

/** Bits of a float32 that is a number, as an integer in the order of the floats. */
const orderedBits = (bits: number): number => bits ^ ((bits >> 31) & 0x7fffffff);

/** Bits of the float32 -0. */
const NEGATIVE_ZERO = -(2 ** 31);

export function walkPacked(ensemble: TreeEnsemble): AddTrees<Float32Array> {
  const { treeCount, treeStart, feature, value, child, defaultLeft, treeWeight, numFeatures } = ensemble;
  const total = treeStart[treeCount]!;
  const words = new Int32Array(Math.max(1, total) * STRIDE);
  const leafValues = new Float64Array(total);
  const bits = new Int32Array(value.buffer, value.byteOffset, value.length);
  let leaves = 0;
  // Plain reads and no calls: this runs once a model, before anything is compiled, and while a server starts.
  for (let tree = 0; tree < treeCount; tree++) {
    const weight = treeWeight?.[tree] ?? 1;
    const end = treeStart[tree + 1]!;
    for (let node = treeStart[tree]!; node < end; node++) {
      const at = node * STRIDE;
      const index = feature[node]!;
      if (index < 0) {
        packLeaf(words, at, leaves);
        leafValues[leaves++] = Math.fround(value[node]! * weight);
      } else {
        const found = bits[node]!;
        words[at] = 2 * index + defaultLeft[node]!;
        // One zero of the two.
        words[at + 1] = found === NEGATIVE_ZERO ? 0 : found ^ ((found >> 31) & 0x7fffffff);
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
    leafValues: leafValues.subarray(0, leaves),
    treeGroup: ensemble.treeGroup,
    base: ensemble.baseMargin,
    isSingle: true,
    rowLength: numFeatures,
    // Of each feature the key that takes a missing value right, then the one that takes it left.
    slots: 2 * numFeatures,
    readKeys(matrix, offset, keys, to, step) {
      for (let f = 0; f < numFeatures; f++) input[f] = matrix[offset + f]! + 0;
      for (let f = 0; f < numFeatures; f++) {
        const bits = inputBits[f]!;
        const isMissing = (bits & 0x7fffffff) > 0x7f800000;
        const key = orderedBits(bits);
        keys[to + 2 * f * step] = isMissing ? HIGHEST : key;
        keys[to + (2 * f + 1) * step] = isMissing ? LOWEST : key;
      }
    },
  });
}
