/** Two versions by what they decided on their own requests, as a canary's split gives them. Pure. */

import type { Interval } from "@esteira/models/evaluation/interval";
import type { Decisions } from "./decisions.ts";
import { type Counted, differenceSequence } from "./sequential-share.ts";
import { effectiveRows, type WeightedCount, weightOf } from "./weighted-share.ts";

/** Sums of what rows stand for. Frauds are those known at `asOf` of decisions whose labels have had their time. */
export interface VersionFigures {
  readonly decisions: number;
  readonly alerts: number;
  /** Decisions whose labels have had their time, and alerts among them. */
  readonly mature: number;
  readonly matureAlerts: number;
  readonly frauds: number;
  readonly caught: number;
  /** In one unit of money. */
  readonly money: number;
  readonly moneyCaught: number;
}

/** A share of each, and that of the challenger less that of the champion, by an interval that may be looked at at any time. */
export interface ShareDifference {
  readonly champion: number;
  readonly challenger: number;
  /** 95 %. */
  readonly difference: Interval;
}

export interface VersionComparison {
  /** From the first to the last instant at which both decided (milliseconds, both included): other times had other frauds. */
  readonly span: { readonly from: number; readonly to: number };
  readonly champion: VersionFigures;
  readonly challenger: VersionFigures;
  readonly alertRate: ShareDifference;
  /** Of the known frauds of mature decisions. */
  readonly recall: ShareDifference;
  /** Of the alerts of mature decisions: those known to be fraud. */
  readonly precision: ShareDifference;
}

const DAY = 86_400_000;
const ALPHA = 0.05;

export function compareVersions(
  champion: Decisions,
  challenger: Decisions,
  { asOf, maturityDays }: { readonly asOf: number; readonly maturityDays: number },
): VersionComparison {
  const matureUntil = asOf - maturityDays * DAY;
  const span = overlapOf(champion.time, challenger.time);
  const [one, other] = [tally(champion, span, asOf, matureUntil), tally(challenger, span, asOf, matureUntil)];
  const share = (of: (one: Tally) => readonly [hits: number, count: WeightedCount]): ShareDifference => {
    const [mine, theirs] = [counted(...of(other)), counted(...of(one))];
    return {
      champion: theirs.hits / theirs.trials,
      challenger: mine.hits / mine.trials,
      difference: differenceSequence(mine, theirs, ALPHA),
    };
  };
  return {
    span,
    champion: figuresOf(one),
    challenger: figuresOf(other),
    alertRate: share(({ alerts, decisions }) => [alerts.total, decisions]),
    recall: share(({ caught, frauds }) => [caught, frauds]),
    precision: share(({ caught, matureAlerts }) => [caught, matureAlerts]),
  };
}

interface Tally {
  readonly decisions: WeightedCount;
  readonly alerts: WeightedCount;
  readonly mature: WeightedCount;
  readonly matureAlerts: WeightedCount;
  readonly frauds: WeightedCount;
  caught: number;
  money: number;
  moneyCaught: number;
}

function overlapOf(one: ArrayLike<number>, other: ArrayLike<number>): VersionComparison["span"] {
  const [mine, theirs] = [extentOf(one), extentOf(other)];
  return { from: Math.max(mine.from, theirs.from), to: Math.min(mine.to, theirs.to) };
}

function extentOf(times: ArrayLike<number>): VersionComparison["span"] {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < times.length; row++) {
    from = Math.min(from, times[row]!);
    to = Math.max(to, times[row]!);
  }
  return { from, to };
}

function tally(decisions: Decisions, span: VersionComparison["span"], asOf: number, matureUntil: number): Tally {
  const none = (): WeightedCount => ({ total: 0, squares: 0 });
  const tally: Tally = {
    ...{ decisions: none(), alerts: none(), mature: none(), matureAlerts: none(), frauds: none() },
    ...{ caught: 0, money: 0, moneyCaught: 0 },
  };
  const { time, alerted, fraud, knownAt, amount } = decisions;
  for (let row = 0; row < time.length; row++) {
    if (time[row]! < span.from || time[row]! > span.to) continue;
    const weight = weightOf(decisions, row);
    const add = (count: WeightedCount) => {
      count.total += weight;
      count.squares += weight * weight;
    };
    add(tally.decisions);
    if (alerted[row] === 1) add(tally.alerts);
    if (time[row]! >= matureUntil) continue;
    add(tally.mature);
    if (alerted[row] === 1) add(tally.matureAlerts);
    if (fraud[row] !== 1 || !(knownAt[row]! <= asOf)) continue;
    add(tally.frauds);
    tally.money += weight * amount[row]!;
    if (alerted[row] !== 1) continue;
    tally.caught += weight;
    tally.moneyCaught += weight * amount[row]!;
  }
  return tally;
}

/** As many rows of one weight as know as much. */
function counted(hits: number, count: WeightedCount): Counted {
  const trials = effectiveRows(count);
  return { hits: count.total === 0 ? 0 : (hits * trials) / count.total, trials };
}

const figuresOf = ({ decisions, alerts, mature, matureAlerts, frauds, ...sums }: Tally): VersionFigures => ({
  ...{ decisions: decisions.total, alerts: alerts.total, mature: mature.total },
  ...{ matureAlerts: matureAlerts.total, frauds: frauds.total, ...sums },
});
