/** Plans the fraud of the period: how much of each typology, when, against whom, and what becomes of the reports. */

import { apportion } from "./arrivals.ts";
import { type Calendar, DAY_MS, HOUR_MS } from "./calendar.ts";
import { Desks, type MuleWorld, planCashOut, type Trade } from "./mules.ts";
import {
  type Delay,
  TYPOLOGIES,
  type Typology,
  VICTIM_TYPOLOGIES,
  type VictimTypology,
  type WorldParameters,
} from "./parameters.ts";
import type { Plan } from "./plan.ts";
import type { Period, Population } from "./population.ts";
import { Alias, exp, ln, type Random, stream } from "./random.ts";
import { type Case, SCRIPTS } from "./typologies.ts";

export interface FraudContext {
  readonly world: Population;
  readonly parameters: WorldParameters;
  readonly period: Period;
  readonly calendar: Calendar;
  readonly plan: Plan;
  readonly weights: Float64Array;
  readonly transfers: number;
  readonly seed: number;
}

const CASH_OUT = TYPOLOGIES.indexOf("mule_cash_out");

const tradeOf = (typology: Typology): Trade =>
  typology === "fake_sale" || typology === "tampered_qr"
    ? "shop"
    : typology === "fake_investment"
      ? "investment"
      : "social";

/** Number of fraudulent transfers of each typology. The late one is its share of what is left of the period only. */
export function typologyTargets(parameters: WorldParameters, transfers: number): Map<VictimTypology, number> {
  const { lateTypology, lateFrom, lateShare, fraud } = parameters;
  const total = Math.round(fraud.prevalence * transfers);
  const odds = lateTypology === null ? 0 : (lateShare / (1 - lateShare)) * (1 - lateFrom);
  const late = Math.round((total * odds) / (1 + odds));
  const others = VICTIM_TYPOLOGIES.filter((name) => name !== lateTypology);
  const shares = apportion(
    total - late,
    Float64Array.from(others, (name) => fraud.typologies[name].mix),
  );
  const targets = new Map<VictimTypology, number>(others.map((name, i) => [name, shares[i]!]));
  if (lateTypology !== null) targets.set(lateTypology, late);
  return targets;
}

export function planFraud(context: FraudContext): void {
  const { world, parameters, period, calendar, plan, weights, transfers, seed } = context;
  const targets = typologyTargets(parameters, transfers);
  const mules: MuleWorld = { world, parameters, period, plan, random: stream(seed, "mules") };
  const lateMs = period.startMs + parameters.lateFrom * period.days * DAY_MS;

  const desks = new Map<Trade, Desks>();
  for (const trade of ["social", "shop", "investment"] as const) {
    let perDay = 0;
    let from = period.endMs;
    for (const [name, count] of targets) {
      if (tradeOf(name) !== trade) continue;
      const begins = name === parameters.lateTypology ? lateMs : period.startMs;
      perDay += count / Math.max(1, (period.endMs - begins) / DAY_MS);
      from = Math.min(from, begins);
    }
    desks.set(trade, new Desks(mules, trade, perDay, from));
  }

  for (const [name, target] of targets) {
    const random = stream(seed, `fraud ${name}`);
    const begins = name === parameters.lateTypology ? lateMs : period.startMs;
    const days = new Alias(weights.map((weight, day) => (period.startMs + day * DAY_MS >= begins ? weight : 0)));
    const victims = drawVictims(context, name);
    const trade = desks.get(tradeOf(name))!;
    const typology = TYPOLOGIES.indexOf(name);
    let planned = 0;
    for (let attempt = 0; planned < target && attempt < target * 20; attempt++) {
      const victim = victims.draw(random);
      const chapter: Case = {
        context: mules,
        calendar,
        random,
        desks: trade,
        typology,
        parameters: parameters.fraud.typologies[name],
        victim,
        lossFactor: parameters.fraud.ageLoss[Math.max(0, world.customers.ageBand[victim]! - 1)]!,
        midnight: period.startMs + days.draw(random) * DAY_MS,
        left: target - planned,
      };
      planned += commit(chapter, SCRIPTS[name], parameters, period);
    }
  }

  const random = stream(seed, "tracing");
  const trace = (parent: number, time: number): number => traceEpisode(plan, parameters, parent, time, random);
  planCashOut(
    mules,
    [...desks.values()].flatMap((trade) => trade.all()),
    trace,
    CASH_OUT,
  );
}

