/**
 * The cumulative distribution of the standard normal, by the regularised incomplete gamma function P(1/2, x^2/2) as the
 * series and the continued fraction of Abramowitz & Stegun 6.5.29 and 6.5.31, each to 1e-15.
 */

const LOG_GAMMA_HALF = 0.5 * Math.log(Math.PI);
const EPSILON = 1e-15;
const MAX_ITERATIONS = 10_000;

/** P(1/2, x) for x >= 0. */
function regularisedHalf(x: number): number {
  const a = 0.5;
  if (x === 0) return 0;
  const scale = Math.exp(-x + a * Math.log(x) - LOG_GAMMA_HALF);
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; Math.abs(term / sum) > EPSILON && n < MAX_ITERATIONS; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return scale * sum;
  }
  // Lentz's way to add up the fraction from the front.
  let value = 1 - a + x;
  let c = value;
  let d = 0;
  for (let n = 1; n < MAX_ITERATIONS; n++) {
    const bottom = 2 * n + 1 - a + x;
    const top = n * (a - n);
    d = 1 / (bottom + top * d);
    c = bottom + top / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return 1 - scale * (1 / value);
}

function errorFunction(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (Math.abs(x) > 40) return Math.sign(x);
  const size = regularisedHalf(x * x);
  return x < 0 ? -size : size;
}

export const normalCumulative = (x: number): number => 0.5 * (1 + errorFunction(x / Math.SQRT2));
