import { type Layout, Records } from "./records.ts";

/** A slot is the pair's tag and its number + 1; 0 is an empty slot. */
const SLOT = 2;
const FULL = 0.6;

/** The first whole numbers of a pair's record are the pair itself; they take the place of number 0. */
const A = 0;
const B = 1;

/**
 * Numbers ordered pairs (a, b) of entity indexes 0, 1, 2 ... as they are first seen, and keeps a record of each. An
 * open-addressing hash table with linear probing; nothing is ever removed. The pair and its reverse are looked for in the
 * same slots, so that asking for both costs one visit to memory.
 */
export class PairTable {
  /** Field 0 belongs to the table, the others to the caller. */
  readonly records: Records;
  count = 0;
  #slots: Int32Array;
  #mask: number;

  constructor(layout: Layout, expected: number) {
    this.records = new Records(layout, expected);
    let capacity = 64;
    while (capacity * FULL < expected) capacity *= 2;
    this.#slots = new Int32Array(capacity * SLOT);
    this.#mask = capacity - 1;
  }

  /** The pair's number, or -1 when it was never added. */
  find(a: number, b: number): number {
    const slots = this.#slots;
    const { whole, width } = this.records;
    const tag = tagOf(a, b);
    let slot = home(tag) & this.#mask;
    for (;;) {
      const number = slots[slot * SLOT + 1]! - 1;
      if (number < 0) return -1;
      if (slots[slot * SLOT] === tag) {
        const at = 2 * width * number;
        if (whole[at + A] === a && whole[at + B] === b) return number;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Reads the slot where the search for the pair begins. */
  peek(a: number, b: number): number {
    return this.#slots[(home(tagOf(a, b)) & this.#mask) * SLOT]!;
  }

  /** Adds a pair that `find` did not know, and returns its number. */
  add(a: number, b: number): number {
    if (this.count >= FULL * (this.#mask + 1)) this.#grow();
    const number = this.count++;
    this.#place(tagOf(a, b), number);
    this.records.ensure(number);
    const at = 2 * this.records.width * number;
    this.records.whole[at + A] = a;
    this.records.whole[at + B] = b;
    return number;
  }

  #place(tag: number, number: number): void {
    const slots = this.#slots;
    let slot = home(tag) & this.#mask;
    while (slots[slot * SLOT + 1] !== 0) slot = (slot + 1) & this.#mask;
    slots[slot * SLOT] = tag;
    slots[slot * SLOT + 1] = number + 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * SLOT);
    for (let at = 0; at < old.length; at += SLOT) {
      if (old[at + 1] !== 0) this.#place(old[at]!, old[at + 1]! - 1);
    }
  }
}

/**
 * Mixes two 32-bit integers (multiply, xor-shift), so that dense indexes spread over the table. The lowest bit tells a
 * pair from its reverse; the others are the same for both.
 */
const tagOf = (a: number, b: number): number => {
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  let h = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 13;
  return a < b ? h | 1 : h & ~1;
};

/** Where the search for a tag begins, before the table's mask. */
const home = (tag: number): number => tag >>> 1;
