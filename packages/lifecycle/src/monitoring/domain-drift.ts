import { type Interval, Z99 } from "@esteira/models/evaluation/interval";
import { rocAuc } from "@esteira/models/evaluation/roc-auc";
import { fitLogisticRegression, type LogisticRegression } from "@esteira/models/training/logistic-regression";
import type { TrainingData } from "@esteira/models/training/trainer";
import type { FeatureSample } from "./drift.ts";
import type { Level } from "./levels.ts";

/** How well a classifier tells the window's rows from the reference's: features that move together, where each alone hardly does. */
export interface DomainDrift {
  /** Of rows that it was not fitted on: 0.5 is no difference. */
  readonly auc: number;
  /** 99 % (Hanley and McNeil 1982). */
  readonly interval: Interval;
  /** By what it tells them apart, the most first; shares of one. */
  readonly features: readonly { readonly feature: string; readonly share: number }[];
  readonly level: Level;
}

/** Most rows of each side. */
const ROWS = 4000;
/** Fewer of a side tell nothing. */
export const LEAST_ROWS = 200;
/** An AUC whose interval lies above it is worth a word: by 0.55 hardly a row is told apart. */
const WORTH = 0.55;

/**
 * A logistic regression of ranks and of how far they are from the middle, fitted on every other row and asked about the others, and the other way
 * round. While nothing has changed its interval lies above 0.5 once in two hundred times, and above what is worth a word far less often.
 *
 * Undefined where a side has fewer than 200 rows, or there is no feature.
 */
export async function domainDrift(
  features: readonly FeatureSample[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<DomainDrift | undefined> {
  const [before, now] = [features[0]?.reference.length ?? 0, features[0]?.current.length ?? 0];
  if (before < LEAST_ROWS || now < LEAST_ROWS) return undefined;
  const chosen = { reference: evenly(before), current: evenly(now) };
  const columns = features.flatMap((feature) => columnsOf(feature, chosen));
  const labels = Uint8Array.from({ length: chosen.reference.length + chosen.current.length }, (_, row) =>
    row < chosen.reference.length ? 0 : 1,
  );
  const halves = [0, 1].map((odd) => dataOf(columns, labels, odd));
  const fitted: LogisticRegression[] = [];
  let auc = 0;
  for (const [at, half] of halves.entries()) {
    const model = await fitLogisticRegression(half, options);
    const other = halves[1 - at]!;
    auc += rocAuc(model.predict(other.values, other.rows), other.labels) / 2;
    fitted.push(model);
  }
  const interval = intervalOfAuc(auc, chosen.reference.length, chosen.current.length);
  return { auc, interval, features: sharesOf(columns, fitted), level: interval.low > WORTH ? "watch" : "info" };
}

/** So many rows of a side, from its begin to its end. */
export const evenly = (rows: number): Uint32Array =>
  Uint32Array.from({ length: Math.min(rows, ROWS) }, (_, at) => Math.floor((at * rows) / Math.min(rows, ROWS)));

interface Column {
  readonly feature: string;
  readonly values: Float64Array;
}

/** Of numbers the rank in the reference, how far that is from the middle, and whether there is none; of categories how common they were. */
function columnsOf(
  { name, kind, reference, current }: FeatureSample,
  chosen: { readonly reference: Uint32Array; readonly current: Uint32Array },
): Column[] {
  const values = [
    ...Array.from(chosen.reference, (row) => reference[row]!),
    ...Array.from(chosen.current, (row) => current[row]!),
  ];
  const column = (of: (value: number) => number): Column => ({ feature: name, values: Float64Array.from(values, of) });
  const missing = column((value) => (Number.isNaN(value) ? 1 : 0));
  const known = values.slice(0, chosen.reference.length).filter((value) => !Number.isNaN(value));
  if (kind === "category") {
    const counts = new Map<number, number>();
    for (const value of known) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [column((value) => (counts.get(value) ?? 0) / (known.length || 1)), missing];
  }
  const sorted = Float64Array.from(known).sort();
  const ranks = column((value) => (Number.isNaN(value) ? 0 : rankOf(value, sorted) - 0.5));
  return [ranks, { feature: name, values: ranks.values.map((rank) => rank * rank) }, missing];
}

/** Share of the sorted values below, those that are equal counted half; a half of none. */
function rankOf(value: number, sorted: Float64Array): number {
  if (sorted.length === 0) return 0.5;
  const first = (isPast: (at: number) => boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isPast(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return (first((at) => sorted[at]! >= value) + first((at) => sorted[at]! > value)) / 2 / sorted.length;
}

function dataOf(columns: readonly Column[], labels: Uint8Array, odd: number): TrainingData {
  const rows = Uint32Array.from(labels, (_, row) => row).filter((row) => row % 2 === odd);
  const values = new Float32Array(rows.length * columns.length);
  rows.forEach((row, at) => {
    columns.forEach((column, which) => {
      values[at * columns.length + which] = column.values[row]!;
    });
  });
  return {
    featureNames: columns.map((_, at) => `c${at}`),
    values,
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    rows: rows.length,
  };
}

/** 99 %, by Hanley and McNeil's variance: of all rows, each of which was told apart once. */
export function intervalOfAuc(auc: number, before: number, now: number): Interval {
  const [one, two] = [auc / (2 - auc), (2 * auc * auc) / (1 + auc)];
  const variance =
    (auc * (1 - auc) + (now - 1) * (one - auc * auc) + (before - 1) * (two - auc * auc)) / (now * before);
  const half = Z99 * Math.sqrt(Math.max(0, variance));
  return { low: Math.max(0, auc - half), high: Math.min(1, auc + half) };
}

function sharesOf(columns: readonly Column[], fitted: readonly LogisticRegression[]): DomainDrift["features"] {
  const sizes = new Map<string, number>();
  columns.forEach(({ feature }, at) => {
    const size = fitted.reduce((sum, { coefficients }) => sum + Math.abs(coefficients[at]!), 0);
    sizes.set(feature, (sizes.get(feature) ?? 0) + size);
  });
  const all = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return [...sizes]
    .map(([feature, size]) => ({ feature, share: all === 0 ? 0 : size / all }))
    .sort((a, b) => b.share - a.share || a.feature.localeCompare(b.feature));
}
