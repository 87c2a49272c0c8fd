import type { FeatureSample } from "@esteira/lifecycle/monitoring/drift";
import type { FeatureImportance } from "@esteira/models/training/trainer";
import type { FraudModel } from "../service/fraud-model.ts";
import type { Study } from "./study.ts";

/** Rows of feature values, row-major in the table's columns. */
interface Values {
  readonly values: Float32Array;
  readonly rows: number;
}

/** How much of a model each feature is: shares of one. */
export type FeatureShares = ReadonlyMap<string, number>;

/** By the gain of all splits. */
export function gainShares(importance: readonly FeatureImportance[]): FeatureShares {
  return shares(importance.map(({ feature, gain, weight }) => [feature, gain * weight]));
}

/** By the mean size of SHAP values over every `stride`-th row: what a packaged model tells of itself. */
export function contributionShares(
  model: FraudModel,
  { values, rows }: Values,
  columns: readonly number[],
): FeatureShares {
  const width = values.length / rows;
  const stride = Math.max(1, Math.floor(rows / 400));
  const row = new Float32Array(columns.length);
  const sums = new Float64Array(columns.length);
  for (let at = 0; at < rows; at += stride) {
    for (let column = 0; column < columns.length; column++) row[column] = values[at * width + columns[column]!]!;
    const contributions = model.contributions(row);
    for (let column = 0; column < columns.length; column++) sums[column]! += Math.abs(contributions[column]!);
  }
  return shares(model.names.map((name, column) => [name, sums[column]!]));
}

function shares(weights: readonly (readonly [string, number])[]): FeatureShares {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return new Map(weights.map(([name, weight]) => [name, total === 0 ? 0 : weight / total]));
}

/** Each feature's values in two sets of rows, with its share of the model. */
export function featureSamples(
  study: Study,
  importance: FeatureShares,
  sets: { readonly reference: Values; readonly current: Values },
): FeatureSample[] {
  const width = study.table.names.length;
  const column = ({ values, rows }: Values, at: number) =>
    Float32Array.from({ length: rows }, (_, row) => values[row * width + at]!);
  return study.table.features.map((feature, at) => ({
    name: feature.name,
    kind: feature.unit === "code" || feature.unit === "flag" ? "category" : "number",
    reference: column(sets.reference, at),
    current: column(sets.current, at),
    importance: importance.get(feature.name) ?? 0,
  }));
}
