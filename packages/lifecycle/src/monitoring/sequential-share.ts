import type { Interval } from "@esteira/models/evaluation/interval";
import { logBeta } from "./distribution/log-gamma.ts";

/** So many of so many. */
export interface Counted {
  readonly hits: number;
  readonly trials: number;
}

/** Jeffreys' prior: its price over the best prior is smallest for shares near 0, as failures and alerts are. */
const PRIOR = 0.5;
/** Halvings of [0, 1] from which the bounds have all digits of a double. */
const HALVINGS = 60;

/**
 * An interval of a share that may be looked at after every trial: with probability 1 - `alpha` it holds the true share at all times at
 * once, so whoever stops because of what it shows is still right. Of no trials it is [0, 1].
 *
 * The likelihood of all shares, mixed by a beta distribution, over that of one share is a martingale where that one is true; by
 * Ville's inequality it ever reaches 1 / alpha with probability alpha at most. The interval is of the shares where it has not.
 * Robbins (1970), Statistical methods related to the law of the iterated logarithm; Howard, Ramdas, McAuliffe, Sekhon (2021),
 * Time-uniform, nonparametric, nonasymptotic confidence sequences.
 */
export function shareSequence({ hits, trials }: Counted, alpha: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const misses = trials - hits;
  const mixture = logBeta(PRIOR + hits, PRIOR + misses) - logBeta(PRIOR, PRIOR);
  const limit = -Math.log(alpha);
  const isRefuted = (share: number): boolean =>
    mixture - (hits === 0 ? 0 : hits * Math.log(share)) - (misses === 0 ? 0 : misses * Math.log1p(-share)) >= limit;
  // The martingale is convex in the share, and smallest where the share is that of the sample.
  const bound = (end: number): number => {
    let [outside, inside] = [end, hits / trials];
    for (let step = 0; step < HALVINGS; step++) {
      const middle = (outside + inside) / 2;
      if (isRefuted(middle)) outside = middle;
      else inside = middle;
    }
    return outside;
  };
  return { low: hits === 0 ? 0 : bound(0), high: misses === 0 ? 1 : bound(1) };
}

/**
 * The same of the first share less the second, of two streams in which trials come in any order and at any pace: each gets half of
 * `alpha`.
 */
export function differenceSequence(first: Counted, second: Counted, alpha: number): Interval {
  const [one, other] = [shareSequence(first, alpha / 2), shareSequence(second, alpha / 2)];
  return { low: one.low - other.high, high: one.high - other.low };
}
