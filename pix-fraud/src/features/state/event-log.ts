import { createBlock } from "./memory.ts";

/** Numbers of an event. An event is one cache line: four numbers and eight whole numbers. */
const EVENT = {
  time: 0,
  /** Whole cents. */
  amount: 1,
  /** Until an hour after: what the payee had paid out, ever, before this credit. Then: how much of the credit left. */
  dispersed: 2,
  /** The amount of `previousMax`. */
  previousAmount: 3,
} as const;

/** Whole numbers of an event. */
const EVENT_WHOLE = {
  /** Neighbours in the payer's queue of falling maxima: how many events later and earlier they are, 0 none. */
  nextMax: 8,
  previousMax: 9,
  /** Number of the payer's record in Outflow. */
  payer: 10,
  /** Account and device as the ledger numbers them. */
  payee: 11,
  device: 12,
  /** Number of the pair (payer, payee). */
  pair: 13,
  /** Scaled ln(1 + seconds) since the payer's last credit, when this is the first debit after it; else -1. */
  turnaround: 14,
  /** Scaled ln(1 + R$), above MARK_BITS of marks. */
  logAmountAndMarks: 15,
} as const;

/** Bits of `logAmountAndMarks`. */
const MARK = {
  /** First payment ever of this payer to this payee. */
  firstOfPair: 1,
  /** A later payment of the same payer to the same payee is in the log. */
  pairSuperseded: 2,
  /** A later payment of the same payer on the same device is in the log. */
  linkSuperseded: 4,
} as const;
const MARK_BITS = 3;

export const eventFields = EVENT;
export const eventWholeFields = EVENT_WHOLE;
export const marks = MARK;
export const markBits = MARK_BITS;

const WIDTH = 8;

/**
 * The transfers of the longest window, oldest first, one record each: a ring buffer whose capacity is a power of two. An
 * event keeps its sequence number for ever; its record begins at `numbers[at(seq)]` and `whole[2 * at(seq)]`.
 */
export class EventLog {
  /** Sequence number of the next event, and of the oldest one still held. */
  head = 0;
  tail = 0;
  numbers: Float64Array;
  whole: Int32Array;
  #mask: number;

  constructor(capacity = 1024) {
    let size = 64;
    while (size < capacity) size *= 2;
    this.#mask = size - 1;
    ({ numbers: this.numbers, whole: this.whole } = createBlock(size * WIDTH));
  }

  at(seq: number): number {
    return (seq & this.#mask) * WIDTH;
  }

  /** Reads the event; -1 is none. */
  peek(seq: number): number {
    return seq < 0 ? 0 : this.whole[2 * this.at(seq)]!;
  }

  /** Makes room for the next event and returns its sequence number. Whoever asks writes the record. */
  push(): number {
    if (this.head - this.tail > this.#mask) this.#grow();
    return this.head++;
  }

  #grow(): void {
    const old = { numbers: this.numbers, mask: this.#mask };
    this.#mask = old.mask * 2 + 1;
    ({ numbers: this.numbers, whole: this.whole } = createBlock((this.#mask + 1) * WIDTH));
    for (let seq = this.tail; seq < this.head; seq++) {
      const from = (seq & old.mask) * WIDTH;
      this.numbers.set(old.numbers.subarray(from, from + WIDTH), this.at(seq));
    }
  }
}
