/** `size` margins at `from` into probabilities at `to`. An infinite margin takes all, the first of several. */
export function softmax(numbers: Float64Array, from: number, to: number, size: number): void {
  let most = -Number.MAX_VALUE;
  for (let i = 0; i < size; i++) {
    const margin = numbers[from + i]!;
    if (margin === Number.POSITIVE_INFINITY) {
      // Spark scales the margins by 0 here, which makes NaN of those that are infinite.
      for (let k = 0; k < size; k++) numbers[to + k] = numbers[from + k]! * 0;
      numbers[to + i] = 1;
      return;
    }
    if (margin > most) most = margin;
  }
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const share = Math.exp(numbers[from + i]! - most);
    sum += share;
    numbers[to + i] = share;
  }
  for (let i = 0; i < size; i++) numbers[to + i] = numbers[to + i]! / sum;
}
