import { quantileOfSorted } from "@esteira/models/evaluation/interval";

/** Milliseconds. Quantiles of none are NaN. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Of samples in milliseconds; those that are not numbers (no answer was measured) are left out. */
export function summariseLatency(samples: ArrayLike<number>): LatencySummary {
  const sorted = Float64Array.from(samples)
    .filter((value) => !Number.isNaN(value))
    .sort();
  let sum = 0;
  for (const value of sorted) sum += value;
  const at = (q: number) => quantileOfSorted(sorted, q);
  return {
    count: sorted.length,
    mean: sum / sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}
