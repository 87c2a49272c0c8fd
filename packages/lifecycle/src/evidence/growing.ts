const FIRST = 1 << 16;

/** Numbers of a column whose length only the end of its file tells. */
export class Growing {
  #values = new Float64Array(FIRST);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
