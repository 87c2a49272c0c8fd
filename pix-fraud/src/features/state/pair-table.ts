const EMPTY = -1;
const SLOT = 4;

/**
 * Numbers ordered pairs (a, b) of entity indexes 0, 1, 2 ... as they are first seen. An open-addressing hash table in
 * one Int32Array (a, b, number, unused), linear probing, at most 60 % full; nothing is ever removed.
 */
export class PairTable {
  count = 0;
  #slots: Int32Array;
  #mask: number;
  #limit: number;

  constructor(expected = 1024) {
    let capacity = 64;
    while (capacity * 0.6 < expected) capacity *= 2;
    this.#slots = new Int32Array(capacity * SLOT).fill(EMPTY);
    this.#mask = capacity - 1;
    this.#limit = Math.floor(capacity * 0.6);
  }

  /** The pair's number, or -1 when it was never added. */
  find(a: number, b: number): number {
    const slots = this.#slots;
    let slot = hash(a, b) & this.#mask;
    for (;;) {
      const at = slot * SLOT;
      const number = slots[at + 2]!;
      if (number === EMPTY) return -1;
      if (slots[at] === a && slots[at + 1] === b) return number;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Adds a pair that `find` did not know, and returns its number. */
  add(a: number, b: number): number {
    if (this.count >= this.#limit) this.#grow();
    this.#place(a, b, this.count);
    return this.count++;
  }

  #place(a: number, b: number, number: number): void {
    const slots = this.#slots;
    let slot = hash(a, b) & this.#mask;
    while (slots[slot * SLOT + 2] !== EMPTY) slot = (slot + 1) & this.#mask;
    slots[slot * SLOT] = a;
    slots[slot * SLOT + 1] = b;
    slots[slot * SLOT + 2] = number;
  }

  #grow(): void {
    const old = this.#slots;
    const capacity = (this.#mask + 1) * 2;
    this.#slots = new Int32Array(capacity * SLOT).fill(EMPTY);
    this.#mask = capacity - 1;
    this.#limit = Math.floor(capacity * 0.6);
    for (let at = 0; at < old.length; at += SLOT) {
      if (old[at + 2] !== EMPTY) this.#place(old[at]!, old[at + 1]!, old[at + 2]!);
    }
  }
}

/** Mixes two 32-bit integers (multiply, xor-shift), so that dense indexes spread over the table. */
const hash = (a: number, b: number): number => {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
};
