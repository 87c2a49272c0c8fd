/**
 * MLflow's `lightgbm` flavor of a native Booster, scored in TypeScript: what `Booster.predict` answers, with all trees of
 * the file. LightGBM's pyfunc takes no params, so none change the answer here.
 */

import { invalid } from "@esteira/core/errors";
import type { LightgbmModel } from "../engines/lightgbm/model.ts";
import { parseLightgbm } from "../engines/lightgbm/parse-lightgbm.ts";
import { createLightgbmExplainer, createLightgbmScorer, type LightgbmScorer } from "../engines/lightgbm/scorer.ts";
import type { Explainer } from "../engines/trees/shap.ts";
import type { ModelConfig } from "../format/mlmodel.ts";
import { readModelFile } from "../format/model-folder.ts";
import { isTensorSchema } from "../format/signature.ts";
import { type ColumnarTable, isNumeric, positions } from "../format/table.ts";
import type { Flavor, LoadedModel, Row, RowScorer } from "./flavor.ts";
import { toDoubles } from "./matrix.ts";
import { valueRows } from "./value-rows.ts";

const BOOSTER = "lightgbm.basic.Booster";

export const lightgbmFlavor: Flavor = {
  async load(folder, config) {
    const { data, model_class: modelClass = BOOSTER } = config.flavors.lightgbm ?? {};
    if (modelClass !== BOOSTER)
      throw invalid(
        `The model class '${String(modelClass)}' is kept as pickled Python, which is not read: save its booster instead, mlflow.lightgbm.log_model(model.booster_, ...)`,
      );
    if (typeof data !== "string") throw invalid("MLmodel is not valid: flavors.lightgbm.data must name the model file");
    return createLightgbmModel(parseLightgbm(await readModelFile(folder, data)), config);
  },
};

/** LightGBM's names have no white space; those of a frame may. */
const bare = (name: string): string => name.replace(/\s/g, "_");

/** Names of the features: as the signature spells the model's own; none when the model made them up (`Column_0`). */
function featureNames(model: LightgbmModel, config: ModelConfig): readonly string[] {
  const inputs = config.signature?.inputs;
  const given =
    inputs === undefined || isTensorSchema(inputs)
      ? []
      : inputs.flatMap((spec) => (spec.name === undefined ? [] : [spec.name]));
  if (model.featureNames.every((name, i) => name === `Column_${i}`))
    return given.length === model.numFeatures ? given : [];
  const spelled = new Map(given.map((name) => [bare(name), name]));
  return model.featureNames.map((name) => spelled.get(name) ?? name);
}

/** Cells of a categorical column into the numbers that training gave them; NaN for a category it never saw. */
function withCategories(model: LightgbmModel, names: readonly string[], table: ColumnarTable): ColumnarTable {
  if (model.pandas.length === 0) return table;
  const columns = [...table.columns];
  for (const { feature, categories } of model.pandas) {
    const at = names.length > 0 ? table.names.indexOf(names[feature]!) : feature;
    const column = columns[at];
    if (column === undefined) continue;
    const codes = new Map<unknown, number>(categories.map((category, code) => [category, code]));
    const cells: ArrayLike<unknown> = column;
    columns[at] = Float64Array.from({ length: table.rowCount }, (_, row) => codes.get(cells[row]) ?? Number.NaN);
    if (isNumeric(column) && categories.every((category) => typeof category === "string"))
      throw invalid(
        `Column '${table.names[at]}' holds numbers, but the model was trained on the categories ${categories.slice(0, 5).join(", ")}`,
      );
  }
  return { ...table, columns };
}

/** A model in memory. */
export function createLightgbmModel(model: LightgbmModel, config: ModelConfig): LoadedModel {
  const scorer = createLightgbmScorer(model);
  const names = featureNames(model, config);
  return {
    config,
    signature: config.signature,
    predict(table) {
      const matrix = toDoubles(withCategories(model, names, table), names, model.numFeatures);
      return valueRows(scorer.predict(matrix, table.rowCount), table.rowCount, model.groups);
    },
    ...(model.groups === 1 && { rowScorer: createRowScorer(scorer, names) }),
  };
}

function createRowScorer(scorer: LightgbmScorer, names: readonly string[]): RowScorer {
  const { model } = scorer;
  const { numFeatures } = model;
  const values = new Float64Array(numFeatures);
  const widened = (row: Row): Float64Array => {
    if (row.length !== numFeatures) throw invalid(`A row has ${numFeatures} values, not ${row.length}`);
    values.set(row);
    return values;
  };
  let explainer: Explainer | undefined;
  return {
    featureNames: names.length > 0 ? names : positions(numFeatures),
    score: (row) => scorer.predict(widened(row), 1)[0]!,
    margin: (row) => scorer.raw(widened(row), 1)[0]!,
    explain(row) {
      explainer ??= createLightgbmExplainer(model);
      return explainer.contributions(widened(row));
    },
  };
}
