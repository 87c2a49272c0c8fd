/**
 * A boosted ensemble of binary trees in flat typed arrays, ready to be walked. Every tree's nodes lie together in
 * breadth-first order and siblings are neighbours, so a node needs one link: left is `child`, right is `child + 1`.
 */

/** Where the nodes of an ensemble are and what they look at, whoever trained it. */
export interface TreeStructure {
  readonly numFeatures: number;
  /** Raw scores a row: 1, or the number of classes or targets. */
  readonly groups: number;
  readonly treeCount: number;
  /** `treeCount + 1` node indexes: tree t is nodes treeStart[t] .. treeStart[t+1]-1, its root first. */
  readonly treeStart: Int32Array;
  /** The group that each tree adds to. */
  readonly treeGroup: Int32Array;
  /** Longest path of each tree, in edges. */
  readonly treeDepth: Int32Array;
  /** The feature a node splits on; -1 in a leaf. */
  readonly feature: Int32Array;
  /** Index of the left child; the right one follows it. 0 in a leaf. */
  readonly child: Int32Array;
  /** How much of the training data reached the node: its sum of hessians, or its number of rows. */
  readonly cover: Float32Array | Float64Array;
  /** The node's number inside its tree as its library numbers it (what `pred_leaf` answers for a leaf). */
  readonly originalId: Int32Array;
}

/** An ensemble as XGBoost trains it. The cover of a node is its sum of hessians. */
export interface TreeEnsemble extends TreeStructure {
  /** `binary:logistic`, `reg:squarederror`, `multi:softprob` ... */
  readonly objective: string;
  /** The version of XGBoost that wrote the model, `3.2.0`. */
  readonly writtenBy: string;
  /** In model order; empty when the model holds none. */
  readonly featureNames: readonly string[];
  /** `float`, `int`, `c` (category) ... in model order; empty when the model holds none. */
  readonly featureTypes: readonly string[];
  /** One a group, as margin (the link is already applied to the stored base score). */
  readonly baseMargin: Float32Array;
  /** Attributes of the booster, `best_iteration` among them. */
  readonly attributes: Readonly<Record<string, string>>;

  /** DART's weight of each tree; undefined when all are 1. */
  readonly treeWeight: Float32Array | undefined;
  /** `rounds + 1` tree indexes: round r is trees roundStart[r] .. roundStart[r+1]-1. */
  readonly roundStart: Int32Array;
  /** Threshold of a split (a row goes left when value < threshold), value of a leaf, NaN in a categorical split. */
  readonly value: Float32Array;
  /** 1 where a missing value goes left. */
  readonly defaultLeft: Uint8Array;
  readonly cover: Float32Array;
  /** Categorical splits: the set of categories that go right, one bit each, highest bit of a word first. */
  readonly categories: ReadonlyMap<number, Uint32Array>;
}

/** Rounds of boosting in the ensemble. */
export const roundCount = (ensemble: TreeEnsemble): number => ensemble.roundStart.length - 1;

/** The ensemble of the first `rounds` rounds. Nodes are shared, nothing is copied but the lists of trees. */
export function firstRounds(ensemble: TreeEnsemble, rounds: number): TreeEnsemble {
  if (rounds >= roundCount(ensemble)) return ensemble;
  const kept = Math.max(1, rounds);
  const treeCount = ensemble.roundStart[kept]!;
  return {
    ...ensemble,
    treeCount,
    treeStart: ensemble.treeStart.slice(0, treeCount + 1),
    treeGroup: ensemble.treeGroup.slice(0, treeCount),
    treeDepth: ensemble.treeDepth.slice(0, treeCount),
    treeWeight: ensemble.treeWeight?.slice(0, treeCount),
    roundStart: ensemble.roundStart.slice(0, kept + 1),
  };
}

/** Categories are exact as float32 up to here; XGBoost refuses more. */
const MAX_CATEGORY = 2 ** 24;

/** XGBoost's rule: a category in the set goes right; one that the set cannot hold, or no category at all, goes left. */
export function categoryGoesLeft(set: Uint32Array, value: number): boolean {
  if (value < 0 || value >= MAX_CATEGORY) return true;
  const category = Math.trunc(value);
  const word = category >>> 5;
  if (word >= set.length) return true;
  return ((set[word]! >>> (31 - (category & 31))) & 1) === 0;
}

/** The side that a float32 value takes at split `node`. */
export function goesLeft(ensemble: TreeEnsemble, node: number, value: number): boolean {
  if (Number.isNaN(value)) return ensemble.defaultLeft[node] === 1;
  const threshold = ensemble.value[node]!;
  if (!Number.isNaN(threshold)) return value < threshold;
  return categoryGoesLeft(ensemble.categories.get(node)!, value);
}

/** The leaf of tree `tree` that a row ends in, as a node index. `offset` is where the row starts in `matrix`. */
export function findLeaf(ensemble: TreeEnsemble, tree: number, matrix: Float32Array, offset: number): number {
  let node = ensemble.treeStart[tree]!;
  for (;;) {
    const feature = ensemble.feature[node]!;
    if (feature < 0) return node;
    node = ensemble.child[node]! + (goesLeft(ensemble, node, matrix[offset + feature]!) ? 0 : 1);
  }
}
