import { CategoryWindow, categoryCounts, sharesOfCounts } from "./distribution/category-window.ts";
import {
  expectedPsi,
  jensenShannon,
  type NumberDistances,
  numberDistances,
  psiOfShares,
} from "./distribution/distances.ts";
import { histogram } from "./distribution/histogram.ts";
import { numberReference } from "./distribution/number-reference.ts";
import { NumberWindow } from "./distribution/number-window.ts";
import { chiSquared, controlled, ksSignificance } from "./distribution/significance.ts";
import { effectiveRows, weightedReference } from "./distribution/weighted-reference.ts";
import type { Level } from "./levels.ts";
import type { MonitorSettings } from "./settings.ts";

/** One feature, in training and now. NaN is a missing value. */
export interface FeatureSample {
  readonly name: string;
  readonly kind: "number" | "category";
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
  /** Share of the model's gain, 0 to 1. */
  readonly importance: number;
  /** How much each row of the reference counts, 0 or more; all alike where absent. */
  readonly weights?: ArrayLike<number> | undefined;
}

export interface DriftRow {
  readonly feature: string;
  readonly kind: "number" | "category";
  /** NaN when one of the samples has no value. */
  readonly psi: number;
  /** What PSI shows for samples of these sizes when nothing has changed. */
  readonly expectedPsi: number;
  /** NaN for categories. */
  readonly ks: number;
  /** Jensen-Shannon distance over bins or categories, 0 to 1. */
  readonly jensenShannon: number;
  /** Of order 1, in standard deviations of the reference; NaN for categories. */
  readonly wasserstein: number;
  /**
   * How likely so large a difference is when nothing has changed (Kolmogorov-Smirnov, chi-squared for categories), made larger for the
   * number of features that were looked at. NaN when one of the samples has no value.
   */
  readonly p: number;
  readonly missingReference: number;
  readonly missingCurrent: number;
  /** Share of the values that the reference has not seen: numbers outside of its range, new categories. */
  readonly unseen: number;
  readonly importance: number;
  /** PSI beyond chance x importance: what the table is ranked by. */
  readonly impact: number;
  readonly level: "stable" | "watch" | "act";
  /** Shares in bins of equal width (numbers) or by category, for a small picture. */
  readonly histogram: { readonly reference: readonly number[]; readonly current: readonly number[] };
}

/** Drift of each feature, the one with the largest impact first. */
export const driftTable = (features: readonly FeatureSample[], settings: MonitorSettings): DriftRow[] =>
  countedDrift(features.map(count), settings);

/** The same of features whose values were counted as they came. */
export function countedDrift(features: readonly CountedFeature[], settings: MonitorSettings): DriftRow[] {
  const measured = features.map(({ counted }) => measure(counted));
  const ps = controlled(measured.map(({ p }) => p));
  return features
    .map((feature, at) => judged(feature, measured[at]!, ps[at]!, settings))
    .sort((a, b) => rank(b) - rank(a) || a.feature.localeCompare(b.feature));
}

export function driftOf(feature: FeatureSample, settings: MonitorSettings): DriftRow {
  const counted = count(feature);
  const measured = measure(counted.counted);
  return judged(counted, measured, measured.p, settings);
}

function judged(
  { name, importance, counted: { kind } }: CountedFeature,
  measured: Measured,
  p: number,
  settings: MonitorSettings,
): DriftRow {
  const { psi, ks, jensenShannon, wasserstein, missingReference, missingCurrent, unseen, histogram } = measured;
  const missingChange = Math.abs(missingCurrent - missingReference);
  const beyondChance = Math.max(0, psi - measured.expectedPsi);
  // A feature that has lost all its values has moved as far as it can, though no index can be computed.
  const impact = importance * (Number.isNaN(beyondChance) ? 10 * missingChange : beyondChance + missingChange);
  const isSure = p < settings.significance;
  const level: DriftRow["level"] =
    (isSure && beyondChance > settings.psiAct) || missingChange > settings.missingAct
      ? "act"
      : (isSure && (beyondChance > settings.psiWatch || ks >= settings.ksWatch)) ||
          missingChange > settings.missingWatch
        ? "watch"
        : "stable";
  return {
    feature: name,
    kind,
    psi,
    expectedPsi: measured.expectedPsi,
    ks,
    jensenShannon,
    wasserstein,
    p,
    missingReference,
    missingCurrent,
    unseen,
    importance,
    impact,
    level,
    histogram,
  };
}

