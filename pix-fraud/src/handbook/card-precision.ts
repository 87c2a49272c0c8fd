import { type Interval, quantileOfSorted } from "@esteira/models/evaluation/interval";
import { Random } from "@esteira/models/evaluation/random";

/** Scored rows of a test period. */
export interface CardScores {
  /** Day of each row; days are taken in rising order. */
  readonly days: ArrayLike<number>;
  /** Customer (card) of each row. */
  readonly customers: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

export interface CardPrecision {
  /** Mean over days of the share of compromised customers among the k with the highest scores. */
  readonly mean: number;
  /** What perfect scores would reach: there may be fewer than k compromised customers a day. */
  readonly ceiling: number;
  readonly byDay: readonly { readonly day: number; readonly caught: number; readonly compromised: number }[];
}

/**
 * Card precision at k, as the handbook measures it: each day a customer has the highest of its scores and of its labels,
 * the k highest customers are checked, and those found compromised are blocked and leave the days after. Equal scores are
 * ordered by a hash of the customer, so neither labels nor numbering decide.
 */
export function cardPrecision(input: CardScores, k: number): CardPrecision {
  const once = new Map(Array.from(new Set(Array.from(input.customers)), (customer) => [customer, 1]));
  const byDay = catchByDay(rankDays(input, input.scores), new Map(once), k);
  const perfect = catchByDay(rankDays(input, input.labels), once, k);
  return { mean: meanPrecision(byDay, k), ceiling: meanPrecision(perfect, k), byDay };
}

/** 95 % percentile interval of the mean: customers are drawn with replacement, and one drawn twice is two customers. */
export function cardPrecisionInterval(
  input: CardScores,
  k: number,
  { replicates, seed }: { readonly replicates: number; readonly seed: number },
): Interval {
  const days = rankDays(input, input.scores);
  const customers = [...new Set(Array.from(input.customers))];
  const random = new Random(seed);
  const means = Float64Array.from({ length: replicates }, () => {
    const copies = new Map<number, number>();
    for (let draw = 0; draw < customers.length; draw++) {
      const customer = customers[random.below(customers.length)]!;
      copies.set(customer, (copies.get(customer) ?? 0) + 1);
    }
    return meanPrecision(catchByDay(days, copies, k), k);
  }).sort();
  return { low: quantileOfSorted(means, 0.025), high: quantileOfSorted(means, 0.975) };
}

const meanPrecision = (days: CardPrecision["byDay"], k: number): number =>
  days.length === 0 ? Number.NaN : days.reduce((sum, { caught }) => sum + caught / k, 0) / days.length;

/** The customers of one day, the most suspicious first. */
interface DayRanking {
  readonly day: number;
  readonly ranked: readonly { readonly customer: number; readonly score: number; readonly label: number }[];
}

function rankDays(input: CardScores, scores: ArrayLike<number>): DayRanking[] {
  const days = new Map<number, Map<number, { customer: number; score: number; label: number }>>();
  for (let row = 0; row < input.days.length; row++) {
    const day = input.days[row]!;
    const customer = input.customers[row]!;
    const score = scores[row]!;
    const label = input.labels[row]!;
    let best = days.get(day);
    if (best === undefined) {
      best = new Map();
      days.set(day, best);
    }
    const seen = best.get(customer);
    if (seen === undefined) best.set(customer, { customer, score, label });
    else {
      seen.score = Math.max(seen.score, score);
      seen.label = Math.max(seen.label, label);
    }
  }
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([day, best]) => ({
      day,
      ranked: [...best.values()].sort((a, b) => b.score - a.score || mixed(a.customer) - mixed(b.customer)),
    }));
}

/** Checks k customers a day. `copies` says how many of each customer there are; those caught are taken from it. */
function catchByDay(days: readonly DayRanking[], copies: Map<number, number>, k: number): CardPrecision["byDay"] {
  return days.map(({ day, ranked }) => {
    let left = k;
    let caught = 0;
    let compromised = 0;
    for (const { customer, label } of ranked) {
      const present = copies.get(customer) ?? 0;
      if (present === 0) continue;
      const checked = Math.min(left, present);
      left -= checked;
      if (label !== 1) continue;
      compromised += present;
      caught += checked;
      copies.set(customer, present - checked);
    }
    return { day, caught, compromised };
  });
}

/** A fixed shuffle of the whole numbers, as an unsigned 32-bit hash. */
const mixed = (value: number): number => {
  let h = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
};
