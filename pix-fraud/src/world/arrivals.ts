/** When everyday payments happen, and whose they are: weekday, payday, hour and each person's own clock. */
import { type Calendar, DAY_MS, HOUR_MS } from "./calendar.ts";
import type { Customers } from "./customers.ts";
import type { WorldParameters } from "./parameters.ts";
import { Alias, exp, ln, type Random, vonMisesHours } from "./random.ts";

const CLOCK_STEPS = 2048;

/** Relative number of payments of each day of the period. */
export function dayWeights(calendar: Calendar, rhythm: WorldParameters["rhythm"], random: Random): Float64Array {
  const weights = new Float64Array(calendar.days);
  for (let day = 0; day < calendar.days; day++) {
    const weekday = calendar.weekday[day]!;
    let weight = calendar.holiday[day] === 1 && weekday !== 0 ? rhythm.weekday[0] * 1.05 : rhythm.weekday[weekday]!;
    for (const kind of [0, 1, 2] as const) {
      const since = calendar.sincePayday[kind][day]!;
      const left = 1 - since / rhythm.paydayDecayDays;
      if (left > 0) weight *= 1 + (rhythm.payday[kind] - 1) * left;
    }
    weight *= exp((ln(1 + rhythm.yearlyGrowth) * day) / 365 + rhythm.dayNoise * random.normal());
    weights[day] = weight;
  }
  return weights;
}

/** Splits `total` over the days in proportion, to the last one: the sum is exact. */
export function apportion(total: number, weights: Float64Array): Int32Array {
  let sum = 0;
  for (const weight of weights) sum += weight;
  const counts = new Int32Array(weights.length);
  let cumulative = 0;
  let given = 0;
  for (let i = 0; i < weights.length; i++) {
    cumulative += weights[i]!;
    const until = i === weights.length - 1 ? total : Math.min(total, Math.floor((total * cumulative) / sum + 0.5));
    counts[i] = until - given;
    given = until;
  }
  return counts;
}

export class Arrivals {
  private readonly who: Alias;
  private readonly businessHours: Alias;
  private readonly idleHours: Alias;
  private readonly clock: Float64Array;
  private readonly customers: Customers;
  private readonly calendar: Calendar;
  private readonly rhythm: WorldParameters["rhythm"];
  private readonly random: Random;

  constructor(customers: Customers, calendar: Calendar, rhythm: WorldParameters["rhythm"], random: Random) {
    this.customers = customers;
    this.calendar = calendar;
    this.rhythm = rhythm;
    this.random = random;
    this.who = new Alias(customers.activity.subarray(0, customers.count));
    this.businessHours = new Alias(rhythm.businessHours);
    this.idleHours = new Alias(rhythm.idleHours);
    this.clock = vonMisesHours(rhythm.personalKappa, CLOCK_STEPS);
  }

  /** Any customer, by activity. */
  drawCustomer(): number {
    return this.who.draw(this.random);
  }

  /**
   * Fills `payers` and `moments` (milliseconds since the day's local midnight) with `count` payments of the day, in no
   * order. Some come in pairs or runs of one payer within minutes.
   */
  fill(day: number, count: number, payers: Int32Array, moments: Float64Array): void {
    const { random, rhythm } = this;
    const population = this.calendar.idle[day] === 1 ? this.idleHours : this.businessHours;
    let payer = -1;
    let moment = DAY_MS;
    for (let i = 0; i < count; i++) {
      if (payer >= 0 && random.chance(rhythm.followUp)) {
        const next = moment + random.exponential(rhythm.followUpSeconds) * 1000;
        if (next < DAY_MS) {
          moment = next;
          payers[i] = payer;
          moments[i] = Math.floor(moment);
          continue;
        }
      }
      payer = this.who.draw(random);
      moment = this.drawMoment(payer, population);
      payers[i] = payer;
      moments[i] = Math.floor(moment);
    }
  }

  private drawMoment(customer: number, population: Alias): number {
    const { random } = this;
    if (random.uniform() >= this.rhythm.personalShare) return (population.draw(random) + random.uniform()) * HOUR_MS;
    const hour = this.customers.hour[customer]! + this.clock[random.below(CLOCK_STEPS)]! + random.uniform() * 0.01;
    return (hour - Math.floor(hour / 24) * 24) * HOUR_MS;
  }
}
