/** Decision trees as MLlib saves them, in flat arrays: nodes of all trees behind one another, a parent before its children. */

import { invalid } from "@esteira/core/errors";
import { asCount, asNumber, asNumbers, type Field, get } from "../fields.ts";

export interface Trees {
  readonly numFeatures: number;
  /** The root of each tree. */
  readonly roots: Int32Array;
  /** The feature a node splits on, -1 in a leaf. */
  readonly feature: Int32Array;
  /** A row goes left when its value is at most this; NaN in a categorical split. */
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a regression answers in a leaf, a classification the class. */
  readonly prediction: Float64Array;
  /** Weighted counts by class; for a regression count, sum and sum of squares. `statSize` a node. */
  readonly stats: Float64Array;
  readonly statSize: number;
  /** The leaf's number in its tree, from the left. */
  readonly leafNumber: Int32Array;
  readonly splits: ReadonlyMap<number, CategoricalSplit>;
}

/** The smaller side is listed: a value in neither list goes to the other side. */
interface CategoricalSplit {
  readonly categories: ReadonlySet<number>;
  readonly listedGoLeft: boolean;
}

/** While they are built. */
interface Draft extends Trees {
  readonly splits: Map<number, CategoricalSplit>;
}

function createDraft(trees: readonly (readonly Field[])[], numFeatures: number): Draft {
  const count = trees.reduce((sum, nodes) => sum + nodes.length, 0);
  const first = trees[0]?.[0];
  const statSize = first === undefined ? 0 : asNumbers(get(first, "impurityStats")).length;
  return {
    numFeatures,
    roots: new Int32Array(trees.length),
    feature: new Int32Array(count).fill(-1),
    threshold: new Float64Array(count),
    left: new Int32Array(count),
    right: new Int32Array(count),
    prediction: new Float64Array(count),
    stats: new Float64Array(count * statSize),
    statSize,
    leafNumber: new Int32Array(count),
    splits: new Map(),
  };
}

/** The saved nodes of each tree, in any order, into arrays. Throws INVALID_PARAMETER_VALUE when they form no trees. */
export function buildTrees(trees: readonly (readonly Field[])[], numFeatures: number): Trees {
  const draft = createDraft(trees, numFeatures);
  let place = 0;
  trees.forEach((nodes, t) => {
    draft.roots[t] = place;
    place = buildTree(draft, nodes, place);
  });
  return draft;
}

/** Gives the place behind the last node. */
function buildTree(draft: Draft, nodes: readonly Field[], start: number): number {
  const where = nodes[0]?.where ?? "a tree";
  const byId = new Map(nodes.map((node) => [asNumber(get(node, "id")), node]));
  let place = start;
  let leaves = 0;
  // Depth first and left before right, so that leaves are counted from the left. A parent learns where its child lies.
  const waiting: { readonly id: number; readonly side: Int32Array; readonly parent: number }[] = [
    { id: 0, side: draft.left, parent: -1 },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = byId.get(next.id);
    // A node is used once, so that no circle can be built.
    byId.delete(next.id);
    if (node === undefined)
      throw invalid(
        `The Spark model is not valid: ${where} and its siblings have no node ${next.id}, or have it twice`,
      );
    if (next.parent >= 0) next.side[next.parent] = place;
    readNode(draft, place, node);
    const left = asNumber(get(node, "leftChild"));
    if (left < 0) draft.leafNumber[place] = leaves++;
    else {
      readSplit(draft, place, get(node, "split"));
      waiting.push({ id: asNumber(get(node, "rightChild")), side: draft.right, parent: place });
      waiting.push({ id: left, side: draft.left, parent: place });
    }
    place++;
  }
  if (byId.size > 0)
    throw invalid(`The Spark model is not valid: ${where} and its siblings have nodes that no other leads to`);
  return place;
}

function readNode(draft: Draft, place: number, node: Field): void {
  draft.prediction[place] = asNumber(get(node, "prediction"));
  const stats = asNumbers(get(node, "impurityStats"));
  if (stats.length !== draft.statSize)
    throw invalid(`The Spark model is not valid: ${node.where}.impurityStats must have ${draft.statSize} items`);
  draft.stats.set(stats, place * draft.statSize);
}

function readSplit(draft: Draft, place: number, split: Field): void {
  draft.feature[place] = asCount(get(split, "featureIndex"), draft.numFeatures - 1);
  const values = asNumbers(get(split, "leftCategoriesOrThreshold"));
  const count = asNumber(get(split, "numCategories"));
  if (count === -1) {
    if (values.length !== 1 || Number.isNaN(values[0]))
      throw invalid(`The Spark model is not valid: ${split.where} must have one threshold`);
    draft.threshold[place] = values[0]!;
    return;
  }
  draft.threshold[place] = Number.NaN;
  const lefts = new Set(values);
  const listedGoLeft = lefts.size <= Math.floor(count / 2);
  const rights = Array.from({ length: count }, (_, i) => i).filter((i) => !lefts.has(i));
  draft.splits.set(place, { categories: listedGoLeft ? lefts : new Set(rights), listedGoLeft });
}

/** The leaf of a tree for the features that begin at `at`. */
export function findLeaf(trees: Trees, root: number, numbers: Float64Array, at: number): number {
  const { feature, threshold, left, right } = trees;
  let node = root;
  for (let index = feature[node]!; index >= 0; index = feature[node]!) {
    const value = numbers[at + index]!;
    const limit = threshold[node]!;
    // NaN is at most nothing, so a missing value goes right.
    const goesLeft = Number.isNaN(limit) ? isLeft(trees, node, value) : value <= limit;
    node = goesLeft ? left[node]! : right[node]!;
  }
  return node;
}

function isLeft(trees: Trees, node: number, value: number): boolean {
  const split = trees.splits.get(node)!;
  // A set finds NaN, and Spark does not.
  return (!Number.isNaN(value) && split.categories.has(value)) === split.listedGoLeft;
}
