import type { Dimension } from "./dimensions.ts";
import { type Feature, growTree, predict, shuffled, type Tree } from "./forest.ts";
import { mean, randomOf, spearman } from "./statistics.ts";

export interface Importance {
  readonly id: string;
  readonly label: string;
  /**
   * How much of the target's variance the forest's error grows by when this one is shuffled among runs that a tree has not
   * seen: the mean over the trees. 0 when it does not matter, above 1 when all depends on it.
   */
  readonly share: number;
  /** Spearman's rank correlation with the target, -1 to 1; undefined of categories and of what does not vary. */
  readonly correlation: number | undefined;
}

export interface Importances {
  /** The greatest first. */
  readonly of: readonly Importance[];
  /** R² of the forest on runs that its trees have not seen; near 0 or below, it has learnt nothing. */
  readonly explained: number;
  readonly runs: number;
}

/** With fewer runs a forest says nothing. */
export const LEAST_RUNS = 8;
const TREES = 120;
const SEED = 17;

/** Parameters that differ, as columns for a forest. A run without one has a value of its own there: the least. */
function featureOf({ values, kind, categories }: Dimension, kept: readonly number[]): Feature {
  const codes = new Map(categories.map((category, code) => [category, code]));
  const numbers = kept.map((at) => {
    const value = values[at];
    return typeof value === "number" ? value : value === undefined ? undefined : codes.get(value);
  });
  const least = numbers.reduce<number>((low, value) => (value === undefined ? low : Math.min(low, value)), 0) - 1;
  return { values: Float64Array.from(numbers, (value) => value ?? least), isCategory: kind === "category" };
}

/**
 * Which parameters a metric depends on: permutation importance in a random forest of 120 trees, on the runs that each tree has
 * not seen, with a fixed seed. `rest` is awaited after each tree, so that a page can draw meanwhile.
 *
 * @returns undefined with fewer than `LEAST_RUNS` runs, no parameter that differs, or a target that does not vary.
 */
export async function importances(
  target: Dimension,
  params: readonly Dimension[],
  rest: () => Promise<void>,
): Promise<Importances | undefined> {
  const kept = target.values.flatMap((value, at) => (typeof value === "number" ? [at] : []));
  const differing = params.filter(({ values }) => new Set(kept.map((at) => values[at])).size > 1);
  if (kept.length < LEAST_RUNS || differing.length === 0) return undefined;
  const y = Float64Array.from(kept, (at) => Number(target.values[at]));
  const middle = mean([...y]);
  const variance = mean([...y].map((value) => (value - middle) ** 2));
  // What differs by rounding alone does not vary.
  if (!(variance > 1e-24 * Math.max(1, middle * middle))) return undefined;

  const random = randomOf(SEED);
  const features = differing.map((param) => featureOf(param, kept));
  const grown = differing.map(() => 0);
  const sums = new Float64Array(y.length);
  const counts = new Float64Array(y.length);
  for (let count = 0; count < TREES; count++) {
    const tree = growTree(features, y, random);
    if (tree.unseen.length > 0) {
      for (const row of tree.unseen) {
        sums[row]! += predict(tree, features, row);
        counts[row]!++;
      }
      const error = errorOf(tree, features, y);
      differing.forEach((_, feature) => {
        const others = shuffled(tree.unseen, random);
        grown[feature]! += errorOf(tree, features, y, { feature, others }) - error;
      });
    }
    await rest();
  }
  const judged = [...y.keys()].filter((row) => counts[row]! > 0);
  const left = mean(judged.map((row) => (y[row]! - sums[row]! / counts[row]!) ** 2));
  return {
    runs: kept.length,
    explained: 1 - left / variance,
    of: differing
      .map((param, at) => ({
        id: param.id,
        label: param.label,
        share: grown[at]! / TREES / variance,
        correlation: param.kind === "number" ? correlationOf(param, target, kept) : undefined,
      }))
      .sort((a, b) => b.share - a.share),
  };
}

/** Mean squared error of a tree on what it has not seen; with one feature of each row read from another. */
function errorOf(
  tree: Tree,
  features: readonly Feature[],
  y: Float64Array,
  swap?: { readonly feature: number; readonly others: readonly number[] },
): number {
  return mean(
    tree.unseen.map((row, at) => {
      const said = predict(tree, features, row, swap && { feature: swap.feature, row: swap.others[at]! });
      return (y[row]! - said) ** 2;
    }),
  );
}

function correlationOf(param: Dimension, target: Dimension, kept: readonly number[]): number | undefined {
  const both = kept.filter((at) => typeof param.values[at] === "number");
  return spearman(
    both.map((at) => Number(param.values[at])),
    both.map((at) => Number(target.values[at])),
  );
}
