/**
 * Exponential moving average that starts unbiased: each point is the weighted mean of what came before it.
 * `weight` is 0 (no smoothing) to below 1; absent points stay absent and do not count.
 */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let sum = 0;
  let mass = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + value;
    mass = mass * weight + 1;
    return sum / mass;
  });
}
