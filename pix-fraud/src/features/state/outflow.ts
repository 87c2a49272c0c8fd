import type { Transfer } from "../../ledger/ledger.ts";
import { type EventLog, eventFields, eventWholeFields, markBits } from "./event-log.ts";
import { LINE } from "./memory.ts";
import { Records } from "./records.ts";
import { windows } from "./windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const WINDOW = windows;
const EVENT = eventFields;
const EVENT_WHOLE = eventWholeFields;
const MARK_BITS = markBits;

/**
 * Fields of what an account pays; money in whole cents. Eight numbers, or sixteen whole numbers, make a cache line: those
 * that are used together lie together.
 */
const OUT = {
  sum10m: 0,
  sum1h: 1,
  sum24h: 2,
  sum7d: 3,
  sum30d: 4,
  sumLog30d: 8,
  sumLogSquare30d: 9,
  periodSum: 12,
  /** The queue of falling maxima: the amount at its front and the sequence numbers of its ends (-1 none). */
  maxAmount: 13,
  maxFront: 14,
  maxBack: 15,
  lastTime: 16,
  latitude: 17,
  longitude: 18,
  placeTime: 19,
} as const;

/** The whole numbers among them. */
const OUT_WHOLE = {
  count10m: 10,
  count1h: 11,
  count24h: 12,
  count7d: 13,
  count30d: 14,
  newPayees24h: 15,
  payees30d: 20,
  count90d: 21,
  limitPeriod: 22,
  /** Whose record this is. */
  account: 23,
  /** Payments of the last 90 days by local hour. */
  hours: 40,
} as const;

export const outFields = OUT;
export const outWholeFields = OUT_WHOLE;

const NONE = Number.NaN;
const LAYOUT = {
  width: 32,
  numbers: [
    [OUT.maxAmount, NONE],
    [OUT.maxFront, -1],
    [OUT.maxBack, -1],
    [OUT.lastTime, NONE],
    [OUT.latitude, NONE],
    [OUT.longitude, NONE],
    [OUT.placeTime, NONE],
  ],
  whole: [[OUT_WHOLE.limitPeriod, -1]],
} as const;

/**
 * What every account paid, over sliding windows. Most accounts only receive, so records are numbered by first payment:
 * those in use lie close together. Record 0 is nobody's and stays blank: it is that of whoever never paid.
 */
export class Outflow {
  readonly records: Records;
  #numbers = new Int32Array(0);
  #count = 1;

  constructor(accounts: number) {
    this.records = new Records(LAYOUT, 64);
    if (accounts > 0) this.ensure(accounts - 1);
  }

