import type { Interval } from "@esteira/models/evaluation/interval";
import { rocAuc } from "@esteira/models/evaluation/roc-auc";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { evenly, intervalOfAuc, LEAST_ROWS } from "./domain-drift.ts";
import type { FeatureSample } from "./drift.ts";
import type { Level } from "./levels.ts";

/**
 * How well rows still fit the way in which features went together: a change of correlations, which leaves each feature as it was and which a
 * classifier of features does not see.
 */
export interface ReconstructionDrift {
  /** How well what is lost of a row tells the window's from the reference's; 0.5 is no difference, below it the window's fit better. */
  readonly auc: number;
  /** 99 % (Hanley and McNeil 1982). */
  readonly interval: Interval;
  /** Principal components that a row is made again from. */
  readonly components: number;
  /** Of what more is lost than of the reference's rows, the features' shares of it, the most first. */
  readonly features: readonly { readonly feature: string; readonly share: number }[];
  readonly level: Level;
}

/** Of the reference's variance, what the components must explain; as NannyML has it. */
const EXPLAINED = 0.65;
/** As for a classifier: by 0.55 hardly a row is told apart. */
const WORTH = 0.05;

/**
 * Principal components of every other row of the reference, by which its other rows and the window's are made again from fewer numbers than they
 * have. Numbers are standardised, categories stand for how common they were, and what is missing for the mean.
 *
 * Undefined where a side has fewer than 200 rows, or fewer than three features vary.
 */
export function reconstructionDrift(features: readonly FeatureSample[]): ReconstructionDrift | undefined {
  const [before, now] = [features[0]?.reference.length ?? 0, features[0]?.current.length ?? 0];
  if (before < 2 * LEAST_ROWS || now < LEAST_ROWS) return undefined;
  const chosen = evenly(before);
  const [fitted, held] = [0, 1].map((odd) => chosen.filter((_, at) => at % 2 === odd)) as [Uint32Array, Uint32Array];
  const columns = features.flatMap((feature) => standardised(feature, fitted));
  if (columns.length < 3) return undefined;
  const axes = principalAxes(columns.map(({ reference }) => Float64Array.from(fitted, (row) => reference(row))));
  const lost = {
    reference: residuals(
      columns.map(({ reference }) => Float64Array.from(held, (row) => reference(row))),
      axes,
    ),
    current: residuals(
      columns.map(({ current }) => Float64Array.from(evenly(now), (row) => current(row))),
      axes,
    ),
  };
  const [was, is] = [lost.reference.ofRows, lost.current.ofRows];
  const labels = Uint8Array.from({ length: was.length + is.length }, (_, row) => (row < was.length ? 0 : 1));
  const auc = rocAuc(Float64Array.from([...was, ...is]), labels);
  const interval = intervalOfAuc(auc, was.length, is.length);
  const isWorth = interval.low > 0.5 + WORTH || interval.high < 0.5 - WORTH;
  const more = columns.map(({ feature }, at) => ({
    feature,
    more: Math.max(0, lost.current.ofColumns[at]! - lost.reference.ofColumns[at]!),
  }));
  const all = more.reduce((sum, one) => sum + one.more, 0);
  return {
    ...{ auc, interval, components: axes.length, level: isWorth ? "watch" : "info" },
    features: more
      .map(({ feature, more: own }) => ({ feature, share: all === 0 ? 0 : own / all }))
      .sort((a, b) => b.share - a.share || a.feature.localeCompare(b.feature)),
  };
}

interface Column {
  readonly feature: string;
  readonly reference: (row: number) => number;
  readonly current: (row: number) => number;
}

/** In standard deviations from the mean of the rows that it is fitted on; none where all are equal. */
function standardised({ name, kind, reference, current }: FeatureSample, fitted: Uint32Array): Column[] {
  const counts = new Map<number, number>();
  if (kind === "category")
    for (const row of fitted) counts.set(reference[row]!, (counts.get(reference[row]!) ?? 0) + 1);
  const numberOf =
    kind === "category" ? (value: number) => (counts.get(value) ?? 0) / fitted.length : (value: number) => value;
  let [count, mean, square] = [0, 0, 0];
  for (const row of fitted) {
    const value = numberOf(reference[row]!);
    if (!Number.isFinite(value)) continue;
    count++;
    const away = value - mean;
    mean += away / count;
    square += away * (value - mean);
  }
  const deviation = Math.sqrt(square / count);
  if (!(deviation > 0)) return [];
  const of = (values: ArrayLike<number>) => (row: number) => {
    const value = (numberOf(values[row]!) - mean) / deviation;
    return Number.isFinite(value) ? value : 0;
  };
  return [{ feature: name, reference: of(reference), current: of(current) }];
}

/** The fewest directions that explain the variance, each a number a column. */
function principalAxes(columns: readonly Float64Array[]): readonly (readonly number[])[] {
  const rows = columns[0]?.length ?? 0;
  const covariance = new Matrix(columns.length, columns.length);
  for (let a = 0; a < columns.length; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += columns[a]![row]! * columns[b]![row]!;
      covariance.set(a, b, sum / rows);
      covariance.set(b, a, sum / rows);
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, at) => at).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const all = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0);
  const axes: number[][] = [];
  let explained = 0;
  for (const at of order) {
    // One must be left out, or nothing is lost of any row.
    if (explained >= EXPLAINED * all || axes.length === columns.length - 1) break;
    explained += Math.max(0, realEigenvalues[at]!);
    axes.push(eigenvectorMatrix.getColumn(at));
  }
  return axes;
}

/** What is lost of rows when they are made again from the axes: the distance a row, and the mean square a column. */
function residuals(columns: readonly Float64Array[], axes: readonly (readonly number[])[]) {
  const rows = columns[0]?.length ?? 0;
  const ofRows = new Float64Array(rows);
  const ofColumns = new Float64Array(columns.length);
  for (let row = 0; row < rows; row++) {
    const places = axes.map((axis) => axis.reduce((sum, weight, at) => sum + weight * columns[at]![row]!, 0));
    let sum = 0;
    for (let at = 0; at < columns.length; at++) {
      let made = 0;
      for (let which = 0; which < axes.length; which++) made += places[which]! * axes[which]![at]!;
      const away = (columns[at]![row]! - made) ** 2;
      sum += away;
      ofColumns[at]! += away / rows;
    }
    ofRows[row] = Math.sqrt(sum);
  }
  return { ofRows, ofColumns };
}
