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
  const byDay = catchByDay(input, input.scores, k);
  const perfect = catchByDay(input, input.labels, k);
  return { mean: meanPrecision(byDay, k), ceiling: meanPrecision(perfect, k), byDay };
}

const meanPrecision = (days: CardPrecision["byDay"], k: number): number =>
  days.length === 0 ? Number.NaN : days.reduce((sum, { caught }) => sum + caught / k, 0) / days.length;

function catchByDay(input: CardScores, scores: ArrayLike<number>, k: number): CardPrecision["byDay"] {
  const rowsByDay = new Map<number, number[]>();
  for (let row = 0; row < input.days.length; row++) {
    const day = input.days[row]!;
    const rows = rowsByDay.get(day);
    if (rows === undefined) rowsByDay.set(day, [row]);
    else rows.push(row);
  }
  const blocked = new Set<number>();
  return [...rowsByDay]
    .sort(([a], [b]) => a - b)
    .map(([day, rows]) => {
      const best = new Map<number, { score: number; label: number }>();
      for (const row of rows) {
        const customer = input.customers[row]!;
        if (blocked.has(customer)) continue;
        const score = scores[row]!;
        const label = input.labels[row]!;
        const seen = best.get(customer);
        if (seen === undefined) best.set(customer, { score, label });
        else {
          seen.score = Math.max(seen.score, score);
          seen.label = Math.max(seen.label, label);
        }
      }
      const ranked = [...best].sort(([a, x], [b, y]) => y.score - x.score || mixed(a) - mixed(b));
      const caught = ranked.slice(0, k).filter(([, { label }]) => label === 1);
      for (const [customer] of caught) blocked.add(customer);
      return { day, caught: caught.length, compromised: ranked.filter(([, { label }]) => label === 1).length };
    });
}

/** A fixed shuffle of the whole numbers, as an unsigned 32-bit hash. */
const mixed = (value: number): number => {
  let h = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
};
