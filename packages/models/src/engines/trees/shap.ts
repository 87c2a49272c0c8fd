/**
 * Exact SHAP values of tree ensembles (path-dependent: what a coalition does not know is averaged by training cover),
 * the quantity that XGBoost's `pred_contribs` and LightGBM's `pred_contrib` give.
 *
 * Lundberg's game looks at one leaf at a time. A feature on its path lets the row through (o = 1) or not (o = 0), and
 * when unknown passes the share z of the cover. Shapley's weights are integrals, s!(m-1-s)!/m! = integral of
 * t^s (1-t)^(m-1-s) from 0 to 1, so the value of feature i in a leaf worth v is
 *
 *     v (o_i - z_i) * integral of the product over j other than i of (o_j t + z_j (1 - t)) dt,
 *
 * a polynomial of degree m - 1, for which Gauss's rule of m / 2 points is exact. At each point the whole product is made
 * once and each feature divides its own factor out. Points go by fours, which paths of up to 8 features need.
 */

import { invalid } from "@esteira/core/errors";
import { goesLeft, type TreeEnsemble, type TreeStructure } from "./ensemble.ts";
import { layOutPaths, type Paths } from "./shap-paths.ts";

export interface Explainer {
  /**
   * Contributions to the margin of one row: for each group `numFeatures + 1` values, the last the expected margin.
   * They sum to the margin of the group. Single models (one group) therefore get `numFeatures + 1` values.
   */
  contributions(row: Row, out?: Float64Array): Float64Array;
}

/** The values of one row in the model's order, NaN where missing. */
type Row = Float32Array | Float64Array;

/** What explaining needs to know of an ensemble. */
export interface Explainable {
  readonly trees: TreeStructure;
  /** What the sum of each group starts from. */
  readonly base: ArrayLike<number>;
  readonly goesLeft: (node: number, value: number) => boolean;
  /** What a leaf adds. */
  readonly leafValue: (node: number, tree: number) => number;
}

/** Points and weights of Gauss's rule of `size` points on 0 .. 1: exact up to degree 2 * size - 1. */
export function gaussRule(size: number): { points: Float64Array; weights: Float64Array } {
  const points = new Float64Array(size);
  const weights = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    // Newton's iteration on the Legendre polynomial, from an estimate that is near enough for each root.
    let x = Math.cos((Math.PI * (i + 0.75)) / (size + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [before, now] = [1, x];
      for (let degree = 2; degree <= size; degree++)
        [before, now] = [now, ((2 * degree - 1) * x * now - (degree - 1) * before) / degree];
      slope = (size * (x * now - before)) / (x * x - 1);
      const next = x - now / slope;
      if (Math.abs(next - x) < 1e-15) break;
      x = next;
    }
    points[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

/** The margin that a group expects before it has seen a row: base margin and every leaf by its share of cover. */
function expectedMargins(base: ArrayLike<number>, paths: Paths): Float64Array {
  const expected = Float64Array.from(base);
  for (let leaf = 0; leaf < paths.value.length; leaf++) {
    let reached = paths.value[leaf]!;
    for (let e = paths.elementStart[leaf]!; e < paths.elementStart[leaf + 1]!; e++) reached *= paths.share[e]!;
    expected[paths.group[leaf]!]! += reached;
  }
  return expected;
}

const POINTS_AT_ONCE = 4;

/** An explainer of an XGBoost ensemble. */
export const createExplainer = (ensemble: TreeEnsemble): Explainer =>
  explainTrees({
    trees: ensemble,
    base: ensemble.baseMargin,
    goesLeft: (node, value) => goesLeft(ensemble, node, value),
    leafValue: (node, tree) => Math.fround(ensemble.value[node]! * (ensemble.treeWeight?.[tree] ?? 1)),
  });

/** Lays out the paths of the ensemble (some milliseconds) for an explainer of single rows. */
export function explainTrees({ trees, base: start, goesLeft, leafValue }: Explainable): Explainer {
  const { numFeatures, groups, feature: splitFeature } = trees;
  const nodes = trees.treeStart[trees.treeCount]!;
  const paths = layOutPaths(trees, leafValue);
  const { value, group, elementStart, feature, slot, share, joinA, joinB } = paths;
  const rounds = Math.max(1, Math.ceil(paths.longest / 2 / POINTS_AT_ONCE));
  const { points, weights } = gaussRule(rounds * POINTS_AT_ONCE);
  const expected = expectedMargins(start, paths);
  const passes = new Uint8Array(2 * nodes + joinA.length);

  const decide = (row: Row): void => {
    for (let node = 0; node < nodes; node++) {
      const f = splitFeature[node]!;
      if (f < 0) continue;
      const left = goesLeft(node, row[f]!) ? 1 : 0;
      passes[2 * node] = 1 - left;
      passes[2 * node + 1] = left;
    }
    for (let k = 0; k < joinA.length; k++) passes[2 * nodes + k] = passes[joinA[k]!]! & passes[joinB[k]!]!;
  };

  /** Adds to `out` what four of the points give, of all leaves. */
  const addPoints = (from: number, out: Float64Array): void => {
    const [t0, t1, t2, t3] = [points[from]!, points[from + 1]!, points[from + 2]!, points[from + 3]!];
    const [w0, w1, w2, w3] = [weights[from]!, weights[from + 1]!, weights[from + 2]!, weights[from + 3]!];
    const leaves = value.length;
    for (let leaf = 0; leaf < leaves; leaf++) {
      const first = elementStart[leaf]!;
      const last = elementStart[leaf + 1]!;
      const v = value[leaf]!;
      let p0 = v * w0;
      let p1 = v * w1;
      let p2 = v * w2;
      let p3 = v * w3;
      for (let e = first; e < last; e++) {
        const z = share[e]!;
        const d = passes[slot[e]!]! - z;
        p0 *= z + t0 * d;
        p1 *= z + t1 * d;
        p2 *= z + t2 * d;
        p3 *= z + t3 * d;
      }
      const base = group[leaf]! * (numFeatures + 1);
      for (let e = first; e < last; e++) {
        const z = share[e]!;
        const d = passes[slot[e]!]! - z;
        const f0 = z + t0 * d;
        const f1 = z + t1 * d;
        const f2 = z + t2 * d;
        const f3 = z + t3 * d;
        // Two fractions over a common denominator cost one division less.
        const at = base + feature[e]!;
        out[at] = out[at]! + d * ((p0 * f1 + p1 * f0) / (f0 * f1) + (p2 * f3 + p3 * f2) / (f2 * f3));
      }
    }
  };

  return {
    contributions(row, out = new Float64Array(groups * (numFeatures + 1))) {
      if (row.length !== numFeatures) throw invalid(`A row has ${numFeatures} values, not ${row.length}`);
      out.fill(0);
      decide(row);
      for (let round = 0; round < rounds; round++) addPoints(round * POINTS_AT_ONCE, out);
      for (let g = 0; g < groups; g++) out[g * (numFeatures + 1) + numFeatures] = expected[g]!;
      return out;
    },
  };
}
