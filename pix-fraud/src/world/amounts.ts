/** Amounts as people pay them, in whole cents. */
import type { WorldParameters } from "./parameters.ts";
import type { Random } from "./random.ts";

/** Steps to which people round, by size: 5 below R$ 20, 10 below 100, then 50 and 100. */
export function roundAmount(cents: number): number {
  const step = cents < 2000 ? 500 : cents < 10_000 ? 1000 : cents < 100_000 ? 5000 : 10_000;
  return Math.max(step, Math.floor(cents / step + 0.5) * step);
}

/** A shop's price: ends in .90 or .99. */
export function priceAmount(cents: number, random: Random): number {
  return Math.max(1, Math.floor(cents / 100)) * 100 + (random.chance(0.6) ? 90 : 99);
}

/** One everyday payment before limits and balance. `level` is the product of the payer's style and the payee's prices. */
export function everydayAmount(
  parameters: WorldParameters["payment"],
  isCompany: boolean,
  level: number,
  random: Random,
): number {
  let cents: number;
  if (isCompany) cents = random.logNormal(parameters.company.median, parameters.company.sigma) * 100;
  else if (random.chance(parameters.large.share))
    cents = random.logNormal(parameters.large.median, parameters.large.sigma) * 100;
  else {
    // The levels of payer and payee spread amounts too (0.42 and 0.55): what is left makes the sum the published 1.10.
    const { median, sigma } = parameters.everyday;
    cents = random.logNormal(median, Math.sqrt(Math.max(0.1, sigma * sigma - 0.36))) * level * 100;
  }
  const style = random.uniform();
  if (style < parameters.roundShare) return roundAmount(cents);
  if (style < parameters.roundShare + parameters.priceShare) return priceAmount(cents, random);
  return Math.max(50, Math.floor(cents));
}
