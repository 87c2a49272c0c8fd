/** What all learned models share: features in, and the columns `prediction`, `rawPrediction` and `probability` out. */

import { badRequest } from "../../../format/cells.ts";
import { checkSize } from "../features/elementwise.ts";
import { asNumbers } from "../fields.ts";
import { argmax } from "../linalg.ts";
import type { Layout, NumberColumn, VectorColumn } from "../row.ts";
import { columnParam, hasParam, type SavedStage, simpleName } from "../saved-stage.ts";
import { always, type Stage, type Step } from "../stage.ts";

/** Features into one number. `at` is where they begin in `numbers`. */
export type Predict = (numbers: Float64Array, at: number, size: number) => number;

export interface Regressor {
  /** Undefined when features of any size do. */
  readonly numFeatures: number | undefined;
  readonly predict: Predict;
  /** More columns: the parameter with the name, and what goes there. */
  readonly others?: readonly { readonly param: string; readonly predict: Predict }[];
  readonly leaves?: Leaves;
}

/** For forests: the column of the parameter `leafCol`, with the number of the leaf in each tree. */
export interface Leaves {
  readonly size: number;
  find(numbers: Float64Array, at: number, to: number): void;
}

export interface Classifier {
  readonly numFeatures: number;
  readonly numClasses: number;
  /** Writes `numClasses` raw scores to `to` on. */
  raw(numbers: Float64Array, at: number, to: number, size: number): void;
  /** Raw scores at `raw` into probabilities at `to`; absent when the model has none. */
  readonly probability?: (numbers: Float64Array, raw: number, to: number) => void;
  /** The class by the raw scores at `raw`; the largest one, or the thresholds, when absent. */
  readonly decide?: (numbers: Float64Array, raw: number) => number;
  readonly leaves?: Leaves;
}

const featuresName = (saved: SavedStage): string => columnParam(saved, "featuresCol") ?? "features";

function featuresColumn(saved: SavedStage, layout: Layout, size: number | undefined): VectorColumn {
  const column = layout.vectorColumn(featuresName(saved));
  checkSize(simpleName(saved.className), column, size);
  return column;
}

function refuseNull(saved: SavedStage): Error {
  return badRequest(`Column '${featuresName(saved)}' is null, which ${simpleName(saved.className)} refuses`);
}

function numberStep(saved: SavedStage, from: VectorColumn, to: NumberColumn, predict: Predict): Step {
  return always([from], [to], ({ numbers, nulls }) => {
    if (nulls[from.at] === 1) throw refuseNull(saved);
    numbers[to.at] = predict(numbers, from.at, from.size);
    nulls[to.at] = 0;
  });
}

function leafSteps(saved: SavedStage, layout: Layout, from: VectorColumn, leaves: Leaves | undefined): readonly Step[] {
  const name = columnParam(saved, "leafCol");
  if (name === undefined || leaves === undefined) return [];
  const to = layout.vector(name, leaves.size);
  return [
    always([from], [to], ({ numbers, nulls }) => {
      leaves.find(numbers, from.at, to.at);
      nulls[to.at] = 0;
    }),
  ];
}

export function regression(saved: SavedStage, regressor: Regressor): Stage {
  return {
    output: undefined,
    layOut(layout) {
      const from = featuresColumn(saved, layout, regressor.numFeatures);
      const columns = [{ param: "predictionCol", predict: regressor.predict }, ...(regressor.others ?? [])];
      return [
        ...columns.flatMap(({ param, predict }) => {
          const name = columnParam(saved, param);
          return name === undefined ? [] : [numberStep(saved, from, layout.number(name), predict)];
        }),
        ...leafSteps(saved, layout, from, regressor.leaves),
      ];
    },
  };
}

/** A column that has no name is made all the same, under one that no user can ask for. */
const hidden = (saved: SavedStage, param: string): string => columnParam(saved, param) ?? `${saved.uid}#${param}`;

export function classification(saved: SavedStage, classifier: Classifier): Stage {
  const { numClasses, probability } = classifier;
  const thresholds = hasParam(saved, "thresholds") ? asNumbers(saved.param("thresholds")) : undefined;
  return {
    output: undefined,
    layOut(layout) {
      const from = featuresColumn(saved, layout, classifier.numFeatures);
      const raw = layout.vector(hidden(saved, "rawPredictionCol"), numClasses);
      const steps = [
        always([from], [raw], ({ numbers, nulls }) => {
          if (nulls[from.at] === 1) throw refuseNull(saved);
          classifier.raw(numbers, from.at, raw.at, from.size);
          nulls[raw.at] = 0;
        }),
      ];
      const chances = probability && layout.vector(hidden(saved, "probabilityCol"), numClasses);
      if (chances !== undefined)
        steps.push(
          always([raw], [chances], ({ numbers, nulls }) => {
            probability!(numbers, raw.at, chances.at);
            nulls[chances.at] = 0;
          }),
        );
      const name = columnParam(saved, "predictionCol");
      if (name !== undefined) {
        const to = layout.number(name, "double", { name, categories: numClasses });
        const { decide } = classifier;
        const byThresholds = decide === undefined && thresholds !== undefined && chances !== undefined;
        steps.push(
          always([byThresholds ? chances : raw], [to], ({ numbers, nulls }) => {
            if (byThresholds) numbers[to.at] = overThresholds(numbers, chances.at, thresholds);
            else numbers[to.at] = decide?.(numbers, raw.at) ?? argmax(numbers, raw.at, numClasses);
            nulls[to.at] = 0;
          }),
        );
      }
      return [...steps, ...leafSteps(saved, layout, from, classifier.leaves)];
    },
  };
}

/** The class whose probability is most times its threshold, the first of equals. */
function overThresholds(numbers: Float64Array, at: number, thresholds: Float64Array): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < thresholds.length; i++) {
    const scaled = numbers[at + i]! / thresholds[i]!;
    if (scaled > most) {
      most = scaled;
      best = i;
    }
  }
  return best;
}
