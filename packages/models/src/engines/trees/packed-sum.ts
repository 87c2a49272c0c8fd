/**
 * The fast walk, for any ensemble whose splits can be written as comparisons of whole numbers.
 *
 * A node is four neighbours in one Int32Array. Each value of a row is mapped to keys once a row, so that "goes right"
 * is `key >= threshold`. A feature has several keys where a missing value takes sides (the lowest and the highest), so
 * that a node needs no test for it: it reads the key that takes its default side. Leaves link to themselves, so that
 * several walks go the same number of steps side by side without a branch to guess: one row down several trees, or in a batch
 * several rows down one. The walk itself is WebAssembly (walk-kernel), whose memory has everything that it reads: it takes less
 * than half of the time that the same walk takes over typed arrays, each of whose reads is checked.
 */

import { invalid } from "@esteira/core/errors";
import { ROW_LANES, TREE_LANES, WALK_KERNEL } from "./walk-kernel.ts";

/** Words of a node: slot of the key to read, threshold, place of the left child (the right one follows), leaf's number. */
export const STRIDE = 4;
/** No key is less, so a node with this threshold always takes its right side. */
export const LOWEST = -(2 ** 31);
export const HIGHEST = 2 ** 31 - 1;

/** Rows of a batch that go down a tree before the next tree is taken up. */
const BLOCK = 64;
const MAX_BLOCK_KEYS = 2 ** 20;
/** So many rows that are left over go down one by one sooner than all lanes side by side. */
const MOST_ALONE = 4;
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
  /** Writes the keys of the row at `offset` of `matrix` to `keys`: the first at `to`, each `step` after the one before. */
  readonly readKeys: (matrix: Floats, offset: number, keys: Int32Array, to: number, step: number) => void;
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

const PAGE = 2 ** 16;
const MAX_PAGES = 2 ** 16;
const NODE_BYTES = 4 * STRIDE;
const kernel = new WebAssembly.Module(Buffer.from(WALK_KERNEL, "base64"));