/** Plays the script and registers its episode; returns how many fraudulent transfers were planned. */
function commit(
  chapter: Case,
  script: (chapter: Case) => readonly number[],
  parameters: WorldParameters,
  period: Period,
): number {
  const { plan } = chapter.context;
  const episode = plan.episodes.length;
  plan.episodes.push({ typology: chapter.typology, reportedAt: Number.NaN, knownAt: Number.NaN });
  const times = script(chapter).filter((time) => time >= period.startMs && time < period.endMs);
  if (times.length === 0) {
    plan.episodes.length = episode;
    return 0;
  }
  const last = times.reduce((a, b) => Math.max(a, b));
  plan.episodes[episode] = {
    typology: chapter.typology,
    ...report(last, chapter.parameters, parameters, period, chapter.random),
  };
  return times.length;
}

/** The complaint and its decision, from the episode's last transfer on. */
function report(
  last: number,
  typology: { readonly complaint: Delay; readonly reported: number },
  parameters: WorldParameters,
  period: Period,
  random: Random,
): { reportedAt: number; knownAt: number } {
  const p = parameters.reports;
  const progress = (last - period.startMs) / (period.endMs - period.startMs);
  const trend = p.delayTrend[0] + (p.delayTrend[1] - p.delayTrend[0]) * progress;
  const hours = random.logNormal(
    typology.complaint.median * trend,
    ln(typology.complaint.p90 / typology.complaint.median) / 1.2816,
  );
  const decision = Math.min(p.decisionMaxDays, random.logNormal(p.decisionDays, p.decisionSigma));
  const isReported = random.chance(typology.reported) && hours <= p.contestDays * 24;
  const isAccepted = random.chance(p.accepted);
  if (!isReported) return { reportedAt: Number.NaN, knownAt: Number.NaN };
  const reportedAt = Math.floor(last + hours * HOUR_MS);
  return { reportedAt, knownAt: isAccepted ? Math.floor(reportedAt + decision * DAY_MS) : Number.NaN };
}

/** An accepted case is followed along the chain; a transfer after the block that it brings does not happen (-1). */
function traceEpisode(plan: Plan, parameters: WorldParameters, parent: number, time: number, random: Random): number {
  const { knownAt } = plan.episodes[parent]!;
  const isTraced = random.chance(parameters.reports.traced);
  const days = random.exponential(parameters.reports.traceDays);
  if (knownAt <= time) return -1;
  const reportedAt = isTraced ? knownAt : Number.NaN;
  plan.episodes.push({ typology: CASH_OUT, reportedAt, knownAt: reportedAt + Math.floor(days * DAY_MS) });
  return plan.episodes.length - 1;
}

/** Persons by susceptibility and activity; bills are swapped for companies too. */
function drawVictims({ world, parameters }: FraudContext, name: VictimTypology): Alias {
  const { customers, persons } = world;
  const { ages } = parameters.fraud.typologies[name];
  const weights = new Float64Array(customers.count);
  for (let customer = 0; customer < customers.count; customer++) {
    if (customer < persons)
      weights[customer] = ages[customers.ageBand[customer]! - 1]! * exp(0.5 * ln(customers.activity[customer]! + 0.05));
    else if (name === "bill_swap" && customers.ageBand[customer] === 0) weights[customer] = 1.5;
  }
  return new Alias(weights);
}
