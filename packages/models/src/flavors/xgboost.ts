/**
 * MLflow's `xgboost` flavor, scored in TypeScript. A native Booster answers what `Booster.predict` does, with all its
 * rounds. The scikit-learn classes use the rounds up to the best iteration, and a classifier answers class labels.
 */

import { invalid } from "@esteira/core/errors";
import { firstRounds, roundCount, type TreeEnsemble } from "../engines/trees/ensemble.ts";
import { parseXgboost } from "../engines/trees/parse-xgboost.ts";
import { createScorer, type Scorer } from "../engines/trees/scorer.ts";
import { createExplainer, type Explainer } from "../engines/trees/shap.ts";
import { badRequest } from "../format/cells.ts";
import type { FlavorConfig, ModelConfig } from "../format/mlmodel.ts";
import { readModelFile } from "../format/model-folder.ts";
import type { Params } from "../format/params.ts";
import { isTensorSchema } from "../format/signature.ts";
import { type ColumnarTable, positions } from "../format/table.ts";
import type { Flavor, LoadedModel, Prediction, Row, RowScorer } from "./flavor.ts";
import { toMatrix } from "./matrix.ts";
import { valueRows } from "./value-rows.ts";

type ModelKind = "booster" | "classifier" | "regressor";

const CLASSES: ReadonlyMap<string, ModelKind> = new Map<string, ModelKind>([
  ["xgboost.core.Booster", "booster"],
  ["xgboost.sklearn.XGBClassifier", "classifier"],
  ["xgboost.sklearn.XGBRFClassifier", "classifier"],
  ["xgboost.sklearn.XGBRegressor", "regressor"],
  ["xgboost.sklearn.XGBRFRegressor", "regressor"],
  ["xgboost.sklearn.XGBRanker", "regressor"],
]);

export const xgboostFlavor: Flavor = {
  async load(folder, config) {
    const flavor = config.flavors.xgboost ?? {};
    const kind = readKind(flavor);
    const { data } = flavor;
    if (typeof data !== "string") throw invalid("MLmodel is not valid: flavors.xgboost.data must name the model file");
    return createXgboostModel(parseXgboost(await readModelFile(folder, data)), kind, config);
  },
};

function readKind(flavor: FlavorConfig): ModelKind {
  // MLflow before 1.22 wrote no class; it knew Boosters only.
  const name = flavor.model_class ?? "xgboost.core.Booster";
  const kind = typeof name === "string" ? CLASSES.get(name) : undefined;
  if (kind === undefined)
    throw invalid(`The model class '${String(name)}' is not known; known are ${[...CLASSES.keys()].join(", ")}`);
  return kind;
}

/** Names of the features: the model's own, else those of the signature when it names as many. */
function featureNames(ensemble: TreeEnsemble, config: ModelConfig): readonly string[] {
  if (ensemble.featureNames.length > 0) return ensemble.featureNames;
  const inputs = config.signature?.inputs;
  if (inputs === undefined || isTensorSchema(inputs) || inputs.length !== ensemble.numFeatures) return [];
  return inputs.flatMap((spec) => (spec.name === undefined ? [] : [spec.name]));
}

/** Rounds up to and including the best iteration, as the scikit-learn classes predict. */
function bestRounds(ensemble: TreeEnsemble): TreeEnsemble {
  const best = Number(ensemble.attributes.best_iteration);
  return Number.isInteger(best) && best >= 0 ? firstRounds(ensemble, best + 1) : ensemble;
}

