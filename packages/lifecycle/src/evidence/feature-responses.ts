import type { RowScorer } from "@esteira/models/flavors/flavor";
import type { FeatureResponse } from "../gates/evidence.ts";
import type { RowSample } from "./row-sample.ts";

const ROWS = 500;
const VALUES = 20;

/**
 * The score of some rows as one input takes some of its own values, from the lowest to the highest, all else as it was. Inputs that the
 * model has not are left out.
 *
 * @param names the sample's columns.
 */
export function featureResponses(
  scorer: RowScorer,
  names: readonly string[],
  sample: RowSample,
  features: readonly string[],
): FeatureResponse[] {
  const places = scorer.featureNames.map((name) => names.indexOf(name));
  const stride = Math.max(1, Math.ceil(sample.rows.length / ROWS));
  const rows = sample.rows
    .filter((_, at) => at % stride === 0)
    .map((values) => Float64Array.from(places, (place) => values[place] ?? Number.NaN));
  return [...new Set(features)].flatMap((feature): FeatureResponse[] => {
    const input = scorer.featureNames.indexOf(feature);
    if (input === -1) return [];
    const grid = quantiles(rows.map((row) => row[input] ?? Number.NaN));
    const steps = rows.map((row) => largestSteps(grid.map((value) => scorer.score(row.with(input, value)))));
    return [
      {
        feature,
        values: grid.length,
        falls: Float64Array.from(steps, ({ fall }) => fall),
        rises: Float64Array.from(steps, ({ rise }) => rise),
      },
    ];
  });
}

/** Distinct values, ascending, evenly spread over the rows; the lowest and the highest among them. */
function quantiles(values: readonly number[]): number[] {
  const sorted = [...new Set(values.filter((value) => Number.isFinite(value)))].sort((a, b) => a - b);
  if (sorted.length <= VALUES) return sorted;
  return Array.from({ length: VALUES }, (_, at) => sorted[Math.round((at * (sorted.length - 1)) / (VALUES - 1))]!);
}

function largestSteps(scores: readonly number[]): { readonly fall: number; readonly rise: number } {
  let [fall, rise] = [0, 0];
  for (const [at, score] of scores.slice(1).entries()) {
    const step = score - scores[at]!;
    fall = Math.max(fall, -step);
    rise = Math.max(rise, step);
  }
  return { fall, rise };
}
