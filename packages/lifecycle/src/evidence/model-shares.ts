import type { RowScorer } from "@esteira/models/flavors/flavor";
import type { RowSample } from "./row-sample.ts";

const EXPLAINED = 500;

/**
 * How much of the score each input moves: its mean absolute SHAP value over some rows, as a share of all. Undefined for a model
 * that cannot be asked row by row.
 *
 * @param names the sample's columns.
 */
export function contributionShares(
  scorer: RowScorer | undefined,
  names: readonly string[],
  sample: RowSample,
): ReadonlyMap<string, number> | undefined {
  if (scorer === undefined || sample.rows.length === 0) return undefined;
  const places = scorer.featureNames.map((name) => names.indexOf(name));
  if (places.includes(-1)) return undefined;
  const stride = Math.max(1, Math.floor(sample.rows.length / EXPLAINED));
  const sums = new Float64Array(places.length);
  for (let at = 0; at < sample.rows.length; at += stride) {
    const values = sample.rows[at]!;
    const contributions = scorer.explain(Float64Array.from(places, (place) => values[place]!));
    for (let feature = 0; feature < sums.length; feature++) sums[feature]! += Math.abs(contributions[feature]!);
  }
  const total = sums.reduce((sum, value) => sum + value, 0);
  return new Map(scorer.featureNames.map((name, feature) => [name, total === 0 ? 0 : sums[feature]! / total]));
}
