import type { Transfer } from "../../ledger/ledger.ts";
import type { EventLog } from "./event-log.ts";
import { Records } from "./records.ts";
import { WINDOW } from "./windows.ts";

/**
 * Fields of what an account pays. Counts and sums (whole cents) of window w are at 2w and 2w + 1. Eight fields make a
 * cache line: those that are used together lie together.
 */
export const OUT = {
  sumLog30d: 10,
  sumLogSquare30d: 11,
  count90d: 12,
  payees30d: 13,
  newPayees24h: 14,
  lastTime: 15,
  /** The queue of falling maxima: sequence numbers of its ends (-1 none) and the amount at its front. */
  maxFront: 16,
  maxBack: 17,
  maxAmount: 18,
  limitPeriod: 19,
  periodSum: 20,
  latitude: 21,
  longitude: 22,
  placeTime: 23,
} as const;

const NONE = Number.NaN;
const BLANK = [...[0, 0, 0, 0, 0, 0, 0, 0], ...[0, 0, 0, 0, 0, 0, 0, NONE], ...[-1, -1, NONE, -1, 0, NONE, NONE, NONE]];

const HOURS = 24;

/** What every account paid, over sliding windows. */
export class Outflow {
  readonly records: Records;
  /** Payments of the last 90 days by local hour: 24 counts an account. */
  hours: Uint32Array;

  constructor(accounts: number) {
    this.records = new Records(BLANK, accounts);
    this.hours = new Uint32Array(this.records.size * HOURS);
  }

  ensure(account: number): void {
    this.records.ensure(account);
    if (this.hours.length < this.records.size * HOURS) {
      const hours = new Uint32Array(this.records.size * HOURS);
      hours.set(this.hours);
      this.hours = hours;
    }
  }

  /** The payer's account pays: event `seq` of the log, in local `hour` and limit period `period`. */
  add(log: EventLog, seq: number, transfer: Transfer, hour: number, period: number): void {
    const { data, stride } = this.records;
    const slot = seq & log.mask;
    const now = log.time[slot]!;
    const amount = transfer.amountCents;
    const at = transfer.payer * stride;
    for (let window = 0; window < WINDOW.quarter; window++) {
      data[at + 2 * window]! += 1;
      data[at + 2 * window + 1]! += amount;
    }
    const logAmount = log.logAmount[slot]!;
    data[at + OUT.sumLog30d]! += logAmount;
    data[at + OUT.sumLogSquare30d]! += logAmount * logAmount;
    data[at + OUT.count90d]! += 1;
    data[at + OUT.lastTime] = now;
    if (data[at + OUT.limitPeriod] === period) data[at + OUT.periodSum]! += amount;
    else {
      data[at + OUT.limitPeriod] = period;
      data[at + OUT.periodSum] = amount;
    }
    if (!Number.isNaN(transfer.latitude)) {
      data[at + OUT.latitude] = transfer.latitude;
      data[at + OUT.longitude] = transfer.longitude;
      data[at + OUT.placeTime] = now;
    }
    this.hours[transfer.payer * HOURS + hour]! += 1;
    this.#pushMax(log, seq, at);
  }

  /** Event `seq` leaves `window`. `hour` is the event's local hour. */
  expire(log: EventLog, seq: number, window: number, hour: number): void {
    const { data, stride } = this.records;
    const slot = seq & log.mask;
    const payer = log.payer[slot]!;
    const at = payer * stride;
    if (window === WINDOW.quarter) {
      data[at + OUT.count90d]! -= 1;
      this.hours[payer * HOURS + hour]! -= 1;
      this.#dropMax(log, seq, at);
      return;
    }
    data[at + 2 * window]! -= 1;
    data[at + 2 * window + 1]! -= log.amount[slot]!;
    if (window === WINDOW.month) {
      const logAmount = log.logAmount[slot]!;
      data[at + OUT.sumLog30d]! -= logAmount;
      data[at + OUT.sumLogSquare30d]! -= logAmount * logAmount;
    }
  }

  /** Keeps the payer's queue of amounts that no later amount reaches: its front is the largest of the window. */
  #pushMax(log: EventLog, seq: number, at: number): void {
    const { data } = this.records;
    const slot = seq & log.mask;
    const amount = log.amount[slot]!;
    let back = data[at + OUT.maxBack]!;
    while (back >= 0 && log.amount[back & log.mask]! <= amount) back = log.previousMax[back & log.mask]!;
    log.previousMax[slot] = back;
    if (back >= 0) log.nextMax[back & log.mask] = seq;
    else {
      data[at + OUT.maxFront] = seq;
      data[at + OUT.maxAmount] = amount;
    }
    data[at + OUT.maxBack] = seq;
  }

  #dropMax(log: EventLog, seq: number, at: number): void {
    const { data } = this.records;
    if (data[at + OUT.maxFront] !== seq) return;
    const next = log.nextMax[seq & log.mask]!;
    data[at + OUT.maxFront] = next;
    if (next >= 0) {
      log.previousMax[next & log.mask] = -1;
      data[at + OUT.maxAmount] = log.amount[next & log.mask]!;
    } else {
      data[at + OUT.maxBack] = -1;
      data[at + OUT.maxAmount] = NONE;
    }
  }
}
