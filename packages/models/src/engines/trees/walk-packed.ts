/**
 * The fast walk of an ensemble without categorical splits.
 *
 * Floats are mapped once a row to integers of the same order, so a whole node is four neighbours in one Int32Array.
 * Each feature has two such keys, which differ for a missing value only (lowest and highest), so that a node needs no
 * test for it: it reads the key that takes its default side. Leaves link to themselves, so that four walks go the same
 * number of steps side by side without a branch to guess: one row down four trees, or in a batch four rows down one.
 */

import type { TreeEnsemble } from "./ensemble.ts";

/** Writes the margins of `rows` rows of a row-major matrix to `out`, `groups` slots a row. */
export type AddTrees = (matrix: Float32Array, rows: number, out: Float32Array) => void;

/** Words of a node: slot of the key to read, key of the threshold, place of the left child, bits of a leaf's value. */
const STRIDE = 4;
/** Walks side by side. Enough to hide the wait for memory, few enough for the registers. */
const LANES = 4;
/** Rows of a batch that go down a tree before the next tree is taken up. */
const BLOCK = 64;
const MAX_BLOCK_KEYS = 2 ** 20;
/** Beyond this depth trees are lopsided, and walking each to its own leaf is cheaper than all to the deepest. */
const MAX_STEPS = 16;
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;

const floatView = new Float32Array(1);
const bitsView = new Int32Array(floatView.buffer);

/** Bits of a float32 that is a number, as an integer in the order of the floats. */
const orderedBits = (bits: number): number => bits ^ ((bits >> 31) & 0x7fffffff);

function keyOf(value: number): number {
  // Adding 0 makes one zero of the two.
  floatView[0] = value + 0;
  return orderedBits(bitsView[0]!);
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

/** Steps of each LANES trees in a row: those of the deepest. */
function bundleSteps(ensemble: TreeEnsemble): Int32Array {
  const bundles = Math.floor(ensemble.treeCount / LANES);
  return Int32Array.from({ length: bundles }, (_, b) =>
    Math.max(...ensemble.treeDepth.subarray(b * LANES, (b + 1) * LANES)),
  );
}

export function walkPacked(ensemble: TreeEnsemble): AddTrees {
  const { groups, numFeatures, baseMargin, treeCount, treeGroup, treeDepth } = ensemble;
  const { words, floats, roots } = pack(ensemble);
  const steps = bundleSteps(ensemble);
  const width = 2 * Math.max(1, numFeatures);
  // Very wide rows go one by one: a block of them would not stay in the cache, nor perhaps in memory.
  const block = width * BLOCK <= MAX_BLOCK_KEYS ? BLOCK : Number.POSITIVE_INFINITY;
  const keys = new Int32Array(block === BLOCK ? width * BLOCK : width);
  const input = new Float32Array(Math.max(1, numFeatures));
  const inputBits = new Int32Array(input.buffer);

  /** Writes the two keys of each feature of a row to `keys`, from `to`. */
  const readKeys = (matrix: Float32Array, offset: number, to: number): void => {
    for (let f = 0; f < numFeatures; f++) input[f] = matrix[offset + f]! + 0;
    for (let f = 0; f < numFeatures; f++) {
      const bits = inputBits[f]!;
      const isMissing = (bits & 0x7fffffff) > 0x7f800000;
      const key = orderedBits(bits);
      keys[to + 2 * f] = isMissing ? HIGHEST : key;
      keys[to + 2 * f + 1] = isMissing ? LOWEST : key;
    }
  };

  /** The value of the leaf where one row ends, walked by itself. */
  const leafOf = (tree: number, base: number): number => {
    let n = roots[tree]!;
    for (;;) {
      const next = words[n + 2]! + (+(keys[base + words[n]!]! >= words[n + 1]!) << 2);
      if (next === n) return floats[n + 3]!;
      n = next;
    }
  };

  const addRow = (out: Float32Array, at: number): void => {
    for (let group = 0; group < groups; group++) out[at + group] = baseMargin[group]!;
    const single = groups === 1;
    let sum = baseMargin[0]!;
    let tree = 0;
    for (let b = 0; b < steps.length; b++) {
      const depth = steps[b]!;
      if (depth > MAX_STEPS) {
        for (let lane = 0; lane < LANES; lane++) {
          const leaf = leafOf(tree + lane, 0);
          const slot = at + treeGroup[tree + lane]!;
          if (single) sum = Math.fround(sum + leaf);
          else out[slot] = out[slot]! + leaf;
        }
        tree += LANES;
        continue;
      }
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
      if (single) {
        sum = Math.fround(sum + floats[i + 3]!);
        sum = Math.fround(sum + floats[j + 3]!);
        sum = Math.fround(sum + floats[k + 3]!);
        sum = Math.fround(sum + floats[l + 3]!);
      } else {
        out[at + treeGroup[tree]!]! += floats[i + 3]!;
        out[at + treeGroup[tree + 1]!]! += floats[j + 3]!;
        out[at + treeGroup[tree + 2]!]! += floats[k + 3]!;
        out[at + treeGroup[tree + 3]!]! += floats[l + 3]!;
      }
      tree += LANES;
    }
    for (; tree < treeCount; tree++) {
      const leaf = leafOf(tree, 0);
      if (single) sum = Math.fround(sum + leaf);
      else out[at + treeGroup[tree]!]! += leaf;
    }
    if (single) out[at] = sum;
  };

  /** A whole block of rows, tree after tree, so that a tree is in the cache for all of them. */
  const addBlock = (out: Float32Array, from: number): void => {
    for (let row = 0; row < BLOCK; row++)
      for (let group = 0; group < groups; group++) out[(from + row) * groups + group] = baseMargin[group]!;
    for (let tree = 0; tree < treeCount; tree++) {
      const root = roots[tree]!;
      const depth = treeDepth[tree]!;
      const slot = from * groups + treeGroup[tree]!;
      if (depth > MAX_STEPS) {
        for (let row = 0; row < BLOCK; row++) out[slot + row * groups]! += leafOf(tree, row * width);
        continue;
      }
      for (let row = 0; row < BLOCK; row += LANES) {
        const a = row * width;
        const b = a + width;
        const c = b + width;
        const d = c + width;
        let i = root;
        let j = root;
        let k = root;
        let l = root;
        for (let left = depth; left > 0; left--) {
          i = words[i + 2]! + (+(keys[a + words[i]!]! >= words[i + 1]!) << 2);
          j = words[j + 2]! + (+(keys[b + words[j]!]! >= words[j + 1]!) << 2);
          k = words[k + 2]! + (+(keys[c + words[k]!]! >= words[k + 1]!) << 2);
          l = words[l + 2]! + (+(keys[d + words[l]!]! >= words[l + 1]!) << 2);
        }
        const to = slot + row * groups;
        out[to]! += floats[i + 3]!;
        out[to + groups]! += floats[j + 3]!;
        out[to + 2 * groups]! += floats[k + 3]!;
        out[to + 3 * groups]! += floats[l + 3]!;
      }
    }
  };

  return (matrix, rows, out) => {
    let row = 0;
    for (; row + block <= rows; row += BLOCK) {
      for (let r = 0; r < BLOCK; r++) readKeys(matrix, (row + r) * numFeatures, r * width);
      addBlock(out, row);
    }
    for (; row < rows; row++) {
      readKeys(matrix, row * numFeatures, 0);
      addRow(out, row * groups);
    }
  };
}