  /** Makes room for the account. */
  ensure(account: number): void {
    if (account < this.#numbers.length) return;
    const numbers = new Int32Array(Math.max(account + 1, this.#numbers.length * 2, 64));
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }

  /** The number of the account's record. */
  find(account: number): number {
    return this.#numbers[account]!;
  }

  /** The same, with a record of its own from now on. */
  number(account: number): number {
    let number = this.#numbers[account]!;
    if (number === 0) {
      number = this.#count++;
      this.#numbers[account] = number;
      this.records.ensure(number);
      this.records.whole[2 * number * this.records.width + OUT_WHOLE.account] = account;
    }
    return number;
  }

  /** Reads the record of this number, a value of each of its cache lines. */
  peek(number: number): number {
    const { whole, width } = this.records;
    const at = 2 * number * width;
    return whole[at]! ^ whole[at + LINE]! ^ whole[at + 2 * LINE]! ^ whole[at + 3 * LINE]!;
  }

  /** The payer's account pays: event `seq` of the log, in local `hour` and limit period `period`. */
  add(log: EventLog, seq: number, transfer: Transfer, hour: number, period: number): void {
    const { numbers, whole, width } = this.records;
    const event = log.at(seq);
    const now = log.numbers[event + EVENT.time]!;
    const amount = log.numbers[event + EVENT.amount]!;
    const at = log.whole[2 * event + EVENT_WHOLE.payer]! * width;
    for (let window = 0; window < WINDOW.quarter; window++) {
      whole[2 * at + OUT_WHOLE.count10m + window]! += 1;
      numbers[at + OUT.sum10m + window]! += amount;
    }
    const logAmount = log.whole[2 * event + EVENT_WHOLE.logAmountAndMarks]! >> MARK_BITS;
    numbers[at + OUT.sumLog30d]! += logAmount;
    numbers[at + OUT.sumLogSquare30d]! += logAmount * logAmount;
    whole[2 * at + OUT_WHOLE.count90d]! += 1;
    numbers[at + OUT.lastTime] = now;
    if (whole[2 * at + OUT_WHOLE.limitPeriod] === period) numbers[at + OUT.periodSum]! += amount;
    else {
      whole[2 * at + OUT_WHOLE.limitPeriod] = period;
      numbers[at + OUT.periodSum] = amount;
    }
    if (!Number.isNaN(transfer.latitude)) {
      numbers[at + OUT.latitude] = transfer.latitude;
      numbers[at + OUT.longitude] = transfer.longitude;
      numbers[at + OUT.placeTime] = now;
    }
    whole[2 * at + OUT_WHOLE.hours + hour]! += 1;
    this.#pushMax(log, seq, at);
  }

  /** Event `seq` leaves `window`. `hour` is the event's local hour. */
  expire(log: EventLog, seq: number, window: number, hour: number): void {
    const { numbers, whole, width } = this.records;
    const event = log.at(seq);
    const at = log.whole[2 * event + EVENT_WHOLE.payer]! * width;
    if (window === WINDOW.quarter) {
      whole[2 * at + OUT_WHOLE.count90d]! -= 1;
      whole[2 * at + OUT_WHOLE.hours + hour]! -= 1;
      this.#dropMax(log, seq, at);
      return;
    }
    whole[2 * at + OUT_WHOLE.count10m + window]! -= 1;
    numbers[at + OUT.sum10m + window]! -= log.numbers[event + EVENT.amount]!;
    if (window === WINDOW.month) {
      const logAmount = log.whole[2 * event + EVENT_WHOLE.logAmountAndMarks]! >> MARK_BITS;
      numbers[at + OUT.sumLog30d]! -= logAmount;
      numbers[at + OUT.sumLogSquare30d]! -= logAmount * logAmount;
    }
  }

  /**
   * Keeps the payer's queue of amounts that no later amount reaches: its front is the largest of the window, its back the
   * latest payment.
   */
  #pushMax(log: EventLog, seq: number, at: number): void {
    const { numbers } = this.records;
    const event = log.at(seq);
    const amount = log.numbers[event + EVENT.amount]!;
    let back = numbers[at + OUT.maxBack]!;
    let backAmount = back < 0 ? 0 : log.numbers[log.at(back) + EVENT.amount]!;
    while (back >= 0 && backAmount <= amount) {
      const behind = log.at(back);
      const distance = log.whole[2 * behind + EVENT_WHOLE.previousMax]!;
      backAmount = log.numbers[behind + EVENT.previousAmount]!;
      back = distance === 0 ? -1 : back - distance;
    }
    log.whole[2 * event + EVENT_WHOLE.nextMax] = 0;
    if (back >= 0) {
      log.whole[2 * event + EVENT_WHOLE.previousMax] = seq - back;
      log.numbers[event + EVENT.previousAmount] = backAmount;
      log.whole[2 * log.at(back) + EVENT_WHOLE.nextMax] = seq - back;
    } else {
      log.whole[2 * event + EVENT_WHOLE.previousMax] = 0;
      numbers[at + OUT.maxFront] = seq;
      numbers[at + OUT.maxAmount] = amount;
    }
    numbers[at + OUT.maxBack] = seq;
  }

  #dropMax(log: EventLog, seq: number, at: number): void {
    const { numbers } = this.records;
    if (numbers[at + OUT.maxFront] !== seq) return;
    const distance = log.whole[2 * log.at(seq) + EVENT_WHOLE.nextMax]!;
    if (distance > 0) {
      const next = log.at(seq + distance);
      log.whole[2 * next + EVENT_WHOLE.previousMax] = 0;
      numbers[at + OUT.maxFront] = seq + distance;
      numbers[at + OUT.maxAmount] = log.numbers[next + EVENT.amount]!;
    } else {
      numbers[at + OUT.maxFront] = -1;
      numbers[at + OUT.maxBack] = -1;
      numbers[at + OUT.maxAmount] = NONE;
    }
  }
}
