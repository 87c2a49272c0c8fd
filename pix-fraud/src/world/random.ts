/**
 * Seeded randomness: sfc32 (Chris Doty-Humphrey's small fast chaotic generator) in named sub-streams, so that a change in
 * one part of the world does not shift the draws of another.
 *
 * Only `+ - * /`, `Math.sqrt` and `Math.floor` are used, all exact by IEEE 754: `Math.exp`, `Math.log` and `Math.cos` may
 * differ in the last bit between engines, and a ledger's digest must not.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const { PI } = Math;

/** e^x for |x| < 700, correct to about 1e-15 and equal on every engine. */
export function exp(x: number): number {
  let power = Math.floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
  const r = x - power * LN2_HIGH - power * LN2_LOW;
  let sum = 1;
  for (let k = 13; k > 0; k--) sum = 1 + (sum * r) / k;
  for (; power > 0; power--) sum *= 2;
  for (; power < 0; power++) sum *= 0.5;
  return sum;
}

/** Natural logarithm for positive finite x, equal on every engine. */
export function ln(x: number): number {
  let m = x;
  let power = 0;
  for (; m > Math.SQRT2; power++) m *= 0.5;
  for (; m < Math.SQRT1_2; power--) m *= 2;
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let sum = 0;
  for (let k = 21; k > 0; k -= 2) sum = sum * s2 + 1 / k;
  return power * LN2_HIGH + (2 * s * sum + power * LN2_LOW);
}

/** Cosine for |x| <= 2 pi, equal on every engine. */
export function cos(x: number): number {
  const r = x > PI ? x - 2 * PI : x < -PI ? x + 2 * PI : x;
  const r2 = r * r;
  let sum = 1;
  for (let k = 26; k > 0; k -= 2) sum = 1 - (sum * r2) / (k * (k - 1));
  return sum;
}

/** Inverse of the standard normal distribution function (P. J. Acklam's rational approximation, relative error 1e-9). */
function normalQuantile(p: number): number {
  if (p > 0.02425 && p < 0.97575) {
    const q = p - 0.5;
    const r = q * q;
    return (
      ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
        30.66479806614716) *
        r +
        2.506628277459239) *
        q) /
      (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
        13.28068155288572) *
        r +
        1)
    );
  }
  const low = p < 0.5;
  const q = Math.sqrt(-2 * ln(low ? p : 1 - p));
  const tail =
    (((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
      4.374664141464968) *
      q +
      2.938163982698783) /
    ((((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
  return low ? tail : -tail;
}

/** A bijective mix of 32 bits (the finaliser of MurmurHash3): different inputs give different outputs. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(a: number, b: number, c: number) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    for (let i = 0; i < 15; i++) this.bits();
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }

  /** Uniform in (0, 1), never 0 and never 1. */
  uniform(): number {
    return (this.bits() + 0.5) * 2.3283064365386963e-10;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  normal(): number {
    return normalQuantile(this.uniform());
  }

  exponential(mean: number): number {
    return -mean * ln(this.uniform());
  }

  logNormal(median: number, sigma: number): number {
    return median * exp(sigma * this.normal());
  }

  /** Gamma with mean `shape` (Marsaglia and Tsang; below 1 by the usual power of a uniform). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * exp(ln(this.uniform()) / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (ln(this.uniform()) < 0.5 * x * x + d - d * v + d * ln(v)) return d * v;
    }
  }
}

/** The stream `name` of the world `seed` (any safe integer). */
export function stream(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  const low = seed >>> 0;
  const high = Math.floor(seed / 4294967296) | 0;
  return new Random(mix32(low ^ hash), mix32(high + 0x9e3779b9), mix32(hash ^ Math.imul(low, 0x85ebca6b)));
}

/** Draws indexes in proportion to weights in constant time (Walker's alias method, Vose's construction). */
export class Alias {
  private readonly threshold: Float64Array;
  private readonly other: Int32Array;

  constructor(weights: ArrayLike<number>) {
    const n = weights.length;
    let total = 0;
    for (let i = 0; i < n; i++) total += weights[i]!;
    this.threshold = new Float64Array(n);
    this.other = new Int32Array(n);
    const small: number[] = [];
    const large: number[] = [];
    for (let i = 0; i < n; i++) {
      this.threshold[i] = (weights[i]! * n) / total;
      (this.threshold[i]! < 1 ? small : large).push(i);
    }
    for (;;) {
      const s = small.pop();
      const l = large.at(-1);
      if (s === undefined || l === undefined) {
        if (s !== undefined) this.threshold[s] = 1;
        break;
      }
      this.other[s] = l;
      this.threshold[l] = this.threshold[l]! + this.threshold[s]! - 1;
      if (this.threshold[l]! < 1) {
        large.pop();
        small.push(l);
      }
    }
    for (const i of [...small, ...large]) this.threshold[i] = 1;
  }

  draw(random: Random): number {
    const position = random.uniform() * this.threshold.length;
    const index = Math.floor(position);
    return position - index < this.threshold[index]! ? index : this.other[index]!;
  }
}

/** Quantiles of a von Mises distribution around 0 in hours of a 24-hour clock: table[i] is the (i + 0.5)/n quantile. */
export function vonMisesHours(kappa: number, n: number): Float64Array {
  const steps = 4096;
  const density = new Float64Array(steps);
  let total = 0;
  for (let i = 0; i < steps; i++) {
    density[i] = exp(kappa * (cos(-PI + (2 * PI * (i + 0.5)) / steps) - 1));
    total += density[i]!;
  }
  const table = new Float64Array(n);
  let cumulative = 0;
  let next = 0;
  for (let i = 0; i < steps; i++) {
    cumulative += density[i]! / total;
    while (next < n && (next + 0.5) / n <= cumulative) table[next++] = -12 + (24 * (i + 0.5)) / steps;
  }
  while (next < n) table[next++] = 12;
  return table;
}
