/** Decision trees, random forests and boosted trees, for classes and for numbers. Equal to Spark to the bit, but for exp. */

import { invalid } from "@esteira/core/errors";
import { asCount, asNumber, type Field, get } from "../fields.ts";
import { createDot } from "../linalg.ts";
import { hasParam, type SavedStage } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { classification, type Leaves, regression } from "./learner.ts";
import { buildTrees, findLeaf, type Trees } from "./trees.ts";

const featuresOf = (saved: SavedStage): number => asCount(saved.extra("numFeatures"));

async function readTree(saved: SavedStage): Promise<Trees> {
  return buildTrees([await saved.fields()], featuresOf(saved));
}

async function readEnsemble(saved: SavedStage): Promise<{ readonly trees: Trees; readonly weights: Float64Array }> {
  const count = asCount(saved.extra("numTrees"), 1_000_000);
  const nodes: Field[][] = Array.from({ length: count }, () => []);
  for (const row of await saved.fields()) nodes[asCount(get(row, "treeID"), count - 1)]!.push(get(row, "nodeData"));
  const weights = new Float64Array(count);
  const described = await saved.fields("treesMetadata");
  if (described.length !== count)
    throw invalid(
      `The Spark model is not valid: it has ${count} trees, and treesMetadata tells of ${described.length}`,
    );
  // Columns without names of their own: number of the tree, its metadata, its weight.
  for (const row of described) {
    const id = asCount(get(row, row.value !== null && "treeID" in Object(row.value) ? "treeID" : "_1"), count - 1);
    weights[id] = asNumber(get(row, "weights" in Object(row.value) ? "weights" : "_3"));
  }
  return { trees: buildTrees(nodes, featuresOf(saved)), weights };
}

function leavesOf(trees: Trees): Leaves {
  return {
    size: trees.roots.length,
    find(numbers, at, to) {
      trees.roots.forEach((root, t) => {
        numbers[to + t] = trees.leafNumber[findLeaf(trees, root, numbers, at)]!;
      });
    },
  };
}

/** Counts into shares of their sum, in place of each other or elsewhere. */
function normalise(numbers: Float64Array, from: number, to: number, size: number): void {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += numbers[from + i]!;
  for (let i = 0; i < size; i++) numbers[to + i] = sum === 0 ? numbers[from + i]! : numbers[from + i]! / sum;
}

export async function readTreeClassifier(saved: SavedStage): Promise<Stage> {
  const trees = await readTree(saved);
  const numClasses = trees.statSize;
  return classification(saved, {
    numFeatures: trees.numFeatures,
    numClasses,
    raw(numbers, at, to) {
      const leaf = findLeaf(trees, 0, numbers, at);
      for (let i = 0; i < numClasses; i++) numbers[to + i] = trees.stats[leaf * numClasses + i]!;
    },
    probability: (numbers, raw, to) => normalise(numbers, raw, to, numClasses),
    leaves: leavesOf(trees),
  });
}

export async function readTreeRegressor(saved: SavedStage): Promise<Stage> {
  const trees = await readTree(saved);
  return regression(saved, {
    numFeatures: trees.numFeatures,
    predict: (numbers, at) => trees.prediction[findLeaf(trees, 0, numbers, at)]!,
    others: [
      {
        param: "varianceCol",
        predict(numbers, at) {
          const stat = findLeaf(trees, 0, numbers, at) * trees.statSize;
          const [count = 0, sum = 0, squares = 0] = trees.stats.subarray(stat, stat + 3);
          return count === 0 ? 0 : (squares - (sum * sum) / count) / count;
        },
      },
    ],
    leaves: leavesOf(trees),
  });
}

export async function readForestClassifier(saved: SavedStage): Promise<Stage> {
  const { trees } = await readEnsemble(saved);
  const numClasses = trees.statSize;
  // A tree's vote is its leaf's shares, which are the same for every row.
  const shares = trees.stats.slice();
  for (let node = 0; node < trees.feature.length; node++)
    normalise(shares, node * numClasses, node * numClasses, numClasses);
  return classification(saved, {
    numFeatures: trees.numFeatures,
    numClasses,
    raw(numbers, at, to) {
      numbers.fill(0, to, to + numClasses);
      for (let t = 0; t < trees.roots.length; t++) {
        const share = findLeaf(trees, trees.roots[t]!, numbers, at) * numClasses;
        for (let i = 0; i < numClasses; i++) numbers[to + i] = numbers[to + i]! + shares[share + i]!;
      }
    },
    probability: (numbers, raw, to) => normalise(numbers, raw, to, numClasses),
    leaves: leavesOf(trees),
  });
}

export async function readForestRegressor(saved: SavedStage): Promise<Stage> {
  const { trees } = await readEnsemble(saved);
  return regression(saved, {
    numFeatures: trees.numFeatures,
    predict(numbers, at) {
      let sum = 0;
      for (let t = 0; t < trees.roots.length; t++)
        sum += trees.prediction[findLeaf(trees, trees.roots[t]!, numbers, at)]!;
      return sum / trees.roots.length;
    },
    leaves: leavesOf(trees),
  });
}

/** The weighted sum of what the trees answer. */
async function readBoosted(
  saved: SavedStage,
): Promise<{ trees: Trees; margin(numbers: Float64Array, at: number): number }> {
  const { trees, weights } = await readEnsemble(saved);
  const answers = new Float64Array(weights.length);
  const dot = createDot({ values: weights, isSparse: false });
  return {
    trees,
    margin(numbers, at) {
      for (let t = 0; t < answers.length; t++)
        answers[t] = trees.prediction[findLeaf(trees, trees.roots[t]!, numbers, at)]!;
      return dot(answers, 0);
    },
  };
}

export async function readBoostedClassifier(saved: SavedStage): Promise<Stage> {
  const { trees, margin } = await readBoosted(saved);
  return classification(saved, {
    numFeatures: trees.numFeatures,
    numClasses: 2,
    raw(numbers, at, to) {
      const sum = margin(numbers, at);
      numbers[to] = -sum;
      numbers[to + 1] = sum;
    },
    probability(numbers, raw, to) {
      // Of the loss that is 2 ln(1 + exp(-2 y F)).
      const first = 1 / (1 + Math.exp(-2 * numbers[raw]!));
      numbers[to] = first;
      numbers[to + 1] = 1 - first;
    },
    ...(!hasParam(saved, "thresholds") && {
      decide: (numbers: Float64Array, raw: number) => Number(numbers[raw + 1]! > 0),
    }),
    leaves: leavesOf(trees),
  });
}

export async function readBoostedRegressor(saved: SavedStage): Promise<Stage> {
  const { trees, margin } = await readBoosted(saved);
  return regression(saved, { numFeatures: trees.numFeatures, predict: margin, leaves: leavesOf(trees) });
}
