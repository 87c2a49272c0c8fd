import { invalid } from "@esteira/core/errors";
import { quantileOfSorted } from "./interval.ts";
import { Random } from "./random.ts";
import { type ClusteredRows, type Draw, prepareMetric, type ResampledMetric } from "./resampled-metric.ts";
import { checkBothClasses, checkLength, checkRows, checkShare, type Labels, type Scores } from "./rows.ts";

/** Rows to resample by cluster: all rows of a customer are drawn together, or the interval would be too narrow. */
export interface BootstrapRows {
  readonly labels: Labels;
  /** Any one unit of money. */
  readonly amounts: Float64Array;
  readonly tieKeys: Uint32Array;
  /** The customer (or day, or ring) of each row: any whole number, equal within a cluster. */
  readonly clusters: Int32Array;
}

export interface BootstrapOptions {
  readonly metric: ResampledMetric;
  /** Draws; at least 100, customarily 1,000 or more. */
  readonly replicates?: number;
  /** Of the two-sided percentile interval. */
  readonly confidence?: number;
  readonly seed?: number;
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The metric on each draw, ascending. Draws without any fraud are left out. */
  readonly replicates: Float64Array;
}

export interface PairedEstimate {
  readonly champion: number;
  readonly challenger: number;
  /** challenger - champion on the rows as they are. */
  readonly delta: number;
  /** Percentile interval of the difference. */
  readonly low: number;
  readonly high: number;
  /** One-sided: the share of draws in which the challenger is no better. */
  readonly pNotBetter: number;
  /** The difference on each draw, ascending. */
  readonly replicates: Float64Array;
}

/** Percentile interval of one model's metric. */
export function bootstrap(rows: BootstrapRows, scores: Scores, options: BootstrapOptions): Estimate {
  const clustered = prepare(rows, scores, options.metric);
  const metric = prepareMetric(clustered, scores, options.metric);
  const replicates = resample(clustered, options, metric);
  const value = metric(everyClusterOnce(clustered));
  return { value, ...interval(replicates, options), replicates };
}

/**
 * The challenger against the champion on the same rows: clusters are drawn with replacement, both models are measured on the
 * same draw, and the whole metric, its top-of-the-budget cut included, is computed anew each time.
 */
export function pairedBootstrap(
  rows: BootstrapRows,
  scores: { readonly champion: Scores; readonly challenger: Scores },
  options: BootstrapOptions,
): PairedEstimate {
  const clustered = prepare(rows, scores.champion, options.metric);
  checkRows(scores.challenger, rows.labels);
  const champion = prepareMetric(clustered, scores.champion, options.metric);
  const challenger = prepareMetric(clustered, scores.challenger, options.metric);
  const once = everyClusterOnce(clustered);
  const values = { champion: champion(once), challenger: challenger(once) };
  const replicates = resample(clustered, options, (draw) => challenger(draw) - champion(draw));
  return {
    ...values,
    delta: values.challenger - values.champion,
    ...interval(replicates, options),
    pNotBetter: shareAtOrBelow(replicates, 0),
    replicates,
  };
}

/** Share of ascending replicates at or below `limit`: the one-sided P(Δ ≤ limit). */
export function shareAtOrBelow(replicates: Float64Array, limit: number): number {
  let low = 0;
  let high = replicates.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (replicates[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low / replicates.length;
}

function prepare(rows: BootstrapRows, scores: Scores, metric: ResampledMetric): ClusteredRows {
  checkRows(scores, rows.labels);
  checkBothClasses(rows.labels);
  if ("budget" in metric) checkShare("The alert budget", metric.budget);
  for (const name of ["amounts", "tieKeys", "clusters"] as const) checkLength(name, rows[name].length, scores.length);
  const dense = new Map<number, number>();
  const clusters = new Int32Array(rows.clusters.length);
  for (let row = 0; row < clusters.length; row++) {
    const name = rows.clusters[row]!;
    let index = dense.get(name);
    if (index === undefined) {
      index = dense.size;
      dense.set(name, index);
    }
    clusters[row] = index;
  }
  if (dense.size < 2) throw invalid("All rows are of one cluster; a bootstrap needs at least two to draw from.");
  return { ...rows, clusters, clusterCount: dense.size };
}

interface ClusterTotals {
  readonly rows: Int32Array;
  readonly positives: Int32Array;
  readonly money: Float64Array;
}

function totalsOf(rows: ClusteredRows): ClusterTotals {
  const totals = {
    rows: new Int32Array(rows.clusterCount),
    positives: new Int32Array(rows.clusterCount),
    money: new Float64Array(rows.clusterCount),
  };
  for (let row = 0; row < rows.clusters.length; row++) {
    const cluster = rows.clusters[row]!;
    totals.rows[cluster]!++;
    if (rows.labels[row] !== 1) continue;
    totals.positives[cluster]!++;
    totals.money[cluster]! += rows.amounts[row]!;
  }
  return totals;
}

function everyClusterOnce(rows: ClusteredRows): Draw {
  const draw: Draw = { weights: new Int32Array(rows.clusterCount).fill(1), rows: 0, positives: 0, money: 0 };
  weigh(draw, totalsOf(rows));
  return draw;
}

function weigh(draw: Draw, totals: ClusterTotals): void {
  draw.rows = 0;
  draw.positives = 0;
  draw.money = 0;
  for (let cluster = 0; cluster < draw.weights.length; cluster++) {
    const weight = draw.weights[cluster]!;
    draw.rows += weight * totals.rows[cluster]!;
    draw.positives += weight * totals.positives[cluster]!;
    draw.money += weight * totals.money[cluster]!;
  }
}

function resample(rows: ClusteredRows, options: BootstrapOptions, statistic: (draw: Draw) => number): Float64Array {
  const count = options.replicates ?? 1000;
  if (!(Number.isInteger(count) && count >= 100))
    throw invalid(`The bootstrap has ${count} replicates; give a whole number of at least 100.`);
  const random = new Random(options.seed ?? 1);
  const totals = totalsOf(rows);
  const draw: Draw = { weights: new Int32Array(rows.clusterCount), rows: 0, positives: 0, money: 0 };
  const values = new Float64Array(count);
  let kept = 0;
  for (let replicate = 0; replicate < count; replicate++) {
    draw.weights.fill(0);
    for (let i = 0; i < rows.clusterCount; i++) draw.weights[random.below(rows.clusterCount)]!++;
    weigh(draw, totals);
    const value = draw.positives === 0 || draw.positives === draw.rows ? Number.NaN : statistic(draw);
    if (Number.isFinite(value)) values[kept++] = value;
  }
  if (kept < count / 2)
    throw invalid(`Only ${kept} of ${count} draws hold a fraud; there are too few fraud cases for an interval.`);
  return values.slice(0, kept).sort();
}

function interval(replicates: Float64Array, options: BootstrapOptions): { low: number; high: number } {
  const confidence = options.confidence ?? 0.95;
  if (!(confidence > 0 && confidence < 1))
    throw invalid(`The confidence is ${confidence}; it must lie between 0 and 1.`);
  const tail = (1 - confidence) / 2;
  return { low: quantileOfSorted(replicates, tail), high: quantileOfSorted(replicates, 1 - tail) };
}