/** A model of an ensemble in memory. `predict` honours output_margin, pred_leaf, pred_contribs and strict_shape. */
export function createXgboostModel(whole: TreeEnsemble, kind: ModelKind, config: ModelConfig): LoadedModel {
  const ensemble = kind === "booster" ? whole : bestRounds(whole);
  const scorer = createScorer(ensemble);
  const names = featureNames(ensemble, config);
  const isBooster = kind === "booster";
  let explainer: Explainer | undefined;
  const explain = (row: Float32Array): Float64Array => {
    explainer ??= createExplainer(ensemble);
    return explainer.contributions(row);
  };

  const predict = (table: ColumnarTable, params: Params = {}): Prediction[] => {
    const rows = table.rowCount;
    const matrix = toMatrix(table, names, ensemble.numFeatures, !isBooster);
    if (kind === "classifier" && params.output_margin !== true) return classLabels(scorer, matrix, rows);
    const strict = isBooster && params.strict_shape === true;
    if (isBooster) {
      for (const name of ["pred_interactions", "approx_contribs", "training"])
        if (params[name] === true) throw badRequest(`The parameter ${name} is not supported`);
      if (params.pred_leaf === true) return leafRows(scorer, matrix, rows, strict);
      if (params.pred_contribs === true) return contributionRows(ensemble, explain, matrix, rows, strict);
    }
    const isMargin = params.output_margin === true;
    const values = isMargin ? scorer.margins(matrix, rows) : scorer.predict(matrix, rows);
    return valueRows(values, rows, isMargin ? scorer.groups : scorer.answerWidth, strict);
  };

  return {
    config,
    signature: config.signature,
    predict,
    ...(ensemble.groups === 1 && { rowScorer: createRowScorer(scorer, kind, names, explain) }),
  };
}

function createRowScorer(
  scorer: Scorer,
  kind: ModelKind,
  names: readonly string[],
  explain: (row: Float32Array) => Float64Array,
): RowScorer {
  const { numFeatures } = scorer.ensemble;
  const single = (row: Row): Float32Array => (row instanceof Float32Array ? row : Float32Array.from(row));
  return {
    featureNames: names.length > 0 ? names : positions(numFeatures),
    score:
      kind === "classifier" ? (row) => Number(scorer.answer(single(row)) > 0.5) : (row) => scorer.answer(single(row)),
    margin: (row) => scorer.margin(single(row)),
    explain: (row) => explain(single(row)),
  };
}

function classLabels(scorer: Scorer, matrix: Float32Array, rows: number): number[] {
  const values = scorer.predict(matrix, rows);
  const width = scorer.answerWidth;
  // One value a row is a probability of the second class, or with multi:softmax already the label.
  if (width === 1) return Array.from(values, scorer.groups > 1 ? (label) => label : (value) => Number(value > 0.5));
  return Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (values[row * width + i]! > values[row * width + best]!) best = i;
    return best;
  });
}

/** Leaves by tree; with a strict shape by round, group and parallel tree. */
function leafRows(scorer: Scorer, matrix: Float32Array, rows: number, strict: boolean): Prediction[] {
  const leaves = scorer.leaves(matrix, rows);
  const { treeCount, groups } = scorer.ensemble;
  const flat = Array.from({ length: rows }, (_, row) =>
    Array.from(leaves.subarray(row * treeCount, (row + 1) * treeCount)),
  );
  if (!strict) return flat;
  const rounds = roundCount(scorer.ensemble);
  const parallel = rounds === 0 ? 0 : treeCount / (rounds * groups);
  const cut = (trees: readonly number[], size: number): number[][] =>
    Array.from({ length: trees.length / size }, (_, i) => trees.slice(i * size, (i + 1) * size));
  return flat.map((trees) => cut(trees, groups * parallel).map((round) => cut(round, parallel)));
}

function contributionRows(
  ensemble: TreeEnsemble,
  explain: (row: Float32Array) => Float64Array,
  matrix: Float32Array,
  rows: number,
  strict: boolean,
): Prediction[] {
  const { numFeatures, groups } = ensemble;
  const width = numFeatures + 1;
  return Array.from({ length: rows }, (_, row) => {
    const all = Array.from(explain(matrix.subarray(row * numFeatures, (row + 1) * numFeatures)), Math.fround);
    if (groups === 1 && !strict) return all;
    return Array.from({ length: groups }, (_, group) => all.slice(group * width, (group + 1) * width));
  });
}
