import { invalid } from "@esteira/core/errors";
import { type AlertRate, alertRate } from "./alert-rate.ts";
import type { Change } from "./daily-watch.ts";
import { type DataQuality, dataQuality } from "./data-quality.ts";
import { checkDecisions, type Decisions } from "./decisions.ts";
import { seasonalWeights } from "./distribution/season.ts";
import type { DomainDrift } from "./domain-drift.ts";
import { type DriftRow, driftOf, driftTable, type FeatureSample } from "./drift.ts";
import { scoreReference } from "./estimate.ts";
import { type LatencySummary, summariseLatency } from "./latency.ts";
import { type MonitorVerdict, verdictOf } from "./levels.ts";
import { type MaturityCurve, maturityCurve } from "./maturity.ts";
import { type FraudReference, type Novelty, noveltyOf } from "./novelty.ts";
import { type RealisedPerformance, realisedPerformance } from "./performance.ts";
import { type Reason, reasonsOf } from "./reasons.ts";
import type { ReconstructionDrift } from "./reconstruction-drift.ts";
import { type MonitorSettings, STANDARD_SETTINGS } from "./settings.ts";
import { type EarlierFrauds, maturityByTypology, type TypologyMaturity } from "./typology-maturity.ts";
import { windowChanges } from "./window-changes.ts";

/** What is monitored, for the reader and for the record. */
export interface MonitorIdentity {
  readonly model: string;
  readonly version: string;
  readonly modelDigest: string;
  readonly threshold: number;
  /** The rows that drift is measured against, in a few words. */
  readonly reference: string;
  readonly data: string;
  readonly dataDigest: string;
  /** ISO 4217. */
  readonly currency: string;
}

export interface MonitorInput {
  /** Nothing that became known later is seen. Milliseconds. */
  readonly asOf: number;
  /** Decisions outside it are left out. Half-open, milliseconds. */
  readonly window: { readonly from: number; readonly to: number };
  readonly identity: MonitorIdentity;
  readonly decisions: Decisions;
  /** Share of transfers that the desk can work. */
  readonly alertBudget: number;
  /** Features in training and in the window. */
  readonly features: readonly FeatureSample[];
  /** Scores of the reference rows. */
  readonly referenceScores: ArrayLike<number>;
  /**
   * When each reference row was, of the scores' and of the features', milliseconds. With it the reference is given the window's mix of
   * hours of the week.
   */
  readonly referenceTimes?: ArrayLike<number> | undefined;
  /** When each row of the features and of `windowScores` was, milliseconds. With it and the reference's instants days are watched one by one. */
  readonly windowTimes?: ArrayLike<number> | undefined;
  /** How well the features together tell the window from the reference, where that was asked; see `domainDrift`. */
  readonly domain?: DomainDrift | undefined;
  /** Whether rows still fit the way in which features went together, where that was asked; see `reconstructionDrift`. */
  readonly reconstruction?: ReconstructionDrift | undefined;
  readonly fraudReference: FraudReference;
  /** Frauds before the window, to learn the labels' delay from; those of the window are added. */
  readonly earlierFrauds?: EarlierFrauds;
  /** Scores to compare with the reference's, where the decisions are a sample that is not even; those of the window unless given. */
  readonly windowScores?: ArrayLike<number>;
  readonly settings?: Partial<MonitorSettings>;
}

/** Everything here survives JSON; what is not known is NaN in memory and null in JSON. */
export interface MonitorReport {
  readonly verdict: MonitorVerdict;
  /** The loudest first. */
  readonly reasons: readonly Reason[];
  readonly asOf: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly identity: MonitorIdentity;
  readonly settings: MonitorSettings;
  readonly alertRate: AlertRate;
  /** Null when it was not measured. */
  readonly latency: LatencySummary | null;
  readonly scoreDrift: DriftRow;
  /** Share of the window whose hour of the week the reference knows, where it was given the window's mix of them. */
  readonly seasonCovered: number | null;
  readonly drift: readonly DriftRow[];
  readonly maturity: MaturityCurve;
  /** Of each typology that has a known case, those with most cases first. */
  readonly maturityByTypology: readonly TypologyMaturity[];
  readonly performance: RealisedPerformance;
  readonly novelty: Novelty;
  /** What single days showed that the reference's did not; null where days were not watched, see `windowChanges`. */
  readonly changes: readonly Change[] | null;
  /** Null where it was not asked. */
  readonly domain: DomainDrift | null;
  /** Null where it was not asked. */
  readonly reconstruction: ReconstructionDrift | null;
  readonly quality: DataQuality;
}

