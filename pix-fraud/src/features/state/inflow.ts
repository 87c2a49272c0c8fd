import type { EventLog } from "./event-log.ts";
import { Records } from "./records.ts";
import { scaledLog, WINDOW } from "./windows.ts";

/**
 * Fields of what an account receives, and of how it passes that on; money in whole cents. Eight fields make a cache
 * line: those that are used together lie together.
 */
export const IN = {
  sum1h: 0,
  count24h: 1,
  sum24h: 2,
  payers1h: 3,
  payers24h: 4,
  /** Of the credits of the last 24 h that are older than an hour: value, and how much left within the hour. */
  closed24h: 5,
  dispersed24h: 6,
  /** Frauds received and known, over FRAUD_MEMORY by the time they became known. */
  knownFrauds: 7,
  count7d: 8,
  payers7d: 9,
  newPayers7d: 10,
  count90d: 11,
  sum30d: 12,
  firstTime: 13,
  /** All that the account ever paid. */
  everPaid: 16,
  /** Time of the last credit when nothing was paid since; else NaN. */
  waitingCredit: 17,
  sumTurnaround7d: 18,
  turnarounds7d: 19,
  /** Accepted reports of this account as the victim, over VICTIM_MEMORY. */
  knownVictim: 20,
} as const;

const NONE = Number.NaN;
const BLANK = [...[0, 0, 0, 0, 0, 0, 0, 0], ...[0, 0, 0, 0, 0, NONE, 0, 0], ...[0, NONE, 0, 0, 0, 0, 0, 0]];

/** What every account received, over sliding windows, and how fast it left again. */
export class Inflow {
  readonly records: Records;

  constructor(accounts: number) {
    this.records = new Records(BLANK, accounts);
  }

  add(log: EventLog, seq: number): void {
    this.#pay(log, seq);
    const { data, stride } = this.records;
    const slot = seq & log.mask;
    const amount = log.amount[slot]!;
    const at = log.payee[slot]! * stride;
    data[at + IN.sum1h]! += amount;
    data[at + IN.count24h]! += 1;
    data[at + IN.sum24h]! += amount;
    data[at + IN.count7d]! += 1;
    data[at + IN.sum30d]! += amount;
    data[at + IN.count90d]! += 1;
    if (Number.isNaN(data[at + IN.firstTime]!)) data[at + IN.firstTime] = log.time[slot]!;
    // What the payee pays from here on is measured against this credit.
    data[at + IN.waitingCredit] = log.time[slot]!;
    log.dispersed[slot] = data[at + IN.everPaid]!;
  }

  expire(log: EventLog, seq: number, window: number): void {
    const { data, stride } = this.records;
    const slot = seq & log.mask;
    const at = log.payee[slot]! * stride;
    const amount = log.amount[slot]!;
    switch (window) {
      case WINDOW.hour: {
        data[at + IN.sum1h]! -= amount;
        const left = Math.min(amount, data[at + IN.everPaid]! - log.dispersed[slot]!);
        log.dispersed[slot] = left;
        data[at + IN.closed24h]! += amount;
        data[at + IN.dispersed24h]! += left;
        break;
      }
      case WINDOW.day:
        data[at + IN.count24h]! -= 1;
        data[at + IN.sum24h]! -= amount;
        data[at + IN.closed24h]! -= amount;
        data[at + IN.dispersed24h]! -= log.dispersed[slot]!;
        break;
      case WINDOW.week: {
        data[at + IN.count7d]! -= 1;
        const turnaround = log.turnaround[slot]!;
        if (turnaround >= 0) {
          const payerAt = log.payer[slot]! * stride;
          data[payerAt + IN.sumTurnaround7d]! -= turnaround;
          data[payerAt + IN.turnarounds7d]! -= 1;
        }
        break;
      }
      case WINDOW.month:
        data[at + IN.sum30d]! -= amount;
        break;
      case WINDOW.quarter:
        data[at + IN.count90d]! -= 1;
        break;
    }
  }

  /** The payer passes money on: how long since its latest credit, when this is the first payment after it. */
  #pay(log: EventLog, seq: number): void {
    const { data, stride } = this.records;
    const slot = seq & log.mask;
    const at = log.payer[slot]! * stride;
    data[at + IN.everPaid]! += log.amount[slot]!;
    const credit = data[at + IN.waitingCredit]!;
    if (Number.isNaN(credit)) return;
    const turnaround = scaledLog((log.time[slot]! - credit) / 1000);
    log.turnaround[slot] = turnaround;
    data[at + IN.sumTurnaround7d]! += turnaround;
    data[at + IN.turnarounds7d]! += 1;
    data[at + IN.waitingCredit] = NONE;
  }
}
