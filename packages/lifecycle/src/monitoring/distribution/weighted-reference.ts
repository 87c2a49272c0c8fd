import { type NumberReference, numberReference } from "./number-reference.ts";
import { NumberWindow } from "./number-window.ts";

/** A reference in which each value counts as much as its weight says (0 or more); see `seasonalWeights`. */
export function weightedReference(values: ArrayLike<number>, weights: ArrayLike<number>, bins = 10): NumberReference {
  const plain = numberReference(values, { bins });
  const weighed = new NumberWindow(plain);
  weighed.add(values, { weights });
  const { cells, count: total } = weighed;
  const points = plain.points.length;
  const below = new Float64Array(points);
  const through = new Float64Array(points);
  let [passed, coarseness] = [0, 0];
  for (let point = 0; point < points; point++) {
    coarseness = Math.max(coarseness, cells[2 * point]! / total);
    passed += cells[2 * point]!;
    below[point] = passed / total;
    passed += cells[2 * point + 1]!;
    through[point] = passed / total;
  }
  const edges = Array.from({ length: bins - 1 }, (_, bin) => through.findIndex((share) => share >= (bin + 1) / bins));
  const { mean, deviation } = momentsOf(values, weights);
  return {
    ...plain,
    below,
    through,
    edges: Uint32Array.from(new Set(edges.filter((edge) => edge >= 0))),
    count: effectiveRows(weights, (row) => !Number.isNaN(values[row]!)),
    missing: weighed.missingShare,
    deviation: Number.isNaN(mean) ? plain.deviation : deviation,
    coarseness,
  };
}

/** How many rows that count alike know as much as these that do not (Kish), of those that are asked for. 0 of none. */
export function effectiveRows(weights: ArrayLike<number>, isAsked: (row: number) => boolean = () => true): number {
  let [all, squares] = [0, 0];
  for (let row = 0; row < weights.length; row++) {
    if (!isAsked(row)) continue;
    all += weights[row]!;
    squares += weights[row]! ** 2;
  }
  return squares === 0 ? 0 : all ** 2 / squares;
}

function momentsOf(values: ArrayLike<number>, weights: ArrayLike<number>): { mean: number; deviation: number } {
  let [all, mean, squares] = [0, 0, 0];
  for (let row = 0; row < values.length; row++) {
    const [value, weight] = [values[row]!, weights[row]!];
    if (Number.isNaN(value) || !(weight > 0)) continue;
    all += weight;
    const from = value - mean;
    mean += (from * weight) / all;
    squares += weight * from * (value - mean);
  }
  return { mean: all === 0 ? Number.NaN : mean, deviation: Math.sqrt(squares / all) };
}
