import { quantileOfSorted } from "@esteira/models/evaluation/interval";

/**
 * A sample of numbers that later windows are compared with: points on the line, and what of the sample lies below and at each. Its
 * memory depends on the points, not on the sample.
 */
export interface NumberReference {
  /** Ascending and distinct: the sample's values (thinned where they are many), and the edges between its bins. */
  readonly points: Float64Array;
  /** Share of the sample's numbers below each point, 0 to 1. */
  readonly below: Float64Array;
  /** Share below or at each point. */
  readonly through: Float64Array;
  /** Where among the points the inner edges of the bins lie; one fewer than bins. */
  readonly edges: Uint32Array;
  /** Numbers in the sample: of a weighted one, the size of a plain sample that knows as much (Kish). */
  readonly count: number;
  /** Share of the sample's values that are missing. */
  readonly missing: number;
  /** Standard deviation of the numbers. */
  readonly deviation: number;
  /**
   * The largest share of the sample strictly between two neighbouring points, 0 when every value is a point. Distances that compare
   * distributions point by point are off by at most this.
   */
  readonly coarseness: number;
}

export interface NumberReferenceOptions {
  /** Bins of about equal share, between NumPy's linear quantiles; fewer where those coincide. Default 10. */
  readonly bins?: number;
  /** Most values that become points. Default 16,384: above it neighbours hold at most 1/16,384 of the sample between them. */
  readonly limit?: number;
}

/** Reads a sample; NaN is a missing value. */
export function numberReference(values: ArrayLike<number>, options: NumberReferenceOptions = {}): NumberReference {
  const { bins = 10, limit = 16_384 } = options;
  const sorted = presentOf(values).sort();
  const total = sorted.length;
  const edges = edgesOf(sorted, bins);
  const points: number[] = [];
  const below: number[] = [];
  const through: number[] = [];
  let [at, kept, coarseness, edge] = [0, 0, 0, 0];
  const keep = (point: number, under: number): void => {
    coarseness = Math.max(coarseness, under / total - (through.at(-1) ?? 0));
    points.push(point);
    below.push(under / total);
    through.push(at / total);
  };
  while (at < total) {
    const value = sorted[at]!;
    if (edge < edges.length && edges[edge]! < value) {
      keep(edges[edge++]!, at);
      continue;
    }
    const before = at;
    while (sorted[++at] === value);
    const isEdge = edges[edge] === value;
    if (isEdge) edge++;
    // Of many values those stay that end another of `limit` equal parts, and the first and last.
    if (isEdge || points.length === 0 || at === total || at - kept >= total / limit) {
      kept = at;
      keep(value, before);
    }
  }
  return {
    points: Float64Array.from(points),
    below: Float64Array.from(below),
    through: Float64Array.from(through),
    edges: Uint32Array.from(edges, (value) => points.indexOf(value)),
    count: total,
    missing: values.length === 0 ? 0 : 1 - total / values.length,
    deviation: deviationOf(sorted),
    coarseness,
  };
}

function presentOf(values: ArrayLike<number>): Float64Array {
  const present = new Float64Array(values.length);
  let count = 0;
  for (let at = 0; at < values.length; at++) if (!Number.isNaN(values[at]!)) present[count++] = values[at]!;
  return present.subarray(0, count);
}

const edgesOf = (sorted: Float64Array, bins: number): number[] =>
  sorted.length === 0
    ? []
    : [...new Set(Array.from({ length: bins - 1 }, (_, bin) => quantileOfSorted(sorted, (bin + 1) / bins)))];

function deviationOf(values: Float64Array): number {
  let [mean, squares] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    const from = values[at]! - mean;
    mean += from / (at + 1);
    squares += from * (values[at]! - mean);
  }
  return Math.sqrt(squares / values.length);
}
