/** One tree of an XGBoost model: checked, then laid out in breadth-first order with siblings side by side. */

import { invalid } from "@esteira/core/errors";
import { layOutTree } from "./breadth-first.ts";
import { asNumbers, asWhole, type Field, get, isAbsent } from "./fields.ts";

/** A tree apart from its ensemble: node indexes count from 0 inside the tree. */
export interface Tree {
  readonly size: number;
  readonly depth: number;
  readonly feature: Int32Array;
  readonly value: Float32Array;
  readonly child: Int32Array;
  readonly defaultLeft: Uint8Array;
  readonly cover: Float32Array;
  readonly originalId: Int32Array;
  readonly categories: ReadonlyMap<number, Uint32Array>;
}

const MAX_CATEGORY = 2 ** 24;

const refuse = (tree: Field, problem: string): Error =>
  invalid(`The model is not a valid XGBoost model: ${tree.where} ${problem}`);

/** Categorical splits of a tree: original node -> bits of the categories that go right. */
function readCategories(tree: Field, size: number): ReadonlyMap<number, Uint32Array> {
  const sets = new Map<number, Uint32Array>();
  const nodesField = get(tree, "categories_nodes");
  if (isAbsent(nodesField)) return sets;
  const nodes = asNumbers(nodesField);
  const all = asNumbers(get(tree, "categories"));
  const segments = asNumbers(get(tree, "categories_segments"), nodes.length);
  const sizes = asNumbers(get(tree, "categories_sizes"), nodes.length);
  for (let i = 0; i < nodes.length; i++) {
    const [node, from, count] = [nodes[i]!, segments[i]!, sizes[i]!];
    if (!Number.isInteger(node) || node < 0 || node >= size || sets.has(node))
      throw refuse(tree, `has a wrong node ${node} among its categorical splits`);
    if (!Number.isInteger(from) || !Number.isInteger(count) || from < 0 || count < 0 || from + count > all.length)
      throw refuse(tree, `has a categorical split whose categories lie outside of the list`);
    let highest = -1;
    for (let k = from; k < from + count; k++) {
      const category = all[k]!;
      if (!Number.isInteger(category) || category < 0 || category >= MAX_CATEGORY)
        throw refuse(tree, `has the category ${category}, which is no whole number from 0 to ${MAX_CATEGORY - 1}`);
      highest = Math.max(highest, category);
    }
    const bits = new Uint32Array((highest >>> 5) + (highest < 0 ? 0 : 1));
    for (let k = from; k < from + count; k++) {
      const category = all[k]!;
      bits[category >>> 5]! |= 1 << (31 - (category & 31));
    }
    sets.set(node, bits);
  }
  return sets;
}

/**
 * Reads one element of `trees`. Throws INVALID_PARAMETER_VALUE when a link leaves the tree or meets a node twice, when
 * a split names a feature that does not exist, or when a value is not finite.
 */
export function parseTree(tree: Field, numFeatures: number): Tree {
  const params = get(tree, "tree_param");
  const leafVector = get(params, "size_leaf_vector");
  if (!isAbsent(leafVector) && asWhole(leafVector, 0, 2 ** 31 - 1) > 1)
    throw refuse(tree, "has vector leaves (multi_strategy=multi_output_tree), which are not supported");
  const left = asNumbers(get(tree, "left_children"));
  const size = left.length;
  if (size === 0) throw refuse(tree, "has no nodes");
  const count = get(params, "num_nodes");
  if (!isAbsent(count) && asWhole(count, 0, 2 ** 31 - 1) !== size)
    throw refuse(tree, `says num_nodes ${String(count.value)} but holds ${size} nodes`);
  const right = asNumbers(get(tree, "right_children"), size);
  const indices = asNumbers(get(tree, "split_indices"), size);
  const conditions = asNumbers(get(tree, "split_conditions"), size);
  const missing = asNumbers(get(tree, "default_left"), size);
  const hessians = asNumbers(get(tree, "sum_hessian"), size);
  const typesField = get(tree, "split_type");
  const types = isAbsent(typesField) ? new Uint8Array(size) : asNumbers(typesField, size);
  const sets = readCategories(tree, size);

  // Nodes that pruning left behind are not reached and not kept.
  const { order, child, depth } = layOutTree(0, left, right, (problem) => refuse(tree, problem));
  const kept = order.length;
  const feature = new Int32Array(kept);
  const value = new Float32Array(kept);
  const defaultLeft = new Uint8Array(kept);
  const cover = new Float32Array(kept);
  const categories = new Map<number, Uint32Array>();
  // A plain loop: a model has tens of thousands of nodes, and is read when its server starts.
  for (let at = 0; at < kept; at++) {
    const node = order[at]!;
    value[at] = conditions[node]!;
    defaultLeft[at] = missing[node] === 0 ? 0 : 1;
    cover[at] = hessians[node]!;
    if (left[node] === -1) {
      if (!Number.isFinite(value[at]!)) throw refuse(tree, `has a leaf ${node} whose value is not a finite number`);
      feature[at] = -1;
      continue;
    }
    const index = indices[node]!;
    if (!Number.isInteger(index) || index < 0 || index >= numFeatures)
      throw refuse(tree, `splits node ${node} on feature ${index}, but the model has ${numFeatures} features`);
    feature[at] = index;
    if (types[node] === 1) {
      const set = sets.get(node);
      if (set === undefined) throw refuse(tree, `has no categories for the categorical split ${node}`);
      categories.set(at, set);
      value[at] = Number.NaN;
    } else if (types[node] !== 0) {
      throw refuse(tree, `has a split of the unknown type ${types[node]} at node ${node}`);
    } else if (Number.isNaN(value[at]!)) {
      throw refuse(tree, `has a threshold at node ${node} that is not a number`);
    }
  }
  return { size: kept, depth, feature, value, child, defaultLeft, cover, originalId: order, categories };
}
