import { invalid } from "@esteira/core/errors";
import { quantileOfSorted } from "./interval.ts";
import { Random } from "./random.ts";
import {
  type Clustering,
  type Draw,
  type DrawPair,
  LANE,
  type PairMetric,
  prepareMetric,
  type ResampledMetric,
  rankRows,
} from "./resampled-metric.ts";
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
  checkComparable(rows, scores, options.metric);
  const clustering = clusteringOf(rows.clusters, scores.length);
  const metric = prepareMetric(rankRows(rows, scores), clustering, options.metric);
  const { value, replicates } = resample(rows, clustering, options, metric);
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
  return pairedBootstraps(rows, [rows.clusters], scores, options)[0]!;
}

/** The same for several ways to cluster the rows, one estimate each. */
export function pairedBootstraps(
  rows: Omit<BootstrapRows, "clusters">,
  clusterings: readonly Int32Array[],
  scores: { readonly champion: Scores; readonly challenger: Scores },
  options: BootstrapOptions,
): readonly PairedEstimate[] {
  checkComparable(rows, scores.champion, options.metric);
  checkRows(scores.challenger, rows.labels);
  const ranked = { champion: rankRows(rows, scores.champion), challenger: rankRows(rows, scores.challenger) };
  return clusterings.map((clusters): PairedEstimate => {
    const clustering = clusteringOf(clusters, rows.labels.length);
    const champion = prepareMetric(ranked.champion, clustering, options.metric);
    const challenger = prepareMetric(ranked.challenger, clustering, options.metric);
    let once: Pick<PairedEstimate, "champion" | "challenger"> | undefined;
    const theirs = new Float64Array(2);
    const { value, replicates } = resample(rows, clustering, options, (pair, values) => {
      champion(pair, theirs);
      challenger(pair, values);
      // The first time is that of the rows as they are.
      once ??= { champion: theirs[0]!, challenger: values[0]! };
      values[0]! -= theirs[0]!;
      values[1]! -= theirs[1]!;
    });
    return {
      ...(once ?? { champion: Number.NaN, challenger: Number.NaN }),
      delta: value,
      ...interval(replicates, options),
      pNotBetter: shareAtOrBelow(replicates, 0),
      replicates,
    };
  });
}

/**
 * The mean of one value a row on each draw of whole clusters, ascending: for a difference of two models that adds up over rows, such as
 * that of their squared errors.
 */
