import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import { ksChance, ksDistance } from "./ks.ts";
import type { Level } from "./levels.ts";
import { categoryShares, expectedPsi, populationStability, present, psiOfShares, sharesOf } from "./psi.ts";
import type { MonitorSettings } from "./settings.ts";

/** One feature, in training and now. NaN is a missing value. */
export interface FeatureSample {
  readonly name: string;
  readonly kind: "number" | "category";
  readonly reference: ArrayLike<number>;
  readonly current: ArrayLike<number>;
  /** Share of the model's gain, 0 to 1. */
  readonly importance: number;
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
  readonly missingReference: number;
  readonly missingCurrent: number;
  readonly importance: number;
  /** PSI beyond chance x importance: what the table is ranked by. */
  readonly impact: number;
  readonly level: "stable" | "watch" | "act";
  /** Shares in bins of equal width (numbers) or by category, for a small picture. */
  readonly histogram: { readonly reference: readonly number[]; readonly current: readonly number[] };
}

/** Drift of each feature, the one with the largest impact first. */
export function driftTable(features: readonly FeatureSample[], settings: MonitorSettings): DriftRow[] {
  return features
    .map((feature) => driftOf(feature, settings))
    .sort((a, b) => rank(b) - rank(a) || a.feature.localeCompare(b.feature));
}

export function driftOf(feature: FeatureSample, settings: MonitorSettings): DriftRow {
  const { name, kind, reference, current, importance } = feature;
  const measured = kind === "number" ? numbers(reference, current) : categories(reference, current);
  const missingReference = missingShare(reference);
  const missingCurrent = missingShare(current);
  const missingChange = Math.abs(missingCurrent - missingReference);
  const beyondChance = Math.max(0, measured.psi - measured.expectedPsi);
  // A feature that has lost all its values has moved as far as it can, though no index can be computed.
  const impact = importance * (Number.isNaN(beyondChance) ? 10 * missingChange : beyondChance + missingChange);
  const level: DriftRow["level"] =
    beyondChance > settings.psiAct || missingChange > settings.missingAct
      ? "act"
      : beyondChance > settings.psiWatch ||
          measured.ks >= ksLimit(settings, measured) ||
          missingChange > settings.missingWatch
        ? "watch"
        : "stable";
  return {
    feature: name,
    kind,
    psi: measured.psi,
    expectedPsi: measured.expectedPsi,
    ks: measured.ks,
    missingReference,
    missingCurrent,
    importance,
    impact,
    level,
    histogram: measured.histogram,
  };
}

/** How loud a feature's drift is: one that the model hardly uses cannot call for action. */
export const driftLevel = (row: DriftRow, settings: MonitorSettings): Level => {
  if (row.level === "stable") return "info";
  if (row.importance < settings.importanceToAct) return "info";
  return row.level;
};

interface Measured {
  readonly psi: number;
  readonly expectedPsi: number;
  readonly ks: number;
  readonly reference: number;
  readonly current: number;
  readonly histogram: DriftRow["histogram"];
}

function numbers(reference: ArrayLike<number>, current: ArrayLike<number>): Measured {
  const before = present(reference);
  const now = present(current);
  const { psi, expected } = populationStability(before, now);
  return {
    psi,
    expectedPsi: expected,
    ks: ksDistance(before, now),
    reference: before.length,
    current: now.length,
    histogram: numberHistogram(before, now),
  };
}

function categories(reference: ArrayLike<number>, current: ArrayLike<number>): Measured {
  const [p, q] = categoryShares(reference, current);
  const counts = [present(reference).length, present(current).length] as const;
  const empty = counts[0] === 0 || counts[1] === 0;
  return {
    psi: empty ? Number.NaN : psiOfShares(p, q),
    expectedPsi: empty ? Number.NaN : expectedPsi(p.length, counts[0], counts[1]),
    ks: Number.NaN,
    reference: counts[0],
    current: counts[1],
    histogram: { reference: p, current: q },
  };
}

function numberHistogram(reference: Float64Array, current: Float64Array, bins = 24): DriftRow["histogram"] {
  const all = new Float64Array(reference.length + current.length);
  all.set(reference);
  all.set(current, reference.length);
  all.sort();
  // Between the 1st and the 99th percentile: one outlier would press all the rest into a single bar.
  const low = quantileOfSorted(all, 0.01);
  const high = quantileOfSorted(all, 0.99);
  const width = (high - low) / bins || 1;
  const edges = Float64Array.from({ length: bins - 1 }, (_, i) => low + (i + 1) * width);
  return { reference: sharesOf(reference, edges), current: sharesOf(current, edges) };
}

/** The limit of KS; for small samples never below what chance alone exceeds once in a hundred. */
const ksLimit = (settings: MonitorSettings, { reference, current }: Measured): number =>
  Math.max(settings.ksWatch, ksChance(reference, current));

function missingShare(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  return 1 - present(values).length / values.length;
}

const rank = (row: DriftRow): number => (Number.isNaN(row.impact) ? 0 : row.impact);
