/**
 * A LightGBM model in flat typed arrays. LightGBM compares and sums in double precision, goes left when
 * value <= threshold, and decides by the kind of a split what counts as missing.
 */

import type { TreeStructure } from "../trees/ensemble.ts";
import type { Objective } from "./objective.ts";

/** What a numeric split takes for missing: nothing (NaN is 0), zeros and NaN, or NaN. */
export const MISSING = { none: 0, zero: 1, nan: 2 } as const;

/** A leaf of a linear tree: constant + sum of coefficient * value, unless one of the values is NaN. */
export interface LinearLeaf {
  readonly constant: number;
  readonly features: Int32Array;
  readonly coefficients: Float64Array;
}

/** A feature that pandas held as categories: what its numbers stand for. */
export interface PandasCategories {
  readonly feature: number;
  readonly categories: readonly (string | number | boolean)[];
}

/** The cover of a node is its number of training rows; NaN in a file that does not say. */
export interface LightgbmModel extends TreeStructure {
  /** Undefined for an objective of the user's own: raw scores are the answer. */
  readonly objective: Objective | undefined;
  /** `v4`: the version of the format. */
  readonly writtenBy: string;
  readonly featureNames: readonly string[];
  /** Random forest: the answer is made of the mean of the rounds, the raw score is still their sum. */
  readonly isAverage: boolean;
  /** Threshold of a numeric split, value of a leaf, 0 in a categorical split. */
  readonly value: Float64Array;
  /** One of MISSING, in a numeric split. */
  readonly missing: Uint8Array;
  /** 1 where a missing value goes left. */
  readonly defaultLeft: Uint8Array;
  readonly cover: Float64Array;
  /** Categorical splits: the set of categories that go left, one bit each, lowest bit of a word first. */
  readonly categories: ReadonlyMap<number, Uint32Array>;
  /** Leaves of linear trees by node. */
  readonly linear: ReadonlyMap<number, LinearLeaf>;
  readonly pandas: readonly PandasCategories[];
}

/** LightGBM's kZeroThreshold, a float32: nothing nearer to zero is told from it. */
const NEAR_ZERO = Math.fround(1e-35);

/** The value as LightGBM keeps it in a row. */
export const settle = (value: number): number => (Math.abs(value) <= NEAR_ZERO ? 0 : value);

/** The side that a settled value takes at split `node`. */
export function goesLeft(model: LightgbmModel, node: number, value: number): boolean {
  const set = model.categories.get(node);
  if (set !== undefined) return hasCategory(set, value);
  const missing = model.missing[node]!;
  const isNan = Number.isNaN(value);
  if (isNan ? missing !== MISSING.none : value === 0 && missing === MISSING.zero) return model.defaultLeft[node] === 1;
  return (isNan ? 0 : value) <= model.value[node]!;
}

/** The fraction is cut; a negative one, one that is too large and NaN belong to no set. */
function hasCategory(set: Uint32Array, value: number): boolean {
  const category = Math.trunc(value);
  if (!(category >= 0 && category < set.length * 32)) return false;
  return ((set[category >>> 5]! >>> (category & 31)) & 1) === 1;
}

/** The leaf of tree `tree` that a row of settled values ends in, as a node index. */
export function findLeaf(model: LightgbmModel, tree: number, row: Float64Array): number {
  let node = model.treeStart[tree]!;
  for (;;) {
    const feature = model.feature[node]!;
    if (feature < 0) return node;
    node = model.child[node]! + (goesLeft(model, node, row[feature]!) ? 0 : 1);
  }
}

/** What leaf `node` adds for a row of settled values. */
export function leafOutput(model: LightgbmModel, node: number, row: Float64Array): number {
  const linear = model.linear.get(node);
  if (linear === undefined) return model.value[node]!;
  let output = linear.constant;
  for (let i = 0; i < linear.features.length; i++) {
    const value = row[linear.features[i]!]!;
    if (Number.isNaN(value)) return model.value[node]!;
    output += linear.coefficients[i]! * value;
  }
  return output;
}
