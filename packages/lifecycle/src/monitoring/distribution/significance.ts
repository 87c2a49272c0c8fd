import { logGamma } from "./log-gamma.ts";

/**
 * How likely a difference at least as large is when nothing has changed. With a million rows everything is "significant": a finding
 * must also be large enough to matter.
 */

/**
 * p of a two-sample Kolmogorov-Smirnov distance: Kolmogorov's limit law with Stephens' correction for finite samples. Within 0.02 of
 * SciPy's p from samples of a hundred on.
 */
export function ksSignificance(distance: number, n: number, m: number): number {
  if (!(n > 0 && m > 0)) return Number.NaN;
  const size = Math.sqrt((n * m) / (n + m));
  const x = (size + 0.12 + 0.11 / size) * distance;
  if (x < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

/**
 * Pearson's chi-squared test that two rows of counts come from one distribution, without Yates' correction; SciPy's
 * `chi2_contingency(correction=False)`. Columns that are empty in both are left out; NaN when fewer than two remain.
 */
export function chiSquared(
  first: readonly number[],
  second: readonly number[],
): { readonly statistic: number; readonly degrees: number; readonly p: number } {
  const totals = [first, second].map((row) => row.reduce((all, count) => all + count, 0));
  const whole = totals[0]! + totals[1]!;
  let [statistic, columns] = [0, 0];
  for (let column = 0; column < first.length; column++) {
    const both = first[column]! + second[column]!;
    if (both === 0) continue;
    columns++;
    for (const [row, total] of [first, second].map((counts, at) => [counts[column]!, totals[at]!] as const)) {
      const expected = (both * total) / whole;
      statistic += (row - expected) ** 2 / expected;
    }
  }
  const degrees = columns - 1;
  if (degrees < 1 || totals.includes(0)) return { statistic: Number.NaN, degrees, p: Number.NaN };
  return { statistic, degrees, p: upperGamma(degrees / 2, statistic / 2) };
}

/** p values made larger so that, of the findings below a limit, at most that share is chance (Benjamini-Hochberg). NaN stays NaN. */
export function controlled(ps: readonly number[]): number[] {
  const order = ps
    .map((_, at) => at)
    .filter((at) => !Number.isNaN(ps[at]!))
    .sort((a, b) => ps[b]! - ps[a]!);
  const found = ps.map(() => Number.NaN);
  let least = 1;
  order.forEach((at, place) => {
    least = Math.min(least, (ps[at]! * order.length) / (order.length - place));
    found[at] = least;
  });
  return found;
}

/** The regularised upper incomplete gamma function Q(a, x), a above 0, x from 0: by its series below a + 1, else by its continued fraction. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = a + 1; term > sum * 1e-16; n++) {
      term *= x / n;
      sum += term;
    }
    return 1 - sum * scale;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < 10_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const change = c * d;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return fraction * scale;
}
