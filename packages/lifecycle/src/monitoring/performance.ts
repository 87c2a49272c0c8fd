import type { Interval } from "@esteira/models/evaluation/interval";
import { type Decisions, isKnownFraud } from "./decisions.ts";
import {
  type Estimate,
  type EstimateRecord,
  estimatePerformance,
  estimateRecord,
  type ScoreReference,
} from "./estimate.ts";
import { type MaturityCurve, shareKnown } from "./maturity.ts";
import { weightedInterval, weightOf } from "./weighted-share.ts";

const DAY = 86_400_000;

/** Transfers of neighbouring days, and what is known of them. */
export interface Cohort {
  /** Milliseconds; half-open. */
  readonly from: number;
  readonly to: number;
  readonly transfers: number;
  readonly alerts: number;
  readonly alertRate: number;
  /** Frauds known so far. */
  readonly frauds: number;
  readonly caught: number;
  /** Of the frauds known so far; NaN without. */
  readonly recall: number;
  /** Wilson, 95 %. */
  readonly recallInterval: Interval;
  /** Alerts that are known frauds so far; NaN without alerts. */
  readonly precision: number;
  /** Money of the known frauds, and of those alerted. */
  readonly money: number;
  readonly moneyCaught: number;
  readonly valueRecall: number;
  /** Share of the labels that are expected still to come; NaN when the delays are unknown. */
  readonly labelsToCome: number;
  /** Known frauds / share of labels known: what the count is expected to grow to. NaN when unknown. */
  readonly expectedFrauds: number;
  /** All its transfers are old enough for their labels to be known. */
  readonly mature: boolean;
  /** What its scores said would come true; null when the scores are no probabilities. */
  readonly estimated: Estimate | null;
}

export interface RealisedPerformance {
  readonly cohorts: readonly Cohort[];
  /** The mature cohorts together; young ones are never averaged in. Null when none is mature. */
  readonly mature: Cohort | null;
  /** Whether the estimates of mature cohorts have come true. */
  readonly estimates: EstimateRecord;
}

/** Realised performance by cohort of `cohortDays`, from `window.from` on. */
export function realisedPerformance(
  decisions: Decisions,
  options: {
    readonly window: { readonly from: number; readonly to: number };
    readonly asOf: number;
    readonly maturityDays: number;
    readonly cohortDays: number;
    readonly curve: MaturityCurve;
    /** Without it nothing is estimated. */
    readonly scores: ScoreReference | undefined;
  },
): RealisedPerformance {
  const { window, asOf, maturityDays, curve, scores } = options;
  const length = options.cohortDays * DAY;
  const count = Math.max(0, Math.ceil((window.to - window.from) / length));
  const tallies = Array.from({ length: count }, newTally);
  const all = newTally();
  const isMature = (index: number) =>
    asOf - Math.min(window.to, window.from + (index + 1) * length) >= maturityDays * DAY;
  for (let row = 0; row < decisions.time.length; row++) {
    const time = decisions.time[row]!;
    if (time < window.from || time >= window.to) continue;
    const index = Math.floor((time - window.from) / length);
    const known = isKnownFraud(decisions, row, asOf);
    const alerted = decisions.alerted[row] === 1;
    const share = shareKnown(curve, asOf - time);
    const weight = weightOf(decisions, row);
    tallies[index]!.rows.push(row);
    for (const tally of isMature(index) ? [tallies[index]!, all] : [tallies[index]!]) {
      tally.transfers += weight;
      tally.shareKnown += share * weight;
      if (alerted) tally.alerts += weight;
      if (!known) continue;
      tally.frauds += weight;
      tally.fraudSquares += weight ** 2;
      tally.money += decisions.amount[row]! * weight;
      if (!alerted) continue;
      tally.caught += weight;
      tally.moneyCaught += decisions.amount[row]! * weight;
    }
  }
  const estimated = ({ rows }: Tally) => (scores && estimatePerformance(decisions, rows, scores)) ?? null;
  const cohorts = tallies.map((tally, i) =>
    describe(tally, {
      estimated: estimated(tally),
      from: window.from + i * length,
      to: Math.min(window.to, window.from + (i + 1) * length),
      mature: isMature(i),
    }),
  );
  const mature = cohorts.filter((cohort) => cohort.mature);
  const told = mature.filter(
    ({ recall, estimated: told }) => told !== null && Number.isFinite(recall * told.recall.value),
  );
  const held = told.filter(({ recall, estimated: told }) => isWithin(recall, told!.recall.interval));
  const together = { rows: tallies.flatMap(({ rows }, i) => (isMature(i) ? rows : [])) };
  return {
    cohorts,
    mature:
      mature.length === 0
        ? null
        : describe(all, {
            from: mature[0]!.from,
            to: mature.at(-1)!.to,
            mature: true,
            estimated: estimated({ ...all, ...together }),
          }),
    estimates: estimateRecord(told.length, held.length),
  };
}

interface Tally {
  transfers: number;
  alerts: number;
  frauds: number;
  fraudSquares: number;
  caught: number;
  money: number;
  moneyCaught: number;
  shareKnown: number;
  readonly rows: number[];
}

const newTally = (): Tally => ({
  transfers: 0,
  alerts: 0,
  frauds: 0,
  fraudSquares: 0,
  caught: 0,
  money: 0,
  moneyCaught: 0,
  shareKnown: 0,
  rows: [],
});

const isWithin = (value: number, { low, high }: Interval): boolean => value >= low && value <= high;

function describe(tally: Tally, cohort: Pick<Cohort, "from" | "to" | "mature" | "estimated">): Cohort {
  const known = tally.shareKnown / tally.transfers;
  return {
    ...cohort,
    transfers: tally.transfers,
    alerts: tally.alerts,
    alertRate: tally.alerts / tally.transfers,
    frauds: tally.frauds,
    caught: tally.caught,
    recall: tally.caught / tally.frauds,
    recallInterval: weightedInterval(tally.caught, { total: tally.frauds, squares: tally.fraudSquares }),
    precision: tally.caught / tally.alerts,
    money: tally.money,
    moneyCaught: tally.moneyCaught,
    valueRecall: tally.moneyCaught / tally.money,
    labelsToCome: 1 - known,
    expectedFrauds: known > 0 ? tally.frauds / known : Number.NaN,
  };
}
