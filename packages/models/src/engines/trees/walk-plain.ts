/** The plain walk of an ensemble, split by split: for models with categorical splits. */

import { findLeaf, type TreeEnsemble } from "./ensemble.ts";
import type { AddTrees } from "./packed-sum.ts";

export function walkPlain(ensemble: TreeEnsemble): AddTrees<Float32Array> {
  const { groups, numFeatures, baseMargin, treeCount, treeGroup, value } = ensemble;
  const weight = ensemble.treeWeight ?? new Float32Array(treeCount).fill(1);
  const addRow = (matrix: Float32Array, offset: number, out: Float32Array, at: number): void => {
    for (let group = 0; group < groups; group++) out[at + group] = baseMargin[group]!;
    for (let tree = 0; tree < treeCount; tree++) {
      const leaf = Math.fround(value[findLeaf(ensemble, tree, matrix, offset)]! * weight[tree]!);
      const slot = at + treeGroup[tree]!;
      out[slot] = out[slot]! + leaf;
    }
  };
  return (matrix, rows, out) => {
    for (let row = 0; row < rows; row++) addRow(matrix, row * numFeatures, out, row * groups);
  };
}
