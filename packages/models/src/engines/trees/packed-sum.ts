/**
 * The fast walk, for any ensemble whose splits can be written as comparisons of whole numbers.
 *
 * A node is four neighbours in one Int32Array. Each value of a row is mapped to keys once a row, so that "goes right"
 * is `key >= threshold`. A feature has several keys where a missing value takes sides (the lowest and the highest), so
 * that a node needs no test for it: it reads the key that takes its default side. Leaves link to themselves, so that
 * four walks go the same number of steps side by side without a branch to guess: one row down four trees, or in a batch
 * four rows down one.
 */

/** Words of a node: slot of the key to read, threshold, place of the left child (the right one follows), leaf's number. */
export const STRIDE = 4;
/** No key is less, so a node with this threshold always takes its right side. */
export const LOWEST = -(2 ** 31);
export const HIGHEST = 2 ** 31 - 1;

/** Walks side by side. Enough to hide the wait for memory, few enough for the registers. */
const LANES = 4;
/** Rows of a batch that go down a tree before the next tree is taken up. */
const BLOCK = 64;
const MAX_BLOCK_KEYS = 2 ** 20;
/** Beyond this depth trees are lopsided, and walking each to its own leaf is cheaper than all to the deepest. */
const MAX_STEPS = 16;

type Floats = Float32Array | Float64Array;

export interface PackedTrees {
  /** STRIDE words a node. */
  readonly words: Int32Array;
  /** Word index of the root of each tree; entries beyond the last tree are not read. */
  readonly roots: Int32Array;
  /** Longest path of each tree, in edges. */
  readonly depths: Int32Array;
  /** What a leaf adds, by its number. */
  readonly leafValues: Float64Array;
  /** The output that each tree adds to. */
  readonly treeGroup: Int32Array;
  /** What the sum of each output starts from; as many as there are outputs. */
  readonly base: Floats;
  /** True when a sum of one output is rounded to float32 after each leaf; with several outputs `out` decides. */
  readonly isSingle: boolean;
  /** Keys a row. */
  readonly slots: number;
  /** Writes the keys of the row at `offset` of `matrix` to `keys`, from `to`. */
  readonly readKeys: (matrix: Floats, offset: number, keys: Int32Array, to: number) => void;
  /** Values a row of the matrix. */
  readonly rowLength: number;
}

/** Makes the node at word `at` the leaf of a number. */
export function packLeaf(words: Int32Array, at: number, number: number): void {
  words[at] = 0;
  words[at + 1] = LOWEST;
  words[at + 2] = at - STRIDE;
  words[at + 3] = number;
}

/** Writes the sums of `rows` rows of a row-major matrix to `out`, one slot an output. */
export type AddTrees<F extends Floats> = (matrix: F, rows: number, out: F) => void;

export function createPackedSum<F extends Floats>(trees: PackedTrees): AddTrees<F> {
  const { words, roots, depths, leafValues, treeGroup, base, isSingle, readKeys, rowLength } = trees;
  const treeCount = depths.length;
  const groups = base.length;
  const slots = Math.max(1, trees.slots);
  const bundles = Math.floor(treeCount / LANES);
  /** Steps of each LANES trees in a row: those of the deepest. */
  const steps = Int32Array.from({ length: bundles }, (_, b) =>
    Math.max(...depths.subarray(b * LANES, (b + 1) * LANES)),
  );
  // Very wide rows go one by one: a block of them would not stay in the cache, nor perhaps in memory.
  const hasBlocks = slots * BLOCK <= MAX_BLOCK_KEYS;
  const keys = new Int32Array(hasBlocks ? slots * BLOCK : slots);

  /** The value of the leaf where one row ends, walked by itself. */
  const leafOf = (tree: number, from: number): number => {
    let n = roots[tree]!;
    for (;;) {
      const next = words[n + 2]! + (+(keys[from + words[n]!]! >= words[n + 1]!) << 2);
      if (next === n) return leafValues[words[n + 3]!]!;
      n = next;
    }
  };

  const addRow = (out: Floats, at: number): void => {
    for (let group = 0; group < groups; group++) out[at + group] = base[group]!;
    const single = groups === 1;
    let sum = base[0]!;
    let tree = 0;
    for (let b = 0; b < bundles; b++) {
      const depth = steps[b]!;
      if (depth > MAX_STEPS) {
        for (let lane = 0; lane < LANES; lane++) {
          const leaf = leafOf(tree + lane, 0);
          if (single) sum = isSingle ? Math.fround(sum + leaf) : sum + leaf;
          else out[at + treeGroup[tree + lane]!]! += leaf;
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
        const a = leafValues[words[i + 3]!]!;
        const b = leafValues[words[j + 3]!]!;
        const c = leafValues[words[k + 3]!]!;
        const d = leafValues[words[l + 3]!]!;
        // One after another, in the order of the trees: sums of floats depend on it.
        sum = isSingle ? Math.fround(Math.fround(Math.fround(Math.fround(sum + a) + b) + c) + d) : sum + a + b + c + d;
      } else {
        out[at + treeGroup[tree]!]! += leafValues[words[i + 3]!]!;
        out[at + treeGroup[tree + 1]!]! += leafValues[words[j + 3]!]!;
        out[at + treeGroup[tree + 2]!]! += leafValues[words[k + 3]!]!;
        out[at + treeGroup[tree + 3]!]! += leafValues[words[l + 3]!]!;
      }
      tree += LANES;
    }
    for (; tree < treeCount; tree++) {
      const leaf = leafOf(tree, 0);
      if (single) sum = isSingle ? Math.fround(sum + leaf) : sum + leaf;
      else out[at + treeGroup[tree]!]! += leaf;
    }
    if (single) out[at] = sum;
  };

  /** A whole block of rows, tree after tree, so that a tree is in the cache for all of them. */
  const addBlock = (out: Floats, from: number): void => {
    for (let row = 0; row < BLOCK; row++)
      for (let group = 0; group < groups; group++) out[(from + row) * groups + group] = base[group]!;
    for (let tree = 0; tree < treeCount; tree++) {
      const root = roots[tree]!;
      const depth = depths[tree]!;
      const slot = from * groups + treeGroup[tree]!;
      if (depth > MAX_STEPS) {
        for (let row = 0; row < BLOCK; row++) out[slot + row * groups]! += leafOf(tree, row * slots);
        continue;
      }
      for (let row = 0; row < BLOCK; row += LANES) {
        const a = row * slots;
        const b = a + slots;
        const c = b + slots;
        const d = c + slots;
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
        out[to]! += leafValues[words[i + 3]!]!;
        out[to + groups]! += leafValues[words[j + 3]!]!;
        out[to + 2 * groups]! += leafValues[words[k + 3]!]!;
        out[to + 3 * groups]! += leafValues[words[l + 3]!]!;
      }
    }
  };

  return (matrix, rows, out) => {
    let row = 0;
    if (hasBlocks)
      for (; row + BLOCK <= rows; row += BLOCK) {
        for (let r = 0; r < BLOCK; r++) readKeys(matrix, (row + r) * rowLength, keys, r * slots);
        addBlock(out, row);
      }
    for (; row < rows; row++) {
      readKeys(matrix, row * rowLength, keys, 0);
      addRow(out, row * groups);
    }
  };
}
