/** Mean of numbers; NaN of none. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation of a sample (n - 1); 0 of fewer than two. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** The quantile `share` (0 to 1) of ascending numbers, between two of them linearly; NaN of none. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const at = (ascending.length - 1) * share;
  const below = ascending[Math.floor(at)] ?? Number.NaN;
  return below + ((ascending[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}

/** Ranks from 1; equal numbers share the mean of their ranks. */
export function ranks(values: readonly number[]): readonly number[] {
  const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let at = from; at <= to; at++) result[order[at]!] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return result;
}

/** Pearson's correlation, -1 to 1; undefined when either side does not vary. */
export function pearson(a: readonly number[], b: readonly number[]): number | undefined {
  const [middleA, middleB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [fromA, fromB] = [a[at]! - middleA, b[at]! - middleB];
    both += fromA * fromB;
    squareA += fromA * fromA;
    squareB += fromB * fromB;
  }
  return squareA > 0 && squareB > 0 ? both / Math.sqrt(squareA * squareB) : undefined;
}

/** Spearman's rank correlation, -1 to 1; undefined when either side does not vary. */
export const spearman = (a: readonly number[], b: readonly number[]): number | undefined => pearson(ranks(a), ranks(b));

/** mulberry32: numbers in [0, 1) that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