interface Kernel {
  rows(
    ...addresses: [
      roots: number,
      steps: number,
      groups: number,
      trees: number,
      keys: number,
      sums: number,
      width: number,
      rows: number,
    ]
  ): void;
  row(...addresses: [roots: number, steps: number, groups: number, trees: number, keys: number, sums: number]): void;
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE where the trees do not fit into 4 GiB. */
export function createPackedSum<F extends Floats>(trees: PackedTrees): AddTrees<F> {
  const { words, roots, depths, leafValues, treeGroup, base, isSingle, readKeys, rowLength } = trees;
  const treeCount = depths.length;
  const groups = base.length;
  const slots = Math.max(1, trees.slots);
  // Very wide rows go one by one: a block of them would not stay in the cache, nor perhaps in memory.
  const blockRows = slots * BLOCK <= MAX_BLOCK_KEYS ? BLOCK : ROW_LANES;
  // One row goes down so many trees at once: the last ones are joined by trees of one leaf that adds nothing.
  const padded = Math.ceil(treeCount / TREE_LANES) * TREE_LANES;

  let end = 0;
  const place = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / NODE_BYTES) * NODE_BYTES;
    return at;
  };
  const at = {
    roots: place(4 * padded),
    groups: place(4 * padded),
    treeSteps: place(4 * treeCount),
    bundleSteps: place((4 * padded) / TREE_LANES),
    leaves: place(isSingle ? 0 : 8 * (leafValues.length + 1)),
    keys: place(4 * slots * blockRows),
    sums: place(8 * groups * blockRows),
    nodes: place(4 * words.length + NODE_BYTES),
  };
  const pages = Math.ceil(end / PAGE);
  if (pages > MAX_PAGES) throw invalid(`The model's trees take ${end} bytes; at most 4 GiB can be scored`);
  const memory = new WebAssembly.Memory({ initial: pages });
  const { exports } = new WebAssembly.Instance(kernel, { trees: { memory } });
  const float = isSingle ? "f32" : "f64";
  const { [`rows_${float}`]: addRows, [`row_${float}`]: addRow } = exports as Record<string, unknown>;
  const walk = { rows: addRows, row: addRow } as Kernel;

  const { buffer } = memory;
  const width = isSingle ? 4 : 8;
  const keys = new Int32Array(buffer, at.keys, slots * blockRows);
  const sums = new (isSingle ? Float32Array : Float64Array)(buffer, at.sums, groups * blockRows);
  const nodes = new Int32Array(buffer, at.nodes, words.length + STRIDE);
  const nothing = words.length;
  nodes.set(words);
  packLeaf(nodes, nothing, leafValues.length);
  for (let node = 0; node < nodes.length; node += STRIDE) {
    nodes[node] = nodes[node]! * 4 * blockRows;
    nodes[node + 2] = at.nodes + nodes[node + 2]! * 4;
  }
  // What adds nothing to any sum, not even to a negative zero, stands behind the last leaf.
  const leafOf = (number: number): number => (number < leafValues.length ? leafValues[number]! : -0);
  if (isSingle) {
    const values = new Float32Array(buffer, at.nodes, nodes.length);
    for (let word = STRIDE - 1; word < nodes.length; word += STRIDE) values[word] = leafOf(nodes[word]!);
  } else {
    const leaves = new Float64Array(buffer, at.leaves, leafValues.length + 1);
    for (let leaf = 0; leaf < leaves.length; leaf++) leaves[leaf] = leafOf(leaf);
    for (let word = STRIDE - 1; word < nodes.length; word += STRIDE) nodes[word] = at.leaves + 8 * nodes[word]!;
  }
  const ints = (from: number, length: number) => new Int32Array(buffer, from, length);
  ints(at.roots, padded).forEach((_, tree, all) => {
    all[tree] = at.nodes + 4 * (tree < treeCount ? roots[tree]! : nothing);
  });
  ints(at.groups, padded).forEach((_, tree, all) => {
    all[tree] = width * (tree < treeCount ? treeGroup[tree]! : 0);
  });
  // No steps: each walk goes on to its own leaf.
  const stepsTo = (depth: number) => (depth > MAX_STEPS ? 0 : Math.max(1, depth));
  ints(at.treeSteps, treeCount).forEach((_, tree, all) => {
    all[tree] = stepsTo(depths[tree]!);
  });
  ints(at.bundleSteps, padded / TREE_LANES).forEach((_, bundle, all) => {
    all[bundle] = stepsTo(Math.max(...depths.subarray(bundle * TREE_LANES, (bundle + 1) * TREE_LANES)));
  });

  const begin = (count: number): void => {
    for (let i = 0; i < count; i += groups) for (let group = 0; group < groups; group++) sums[i + group] = base[group]!;
  };
  /** At most a block of rows, tree after tree, so that a tree is in the cache for all of them. */
  const addBlock = (matrix: F, from: number, count: number, out: F): void => {
    for (let row = 0; row < count; row++) readKeys(matrix, (from + row) * rowLength, keys, row, blockRows);
    begin(count * groups);
    const left = count % ROW_LANES;
    // Rows beyond the last one have the keys of an earlier block, and nobody reads their sums.
    const together = left > MOST_ALONE ? count + ROW_LANES - left : count - left;
    const stride = width * groups;
    if (together > 0) walk.rows(at.roots, at.treeSteps, at.groups, treeCount, at.keys, at.sums, stride, together);
    for (let row = together; row < count; row++)
      walk.row(at.roots, at.bundleSteps, at.groups, padded, at.keys + 4 * row, at.sums + stride * row);
    for (let i = 0; i < count * groups; i++) out[from * groups + i] = sums[i]!;
  };

  return (matrix, rows, out) => {
    for (let row = 0; row < rows; row += blockRows) addBlock(matrix, row, Math.min(blockRows, rows - row), out);
  };
}
