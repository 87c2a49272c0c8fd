/** One tree of a LightGBM text model: checked, then laid out in breadth-first order with siblings side by side. */

import { layOutTree } from "../trees/breadth-first.ts";
import { type LinearLeaf, MISSING } from "./model.ts";
import { numbersOf, type Part, refuse, wholeOf, wholesOf } from "./text.ts";

/** A tree apart from its model: node indexes count from 0 inside the tree. */
export interface Tree {
  readonly size: number;
  readonly depth: number;
  readonly feature: Int32Array;
  readonly value: Float64Array;
  readonly missing: Uint8Array;
  readonly defaultLeft: Uint8Array;
  readonly child: Int32Array;
  readonly cover: Float64Array;
  readonly originalId: Int32Array;
  readonly categories: ReadonlyMap<number, Uint32Array>;
  readonly linear: ReadonlyMap<number, LinearLeaf>;
}

const MAX_LEAVES = 2 ** 24;
const MAX_ROWS = Number.MAX_SAFE_INTEGER;

/** Bits of `decision_type`. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;

function readCategories(part: Part, count: number): readonly Uint32Array[] {
  if (count === 0) return [];
  const bounds = wholesOf(part, "cat_boundaries", count + 1, 0, 2 ** 31);
  const words = wholesOf(part, "cat_threshold", bounds[count]!, 0, 2 ** 32 - 1);
  if (bounds[0] !== 0) throw refuse(`${part.where}: cat_boundaries must begin with 0`);
  return Array.from({ length: count }, (_, i) => {
    if (bounds[i + 1]! < bounds[i]!) throw refuse(`${part.where}: cat_boundaries must rise`);
    return Uint32Array.from(words.subarray(bounds[i]!, bounds[i + 1]!));
  });
}

function readLinear(part: Part, leaves: number, numFeatures: number): readonly LinearLeaf[] {
  if (!part.lines.has("is_linear") || wholeOf(part, "is_linear", 0, 1) === 0) return [];
  const constants = numbersOf(part, "leaf_const", leaves);
  const counts = wholesOf(part, "num_features", leaves, 0, numFeatures);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const features = wholesOf(part, "leaf_features", total, 0, numFeatures - 1);
  const coefficients = numbersOf(part, "leaf_coeff", total);
  let from = 0;
  return Array.from({ length: leaves }, (_, leaf) => {
    const to = from + counts[leaf]!;
    const one = {
      constant: constants[leaf]!,
      features: Int32Array.from(features.subarray(from, to)),
      coefficients: coefficients.slice(from, to),
    };
    from = to;
    return one;
  });
}

/** Rows that reached each node; NaN where the file does not say. */
const countsOf = (part: Part, key: string, length: number): Float64Array =>
  part.lines.has(key) ? wholesOf(part, key, length, 0, MAX_ROWS) : new Float64Array(length).fill(Number.NaN);

/**
 * Reads one part `Tree=i`. Splits count from 0, leaf l is the link -l - 1. Throws INVALID_PARAMETER_VALUE when a link
 * leaves the tree or meets a node twice, when a split names a feature or a set that does not exist, and when a value is
 * no number.
 */
export function parseTree(part: Part, numFeatures: number): Tree {
  const { where } = part;
  const leaves = wholeOf(part, "num_leaves", 1, MAX_LEAVES);
  const splits = leaves - 1;
  const leafValues = numbersOf(part, "leaf_value", leaves);
  const linear = readLinear(part, leaves, numFeatures);
  if (splits === 0) return stump(leafValues, linear);

  const splitFeature = wholesOf(part, "split_feature", splits, 0, numFeatures - 1);
  const thresholds = numbersOf(part, "threshold", splits, true);
  const decisions = wholesOf(part, "decision_type", splits, 0, 15);
  const left = wholesOf(part, "left_child", splits, -leaves, splits - 1);
  const right = wholesOf(part, "right_child", splits, -leaves, splits - 1);
  const sets = readCategories(part, wholeOf(part, "num_cat", 0, splits));
  const internalCounts = countsOf(part, "internal_count", splits);
  const leafCounts = countsOf(part, "leaf_count", leaves);

  // Numbers of the layout: splits first, then leaves.
  const placeOf = (link: number): number => (link >= 0 ? link : splits - link - 1);
  const placesOf = (links: ArrayLike<number>): Int32Array =>
    Int32Array.from({ length: splits + leaves }, (_, node) => (node < splits ? placeOf(links[node]!) : -1));
  const { order, child, depth } = layOutTree(0, placesOf(left), placesOf(right), (problem) =>
    refuse(`${where} ${problem}`),
  );
  if (order.length !== splits + leaves)
    throw refuse(`${where} has ${splits + leaves - order.length} nodes that its root does not reach`);
  const size = order.length;
  const tree = {
    size,
    depth,
    feature: new Int32Array(size),
    value: new Float64Array(size),
    missing: new Uint8Array(size),
    defaultLeft: new Uint8Array(size),
    child,
    cover: new Float64Array(size),
    originalId: new Int32Array(size),
    categories: new Map<number, Uint32Array>(),
    linear: new Map<number, LinearLeaf>(),
  };
  order.forEach((node, at) => {
    if (node >= splits) {
      const leaf = node - splits;
      tree.feature[at] = -1;
      tree.value[at] = leafValues[leaf]!;
      tree.cover[at] = leafCounts[leaf]!;
      tree.originalId[at] = leaf;
      if (linear[leaf] !== undefined) tree.linear.set(at, linear[leaf]);
      return;
    }
    const decision = decisions[node]!;
    tree.feature[at] = splitFeature[node]!;
    tree.cover[at] = internalCounts[node]!;
    tree.originalId[at] = node;
    if ((decision & CATEGORICAL) !== 0) {
      const set = sets[thresholds[node]!];
      if (set === undefined) throw refuse(`${where} has no set ${thresholds[node]} for the categorical split ${node}`);
      tree.categories.set(at, set);
      return;
    }
    const missing = decision >> 2;
    if (missing > MISSING.nan) throw refuse(`${where} has an unknown kind of missing value at node ${node}`);
    tree.missing[at] = missing;
    tree.defaultLeft[at] = (decision & DEFAULT_LEFT) === 0 ? 0 : 1;
    tree.value[at] = thresholds[node]!;
  });
  return tree;
}

/** A tree that is one leaf. */
const stump = (value: Float64Array, linear: readonly LinearLeaf[]): Tree => ({
  size: 1,
  depth: 0,
  feature: Int32Array.of(-1),
  value,
  missing: new Uint8Array(1),
  defaultLeft: new Uint8Array(1),
  child: new Int32Array(1),
  cover: Float64Array.of(1),
  originalId: new Int32Array(1),
  categories: new Map(),
  linear: new Map(linear.map((leaf) => [0, leaf])),
});