/** How loud a feature's drift is: one that the model hardly uses cannot call for action. */
export const driftLevel = (row: DriftRow, settings: MonitorSettings): Level => {
  if (row.level === "stable") return "info";
  if (row.importance < settings.importanceToAct) return "info";
  return row.level;
};

interface Measured extends NumberDistances {
  readonly expectedPsi: number;
  readonly p: number;
  readonly missingReference: number;
  readonly missingCurrent: number;
  readonly unseen: number;
  readonly histogram: DriftRow["histogram"];
}

/** What is counted of a feature, now and before. */
export type Counted =
  | { readonly kind: "number"; readonly now: NumberWindow }
  | {
      readonly kind: "category";
      readonly before: CategoryWindow;
      readonly now: CategoryWindow;
      /** Rows of the reference that count alike, for each that it has; see `effectiveRows`. */
      readonly known: number;
    };

/** A feature whose values were counted, not kept. */
export interface CountedFeature {
  readonly name: string;
  /** Share of the model's gain, 0 to 1. */
  readonly importance: number;
  readonly counted: Counted;
}

function count({ name, importance, kind, reference, current, weights }: FeatureSample): CountedFeature {
  if (kind === "number") {
    const now = new NumberWindow(
      weights === undefined ? numberReference(reference) : weightedReference(reference, weights),
    );
    now.add(current);
    return { name, importance, counted: { kind, now } };
  }
  const before = new CategoryWindow().add(reference, weights);
  const known = weights === undefined ? 1 : effectiveRows(weights) / before.count;
  return { name, importance, counted: { kind, before, now: new CategoryWindow().add(current), known } };
}

const measure = (counted: Counted): Measured => (counted.kind === "number" ? numbers(counted) : categories(counted));

function numbers({ now }: Extract<Counted, { kind: "number" }>): Measured {
  const before = now.reference;
  const distances = numberDistances(now);
  return {
    ...distances,
    expectedPsi: expectedPsi(before.edges.length + 1, before.count, now.count),
    p: ksSignificance(distances.ks, before.count, now.count),
    missingReference: before.missing,
    missingCurrent: now.missingShare,
    unseen: now.outsideShare,
    histogram: histogram(now),
  };
}

function categories({ before, now, known }: Extract<Counted, { kind: "category" }>): Measured {
  const counts = categoryCounts(before, now);
  const [p, q] = [sharesOfCounts(counts.reference), sharesOfCounts(counts.current)];
  const isEmpty = before.count === 0 || now.count === 0;
  return {
    psi: isEmpty ? Number.NaN : psiOfShares(p, q),
    ks: Number.NaN,
    jensenShannon: isEmpty ? Number.NaN : jensenShannon(p, q),
    wasserstein: Number.NaN,
    expectedPsi: isEmpty ? Number.NaN : expectedPsi(p.length, before.count * known, now.count),
    p: chiSquared(
      counts.reference.map((many) => many * known),
      counts.current,
    ).p,
    missingReference: before.missingShare,
    missingCurrent: now.missingShare,
    unseen: q.reduce((all, share, at) => (counts.reference[at] === 0 ? all + share : all), 0),
    histogram: { reference: p, current: q },
  };
}

const rank = (row: DriftRow): number => (Number.isNaN(row.impact) ? 0 : row.impact);
