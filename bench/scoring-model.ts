/** A model of complete random trees and rows for it, the same on every machine: nothing is trained, only the shape counts. */

/** Small, fast, and good enough for thresholds: xorshift of 32 bits. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Sum of four uniforms about 0: near enough to a normal value. */
const bell = (next: () => number): number => (next() + next() + next() + next() - 2) * 1.7;

export interface Shape {
  readonly trees: number;
  readonly depth: number;
  readonly features: number;
}

export const featureNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `f${i}`);

function tree(id: number, { depth, features }: Shape, next: () => number): Record<string, unknown> {
  const size = 2 ** (depth + 1) - 1;
  const inner = 2 ** depth - 1;
  const each = <T>(value: (node: number) => T): T[] => Array.from({ length: size }, (_, node) => value(node));
  const cover = each(() => 0.5 + next());
  for (let node = inner - 1; node >= 0; node--) cover[node] = cover[2 * node + 1]! + cover[2 * node + 2]!;
  return {
    id,
    base_weights: each(() => 0.5),
    categories: [],
    categories_nodes: [],
    categories_segments: [],
    categories_sizes: [],
    default_left: each(() => (next() < 0.5 ? 0 : 1)),
    left_children: each((node) => (node < inner ? 2 * node + 1 : -1)),
    right_children: each((node) => (node < inner ? 2 * node + 2 : -1)),
    parents: each((node) => (node === 0 ? 2147483647 : (node - 1) >> 1)),
    loss_changes: each(() => 0.5),
    split_indices: each((node) => (node < inner ? Math.floor(next() * features) : 0)),
    split_conditions: each((node) => Math.fround(node < inner ? bell(next) : bell(next) / 20)),
    split_type: each(() => 0),
    sum_hessian: cover,
    tree_param: { num_deleted: "0", num_feature: String(features), num_nodes: String(size), size_leaf_vector: "1" },
  };
}

/** The model as XGBoost reads it from JSON: whole numbers are no floats to it, so floats here are never whole. */
export function createModelText(shape: Shape): string {
  const next = random(42);
  const trees = Array.from({ length: shape.trees }, (_, id) => tree(id, shape, next));
  return JSON.stringify({
    learner: {
      attributes: {},
      feature_names: featureNames(shape.features),
      feature_types: Array.from({ length: shape.features }, () => "float"),
      gradient_booster: {
        model: {
          cats: { enc: [], feature_segments: [], sorted_idx: [] },
          gbtree_model_param: { num_parallel_tree: "1", num_trees: String(shape.trees) },
          iteration_indptr: Array.from({ length: shape.trees + 1 }, (_, i) => i),
          tree_info: trees.map(() => 0),
          trees,
        },
        name: "gbtree",
      },
      learner_model_param: {
        base_score: "[2E-2]",
        boost_from_average: "1",
        num_class: "0",
        num_feature: String(shape.features),
        num_target: "1",
      },
      objective: { name: "binary:logistic", reg_loss_param: { scale_pos_weight: "1" } },
    },
    version: [3, 2, 0],
  });
}

/** Row-major, one value in ten missing. */
export function createRows(count: number, features: number): Float32Array {
  const next = random(7);
  return Float32Array.from({ length: count * features }, () => (next() < 0.1 ? Number.NaN : bell(next)));
}
