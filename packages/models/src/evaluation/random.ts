/** A small deterministic generator (sfc32) for resampling: equal seeds give equal draws on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 15; i++) this.next32();
  }

  next32(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result >>> 0;
  }

  /** A whole number from 0 to `n - 1`. The bias of a 32-bit draw is below n / 2^32. */
  below(n: number): number {
    return Math.floor((this.next32() / 2 ** 32) * n);
  }

  /** Draws `draws` times from 0 to `counts.length - 1`, as `below` would, and adds one at each number drawn. */
  tally(draws: number, counts: Int32Array): void {
    // The state in local names: this loop is where a bootstrap of a million rows spends its time.
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let counter = this.#counter;
    const scale = counts.length / 2 ** 32;
    for (let i = 0; i < draws; i++) {
      const result = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + result) | 0;
      counts[((result >>> 0) * scale) | 0]!++;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
  }
}
