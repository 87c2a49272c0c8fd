/**
 * Rows of a file of any length in bounded memory, evenly spread over it: when the sample is full every second row of it goes,
 * and from then on every second one comes. No randomness: a file has one sample.
 */
export class RowSample {
  readonly #capacity: number;
  #stride = 1;
  #seen = 0;
  #rows: Float64Array[] = [];

  /** @param capacity rows at most; a sample of a long file has between half of it and all. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** `row` is asked for its values only when it is taken. */
  offer(row: () => Float64Array): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.#rows.length === this.#capacity) {
      this.#rows = this.#rows.filter((_, at) => at % 2 === 0);
      this.#stride *= 2;
      if ((this.#seen - 1) % this.#stride !== 0) return;
    }
    this.#rows.push(row());
  }

  get rows(): readonly Float64Array[] {
    return this.#rows;
  }

  column(at: number): Float64Array {
    return Float64Array.from(this.#rows, (row) => row[at]!);
  }
}
