import type { Transfer } from "../../ledger/ledger.ts";
import { scaledLog } from "./windows.ts";

/** Bits of `EventLog.flags`. */
export const EVENT = {
  /** First payment ever of this payer to this payee. */
  firstOfPair: 1,
  /** A later payment of the same payer to the same payee is in the log. */
  pairSuperseded: 2,
  /** A later payment of the same payer on the same device is in the log. */
  linkSuperseded: 4,
} as const;

/**
 * The transfers of the longest window, oldest first, in columns: a ring buffer whose capacity is a power of two. An event
 * keeps its sequence number for ever; its place in the columns is `seq & mask`.
 */
export class EventLog {
  /** Sequence number of the next event, and of the oldest one still held. */
  head = 0;
  tail = 0;
  mask: number;
  time: Float64Array;
  amount: Float64Array;
  /** ln(1 + R$), scaled. */
  logAmount: Int32Array;
  payer: Int32Array;
  payee: Int32Array;
  device: Int32Array;
  /** Number of the pair (payer, payee). */
  pair: Int32Array;
  flags: Uint8Array;
  /** Until an hour after: what the payee had paid out, ever, before this credit. Then: how much of the credit left. */
  dispersed: Float64Array;
  /** Scaled ln(1 + seconds) since the payer's last credit, when this is the first debit after it; else -1. */
  turnaround: Int32Array;
  /** Neighbours in the payer's queue of falling maxima (sequence numbers, -1 none). */
  nextMax: Float64Array;
  previousMax: Float64Array;

  constructor(capacity = 1024) {
    let size = 64;
    while (size < capacity) size *= 2;
    this.mask = size - 1;
    this.time = new Float64Array(size);
    this.amount = new Float64Array(size);
    this.logAmount = new Int32Array(size);
    this.payer = new Int32Array(size);
    this.payee = new Int32Array(size);
    this.device = new Int32Array(size);
    this.pair = new Int32Array(size);
    this.flags = new Uint8Array(size);
    this.dispersed = new Float64Array(size);
    this.turnaround = new Int32Array(size);
    this.nextMax = new Float64Array(size);
    this.previousMax = new Float64Array(size);
  }

  /** Appends the transfer at instant `now` and returns its sequence number. */
  push(transfer: Transfer, now: number, pair: number): number {
    if (this.head - this.tail > this.mask) this.#grow();
    const seq = this.head++;
    const slot = seq & this.mask;
    this.time[slot] = now;
    this.amount[slot] = transfer.amountCents;
    this.logAmount[slot] = scaledLog(transfer.amountCents / 100);
    this.payer[slot] = transfer.payer;
    this.payee[slot] = transfer.payee;
    this.device[slot] = transfer.device;
    this.pair[slot] = pair;
    this.flags[slot] = 0;
    this.dispersed[slot] = 0;
    this.turnaround[slot] = -1;
    this.nextMax[slot] = -1;
    this.previousMax[slot] = -1;
    return seq;
  }

  #grow(): void {
    const old = this.mask;
    this.mask = old * 2 + 1;
    this.time = this.#moved(this.time, new Float64Array(this.mask + 1), old);
    this.amount = this.#moved(this.amount, new Float64Array(this.mask + 1), old);
    this.logAmount = this.#moved(this.logAmount, new Int32Array(this.mask + 1), old);
    this.payer = this.#moved(this.payer, new Int32Array(this.mask + 1), old);
    this.payee = this.#moved(this.payee, new Int32Array(this.mask + 1), old);
    this.device = this.#moved(this.device, new Int32Array(this.mask + 1), old);
    this.pair = this.#moved(this.pair, new Int32Array(this.mask + 1), old);
    this.flags = this.#moved(this.flags, new Uint8Array(this.mask + 1), old);
    this.dispersed = this.#moved(this.dispersed, new Float64Array(this.mask + 1), old);
    this.turnaround = this.#moved(this.turnaround, new Int32Array(this.mask + 1), old);
    this.nextMax = this.#moved(this.nextMax, new Float64Array(this.mask + 1), old);
    this.previousMax = this.#moved(this.previousMax, new Float64Array(this.mask + 1), old);
  }

  #moved<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T, oldMask: number): T {
    for (let seq = this.tail; seq < this.head; seq++) to[seq & this.mask] = from[seq & oldMask]!;
    return to;
  }
}