export function meanReplicates(
  values: Float64Array,
  clusters: Int32Array,
  { replicates, seed }: { readonly replicates: number; readonly seed: number },
): Float64Array {
  const clustering = clusteringOf(clusters, values.length);
  const sums = new Float64Array(clustering.clusterCount);
  const rows = new Int32Array(clustering.clusterCount);
  for (let row = 0; row < values.length; row++) {
    sums[clustering.clusters[row]!]! += values[row]!;
    rows[clustering.clusters[row]!]!++;
  }
  const random = new Random(seed);
  const weights = new Int32Array(clustering.clusterCount);
  return Float64Array.from({ length: replicates }, () => {
    weights.fill(0);
    random.tally(weights.length, weights);
    let [sum, count] = [0, 0];
    for (let cluster = 0; cluster < weights.length; cluster++) {
      sum += weights[cluster]! * sums[cluster]!;
      count += weights[cluster]! * rows[cluster]!;
    }
    return sum / count;
  }).sort();
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

function checkComparable(rows: Omit<BootstrapRows, "clusters">, scores: Scores, metric: ResampledMetric): void {
  checkRows(scores, rows.labels);
  checkBothClasses(rows.labels);
  if ("budget" in metric) checkShare("The alert budget", metric.budget);
  for (const name of ["amounts", "tieKeys"] as const) checkLength(name, rows[name].length, scores.length);
}

function clusteringOf(names: Int32Array, rows: number): Clustering {
  checkLength("clusters", names.length, rows);
  const dense = new Map<number, number>();
  const clusters = new Int32Array(names.length);
  for (let row = 0; row < clusters.length; row++) {
    const name = names[row]!;
    let index = dense.get(name);
    if (index === undefined) {
      index = dense.size;
      dense.set(name, index);
    }
    clusters[row] = index;
  }
  if (dense.size < 2) throw invalid("All rows are of one cluster; a bootstrap needs at least two to draw from.");
  return { clusters, clusterCount: dense.size };
}

/** What each cluster adds to a draw that holds it. */
interface ClusterTotals {
  readonly rows: Int32Array;
  /** The clusters that hold a fraud, ascending; few, and the next two lists go with it. */
  readonly hit: Int32Array;
  readonly positives: Int32Array;
  readonly money: Float64Array;
}

function totalsOf(
  { labels, amounts }: Omit<BootstrapRows, "clusters">,
  { clusters, clusterCount }: Clustering,
): ClusterTotals {
  const rows = new Int32Array(clusterCount);
  const positives = new Int32Array(clusterCount);
  const money = new Float64Array(clusterCount);
  for (let row = 0; row < clusters.length; row++) {
    const cluster = clusters[row]!;
    rows[cluster]!++;
    if (labels[row] !== 1) continue;
    positives[cluster]!++;
    money[cluster]! += amounts[row]!;
  }
  const hit = Int32Array.from(positives.keys()).filter((cluster) => positives[cluster]! > 0);
  return {
    rows,
    hit,
    positives: hit.map((cluster) => positives[cluster]!),
    money: Float64Array.from(hit, (cluster) => money[cluster]!),
  };
}

/** What both draws hold in all, and their weights in one number a cluster. */
function weigh({ first, second, packed }: DrawPair, totals: ClusterTotals): void {
  const { rows } = totals;
  const [mine, others] = [first.weights, second.weights];
  let [total, totalThere] = [0, 0];
  for (let cluster = 0; cluster < packed.length; cluster++) {
    const [weight, weightThere, size] = [mine[cluster]!, others[cluster]!, rows[cluster]!];
    total += Math.imul(weight, size);
    totalThere += Math.imul(weightThere, size);
    packed[cluster] = weightThere * LANE + weight;
  }
  first.rows = total;
  second.rows = totalThere;
  if (Math.max(total, totalThere) >= LANE)
    throw invalid(`A draw holds ${Math.max(total, totalThere)} rows; a bootstrap takes fewer than ${LANE}.`);
  weighFrauds(first, totals);
  weighFrauds(second, totals);
}

function weighFrauds(draw: Draw, { hit, positives, money }: ClusterTotals): void {
  draw.positives = 0;
  draw.money = 0;
  for (let at = 0; at < hit.length; at++) {
    const weight = draw.weights[hit[at]!]!;
    draw.positives += weight * positives[at]!;
    draw.money += weight * money[at]!;
  }
}

/** The statistic on the rows as they are, which is asked first, and on each draw, ascending. */
function resample(
  rows: Omit<BootstrapRows, "clusters">,
  clustering: Clustering,
  options: BootstrapOptions,
  statistic: PairMetric,
): { readonly value: number; readonly replicates: Float64Array } {
  const count = options.replicates ?? 1000;
  if (!(Number.isInteger(count) && count >= 100))
    throw invalid(`The bootstrap has ${count} replicates; give a whole number of at least 100.`);
  const { clusterCount } = clustering;
  const totals = totalsOf(rows, clustering);
  const newDraw = (): Draw => ({ weights: new Int32Array(clusterCount).fill(1), rows: 0, positives: 0, money: 0 });
  const pair: DrawPair = { first: newDraw(), second: newDraw(), packed: new Float64Array(clusterCount) };
  const measured = new Float64Array(2);
  weigh(pair, totals);
  statistic(pair, measured);
  const value = measured[0]!;
  const random = new Random(options.seed ?? 1);
  const draws = [pair.first, pair.second];
  const values = new Float64Array(count);
  let kept = 0;
  for (let replicate = 0; replicate < count; replicate += 2) {
    for (const { weights } of draws) {
      weights.fill(0);
      random.tally(clusterCount, weights);
    }
    weigh(pair, totals);
    statistic(pair, measured);
    for (const [lane, { rows: total, positives }] of draws.slice(0, count - replicate).entries()) {
      const isMeasurable = positives > 0 && positives < total && Number.isFinite(measured[lane]!);
      if (isMeasurable) values[kept++] = measured[lane]!;
    }
  }
  if (kept < count / 2)
    throw invalid(`Only ${kept} of ${count} draws hold a fraud; there are too few fraud cases for an interval.`);
  return { value, replicates: values.slice(0, kept).sort() };
}

function interval(replicates: Float64Array, options: BootstrapOptions): { low: number; high: number } {
  const confidence = options.confidence ?? 0.95;
  if (!(confidence > 0 && confidence < 1))
    throw invalid(`The confidence is ${confidence}; it must lie between 0 and 1.`);
  const tail = (1 - confidence) / 2;
  return { low: quantileOfSorted(replicates, tail), high: quantileOfSorted(replicates, 1 - tail) };
}
