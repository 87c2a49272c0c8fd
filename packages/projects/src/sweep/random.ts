/** Numbers from 0 to below 1. */
export type Random = () => number;

/**
 * Random numbers of a seed and a trial, by splitmix32: the same on every machine, and of a trial the same
 * whichever trials went before it.
 */
export function randomOf(seed: number, trial: number): Random {
  let state = (seed ^ Math.imul(trial + 1, 0x9e3779b9)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A number of the standard normal distribution, by Box and Muller. */
export const normalOf = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
