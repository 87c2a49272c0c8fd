/** The index of the number nearest to a place; undefined of none. `x` is ascending. */
export function nearest(x: readonly number[], place: number): number | undefined {
  if (x.length === 0) return undefined;
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle]! <= place) low = middle;
    else high = middle;
  }
  return Math.abs(x[high]! - place) < Math.abs(x[low]! - place) ? high : low;
}
