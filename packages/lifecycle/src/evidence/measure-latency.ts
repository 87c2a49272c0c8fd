import type { ServableModel } from "@esteira/models/flavors/flavor";
import { type LatencySummary, summariseLatency } from "../monitoring/latency.ts";
import type { RowSample } from "./row-sample.ts";

const ROWS = 3000;
const WARM_UP = 500;

/**
 * Milliseconds of one answer with its reasons, a row at a time, in this process: the first rows warm the code and do not count.
 * Undefined for a model that cannot be asked row by row.
 */
export function measureLatency(
  { rowScorer }: ServableModel,
  names: readonly string[],
  sample: RowSample,
): LatencySummary | undefined {
  const places = rowScorer?.featureNames.map((name) => names.indexOf(name));
  if (rowScorer === undefined || places === undefined || places.includes(-1) || sample.rows.length === 0)
    return undefined;
  const samples: number[] = [];
  for (let turn = 0; turn < WARM_UP + ROWS; turn++) {
    const values = sample.rows[turn % sample.rows.length]!;
    const row = Float64Array.from(places, (place) => values[place]!);
    const start = performance.now();
    rowScorer.score(row);
    rowScorer.explain(row);
    if (turn >= WARM_UP) samples.push(performance.now() - start);
  }
  return summariseLatency(samples);
}
