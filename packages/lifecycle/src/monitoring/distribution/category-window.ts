/** How often each category (a whole number) came, and how often none. Windows add up. */
export class CategoryWindow {
  readonly counts = new Map<number, number>();
  missing = 0;

  /** Counts the values, each `weights[i]` times; NaN is a missing value. */
  add(values: ArrayLike<number>, weights?: ArrayLike<number>): this {
    for (let at = 0; at < values.length; at++) this.#count(values[at]!, weights?.[at] ?? 1);
    return this;
  }

  merge(other: CategoryWindow): void {
    for (const [category, count] of other.counts) this.#count(category, count);
    this.missing += other.missing;
  }

  #count(value: number, by: number): void {
    if (Number.isNaN(value)) this.missing += by;
    else if (by > 0) this.counts.set(value, (this.counts.get(value) ?? 0) + by);
  }

  /** Values that are there. */
  get count(): number {
    return [...this.counts.values()].reduce((all, count) => all + count, 0);
  }

  /** Share of the values that are missing; 0 of none. */
  get missingShare(): number {
    const all = this.count + this.missing;
    return all === 0 ? 0 : this.missing / all;
  }
}

/** Counts of each category that either has, by ascending category. */
export function categoryCounts(
  reference: CategoryWindow,
  current: CategoryWindow,
): { readonly reference: number[]; readonly current: number[] } {
  const categories = [...new Set([...reference.counts.keys(), ...current.counts.keys()])].sort((a, b) => a - b);
  const of = (window: CategoryWindow) => categories.map((category) => window.counts.get(category) ?? 0);
  return { reference: of(reference), current: of(current) };
}

export function sharesOfCounts(counts: readonly number[]): number[] {
  const total = counts.reduce((all, count) => all + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}