/** The state of a model in production. Pure: decisions, labels known so far and references in; report out. */
export function monitor(input: MonitorInput): MonitorReport {
  const { asOf, window, decisions } = input;
  const settings = { ...STANDARD_SETTINGS, ...input.settings };
  if (!(window.from < window.to)) throw invalid("The monitored window is empty; give from before to.");
  if (!(input.alertBudget > 0 && input.alertBudget <= 1))
    throw invalid(`The alert budget is ${input.alertBudget}; it must be a share above 0 and at most 1.`);
  checkDecisions(decisions);
  for (const { length } of input.referenceTimes === undefined
    ? []
    : [input.referenceScores, ...input.features.map(({ reference }) => reference)])
    if (length !== input.referenceTimes?.length)
      throw invalid(
        `The reference has ${input.referenceTimes?.length} instants but ${length} rows; give one instant a row.`,
      );
  const inWindow = (row: number) => decisions.time[row]! >= window.from && decisions.time[row]! < window.to;
  const rows = Uint32Array.from(decisions.time, (_, row) => row).filter(inWindow);

  const times = Float64Array.from(rows, (row) => decisions.time[row]!);

  const alerts = alertRate(decisions, window, input.alertBudget, settings);
  const latencies = decisions.latencyMs;
  const summary = latencies === undefined ? null : summariseLatency(Float64Array.from(rows, (row) => latencies[row]!));
  const latency = summary === null || summary.count === 0 ? null : summary;
  const season = input.referenceTimes && seasonalWeights(input.referenceTimes, times, settings.offsetHours);
  const scoreDrift = driftOf(
    {
      name: "score",
      weights: season?.weights,
      kind: "number",
      reference: input.referenceScores,
      current: input.windowScores ?? Float64Array.from(rows, (row) => decisions.score[row]!),
      importance: 1,
    },
    settings,
  );
  const drift = driftTable(
    input.features.map((feature) => ({ ...feature, weights: season?.weights })),
    settings,
  );
  const maturity = delaysOf(input, rows);
  const scores = scoreReference(input.referenceScores, input.fraudReference.fraudScores, input.identity.threshold);
  const performance = realisedPerformance(decisions, { window, asOf, curve: maturity, scores, ...settings });
  const novelty = noveltyOf(decisions, input.fraudReference, { window, asOf, settings });
  const changes = changesOf(input, settings);
  const quality = dataQuality(input.features, { ...input, times }, settings);
  const { domain = null, reconstruction = null } = input;
  const measured = {
    ...{ settings, alertRate: alerts, latency, scoreDrift, drift, maturity, performance, novelty, changes, domain },
    ...{ reconstruction, quality },
  };
  const reasons = reasonsOf(measured);
  return {
    verdict: verdictOf(reasons.map((reason) => reason.level)),
    reasons,
    asOf,
    window,
    identity: input.identity,
    seasonCovered: season?.covered ?? null,
    maturityByTypology: maturityByTypology(decisions, rows, input.earlierFrauds, {
      names: input.fraudReference.typologies.map(({ name }) => name),
      asOf,
    }),
    ...measured,
  };
}

function changesOf(input: MonitorInput, { offsetHours }: MonitorSettings): Change[] | null {
  const { features, referenceScores, referenceTimes, windowScores, windowTimes, identity } = input;
  if (referenceTimes === undefined || windowTimes === undefined || windowScores === undefined) return null;
  for (const { length } of [windowScores, ...features.map(({ current }) => current)])
    if (length !== windowTimes.length)
      throw invalid(`The window has ${windowTimes.length} instants but ${length} rows; give one instant a row.`);
  return windowChanges(
    features,
    { times: referenceTimes, scores: referenceScores },
    { times: windowTimes, scores: windowScores },
    { threshold: identity.threshold, offsetHours },
  );
}

function delaysOf({ decisions, earlierFrauds, asOf }: MonitorInput, rows: Uint32Array): MaturityCurve {
  const times: number[] = [];
  const knownAt: number[] = [];
  for (let i = 0; i < (earlierFrauds?.times.length ?? 0); i++) {
    times.push(earlierFrauds!.times[i]!);
    knownAt.push(earlierFrauds!.knownAt[i]!);
  }
  for (const row of rows) {
    if (decisions.fraud[row] !== 1) continue;
    times.push(decisions.time[row]!);
    knownAt.push(decisions.knownAt[row]!);
  }
  return maturityCurve({ times, knownAt, asOf });
}
