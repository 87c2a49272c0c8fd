import { type EventLog, eventFields, eventWholeFields } from "./event-log.ts";
import { LINE } from "./memory.ts";
import { type Outflow, outWholeFields } from "./outflow.ts";
import { Records } from "./records.ts";
import { scaled, windows } from "./windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const WINDOW = windows;
const EVENT = eventFields;
const EVENT_WHOLE = eventWholeFields;
const OUT_WHOLE = outWholeFields;

/**
 * Fields of what an account receives, and of how it passes that on; money in whole cents. Eight numbers, or sixteen whole
 * numbers, make a cache line: those that are used together lie together.
 */
const IN = {
  sum1h: 0,
  sum24h: 1,
  /** Of the credits of the last 24 h that are older than an hour: value, and how much left within the hour. */
  closed24h: 2,
  dispersed24h: 3,
  sum30d: 4,
  firstTime: 8,
  /** All that the account ever paid. */
  everPaid: 9,
  /** Time of the last credit when nothing was paid since; else NaN. */
  waitingCredit: 10,
  sumTurnaround7d: 11,
} as const;

/** The whole numbers among them. */
const IN_WHOLE = {
  count24h: 10,
  payers1h: 11,
  payers24h: 12,
  count7d: 13,
  payers7d: 14,
  newPayers7d: 15,
  turnarounds7d: 24,
  count90d: 25,
  /** Frauds received and known, over FRAUD_MEMORY by the time they became known. */
  knownFrauds: 26,
  /** Accepted reports of this account as the victim, over VICTIM_MEMORY. */
  knownVictim: 27,
} as const;

export const inFields = IN;
export const inWholeFields = IN_WHOLE;

const NONE = Number.NaN;
const LAYOUT = {
  width: 16,
  numbers: [
    [IN.firstTime, NONE],
    [IN.waitingCredit, NONE],
  ],
} as const;

/** What every account received, over sliding windows, and how fast it left again. */
export class Inflow {
  readonly records: Records;
  readonly #outflow: Outflow;

  constructor(outflow: Outflow, accounts: number) {
    this.records = new Records(LAYOUT, accounts);
    this.#outflow = outflow;
  }

  /** Account `payer` pays, the event's payee receives. */
  add(log: EventLog, seq: number, payer: number): void {
    const event = log.at(seq);
    this.#pay(log, event, payer);
    const { numbers, whole, width } = this.records;
    const at = log.whole[2 * event + EVENT_WHOLE.payee]! * width;
    const now = log.numbers[event + EVENT.time]!;
    const amount = log.numbers[event + EVENT.amount]!;
    numbers[at + IN.sum1h]! += amount;
    whole[2 * at + IN_WHOLE.count24h]! += 1;
    numbers[at + IN.sum24h]! += amount;
    whole[2 * at + IN_WHOLE.count7d]! += 1;
    numbers[at + IN.sum30d]! += amount;
    whole[2 * at + IN_WHOLE.count90d]! += 1;
    if (Number.isNaN(numbers[at + IN.firstTime]!)) numbers[at + IN.firstTime] = now;
    // What the payee pays from here on is measured against this credit.
    numbers[at + IN.waitingCredit] = now;
    log.numbers[event + EVENT.dispersed] = numbers[at + IN.everPaid]!;
  }

  /** Reads the account's record, a value of each of its cache lines. */
  peek(account: number): number {
    const { whole, width } = this.records;
    const at = 2 * account * width;
    return whole[at]! ^ whole[at + LINE]!;
  }

  expire(log: EventLog, seq: number, window: number): void {
    const { numbers, whole, width } = this.records;
    const events = log.numbers;
    const event = log.at(seq);
    const at = log.whole[2 * event + EVENT_WHOLE.payee]! * width;
    const amount = events[event + EVENT.amount]!;
    switch (window) {
      case WINDOW.hour: {
        numbers[at + IN.sum1h]! -= amount;
        const left = Math.min(amount, numbers[at + IN.everPaid]! - events[event + EVENT.dispersed]!);
        events[event + EVENT.dispersed] = left;
        numbers[at + IN.closed24h]! += amount;
        numbers[at + IN.dispersed24h]! += left;
        break;
      }
      case WINDOW.day:
        whole[2 * at + IN_WHOLE.count24h]! -= 1;
        numbers[at + IN.sum24h]! -= amount;
        numbers[at + IN.closed24h]! -= amount;
        numbers[at + IN.dispersed24h]! -= events[event + EVENT.dispersed]!;
        break;
      case WINDOW.week: {
        whole[2 * at + IN_WHOLE.count7d]! -= 1;
        const turnaround = log.whole[2 * event + EVENT_WHOLE.turnaround]!;
        if (turnaround >= 0) this.#forgetTurnaround(turnaround, log.whole[2 * event + EVENT_WHOLE.payer]!);
        break;
      }
      case WINDOW.month:
        numbers[at + IN.sum30d]! -= amount;
        break;
      case WINDOW.quarter:
        whole[2 * at + IN_WHOLE.count90d]! -= 1;
        break;
    }
  }

  /** The payer passes money on: how long since its latest credit, when this is the first payment after it. */
  #pay(log: EventLog, event: number, payer: number): void {
    const { numbers, whole, width } = this.records;
    const at = payer * width;
    numbers[at + IN.everPaid]! += log.numbers[event + EVENT.amount]!;
    const credit = numbers[at + IN.waitingCredit]!;
    if (Number.isNaN(credit)) {
      log.whole[2 * event + EVENT_WHOLE.turnaround] = -1;
      return;
    }
    const turnaround = scaled(Math.log1p((log.numbers[event + EVENT.time]! - credit) / 1000));
    log.whole[2 * event + EVENT_WHOLE.turnaround] = turnaround;
    numbers[at + IN.sumTurnaround7d]! += turnaround;
    whole[2 * at + IN_WHOLE.turnarounds7d]! += 1;
    numbers[at + IN.waitingCredit] = NONE;
  }

  /** `payer` is the number of a record of Outflow. */
  #forgetTurnaround(turnaround: number, payer: number): void {
    const { numbers, whole, width } = this.records;
    const out = this.#outflow.records;
    const at = out.whole[2 * payer * out.width + OUT_WHOLE.account]! * width;
    numbers[at + IN.sumTurnaround7d]! -= turnaround;
    whole[2 * at + IN_WHOLE.turnarounds7d]! -= 1;
  }
}
