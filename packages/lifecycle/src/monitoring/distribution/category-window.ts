const CODES = 256;

/** A whole number, or a word. */
export type Category = number | string;

/** How often each category came, and how often none. Windows add up, and survive a copy to another thread as `counts` and `missing`. */
export class CategoryWindow {
  readonly counts: Map<Category, number> = new Map();
  missing = 0;

  /** Counts the values, each `weights[i]` times; NaN and what is absent are missing values. */
  add(values: ArrayLike<Category | null | undefined>, weights?: ArrayLike<number>): this {
    const codes = new Float64Array(CODES);
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      const weight = weights === undefined ? 1 : weights[at]!;
      // Most categories are small codes: a map for each of ten million rows would take most of the time.
      if (typeof value === "number" && value >= 0 && value < CODES && Number.isInteger(value)) codes[value]! += weight;
      else this.#count(value, weight);
    }
    for (let code = 0; code < CODES; code++) this.#count(code, codes[code]!);
    return this;
  }

  merge(other: Pick<CategoryWindow, "counts" | "missing">): void {
    for (const [category, count] of other.counts) this.#count(category, count);
    this.missing += other.missing;
  }

  #count(value: Category | null | undefined, by: number): void {
    if (value === null || value === undefined || Number.isNaN(value)) this.missing += by;
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

/** Counts of each category that either has, by ascending category: numbers, then words. */
export function categoryCounts(
  reference: CategoryWindow,
  current: CategoryWindow,
): { readonly reference: number[]; readonly current: number[] } {
  const categories = [...new Set([...reference.counts.keys(), ...current.counts.keys()])].sort(ascending);
  const of = (window: CategoryWindow) => categories.map((category) => window.counts.get(category) ?? 0);
  return { reference: of(reference), current: of(current) };
}

function ascending(one: Category, other: Category): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === typeof other) return one < other ? -1 : 1;
  return typeof one === "number" ? -1 : 1;
}

export function sharesOfCounts(counts: readonly number[]): number[] {
  const total = counts.reduce((all, count) => all + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}
