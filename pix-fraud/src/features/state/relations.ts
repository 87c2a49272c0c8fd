import { type EventLog, eventFields, eventWholeFields, marks } from "./event-log.ts";
import { type Inflow, inWholeFields } from "./inflow.ts";
import { type Outflow, outWholeFields } from "./outflow.ts";
import { PairTable } from "./pair-table.ts";
import { windows } from "./windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const WINDOW = windows;
const EVENT = eventFields;
const EVENT_WHOLE = eventWholeFields;
const MARK = marks;
const IN_WHOLE = inWholeFields;
const OUT_WHOLE = outWholeFields;

/** Fields of a pair (payer, payee): numbers, after the table's own, and a whole number. */
const PAIR = { firstTime: 1, lastSeq: 2 } as const;
const PAIR_WHOLE = { count90d: 6 } as const;

export const pairFields = PAIR;
export const pairWholeFields = PAIR_WHOLE;

const LAYOUT = { width: 4 } as const;

/**
 * Who paid whom: the pairs themselves, and the distinct counterparts of each account over windows. A counterpart counts
 * in a window when its latest event does, so only the event that no later one of the pair supersedes is subtracted.
 */
export class Relations {
  readonly pairs: PairTable;
  readonly #outflow: Outflow;
  readonly #inflow: Inflow;
  #payer = -1;
  #payee = -1;
  #pair = -1;

  constructor(outflow: Outflow, inflow: Inflow, expected: number) {
    this.pairs = new PairTable(LAYOUT, expected);
    this.#outflow = outflow;
    this.#inflow = inflow;
  }

  /** The pair's number or -1. The last answer is kept: a row is first computed, then added. */
  find(payer: number, payee: number): number {
    if (payer !== this.#payer || payee !== this.#payee) {
      this.#pair = this.pairs.find(payer, payee);
      this.#payer = payer;
      this.#payee = payee;
    }
    return this.#pair;
  }

  /** The event's payer pays its payee, before the event is in the log. `tails` are the oldest events of the windows. */
  add(log: EventLog, seq: number, payer: number, tails: Float64Array): void {
    const { whole, numbers } = log;
    const event = log.at(seq);
    const payee = whole[2 * event + EVENT_WHOLE.payee]!;
    const out = this.#outflow.records;
    const outAt = 2 * out.width * whole[2 * event + EVENT_WHOLE.payer]!;
    const into = this.#inflow.records;
    const inAt = 2 * into.width * payee;
    let pair = this.find(payer, payee);
    let last = -1;
    if (pair < 0) {
      pair = this.pairs.add(payer, payee);
      this.#pair = pair;
      const { records } = this.pairs;
      records.numbers[pair * records.width + PAIR.firstTime] = numbers[event + EVENT.time]!;
      whole[2 * event + EVENT_WHOLE.logAmountAndMarks]! |= MARK.firstOfPair;
      out.whole[outAt + OUT_WHOLE.newPayees24h]! += 1;
      into.whole[inAt + IN_WHOLE.newPayers7d]! += 1;
    } else {
      last = this.pairs.records.numbers[pair * this.pairs.records.width + PAIR.lastSeq]!;
      // Nobody asks for the mark of an event that has left the month.
      if (last >= tails[WINDOW.month]!) {
        whole[2 * log.at(last) + EVENT_WHOLE.logAmountAndMarks]! |= MARK.pairSuperseded;
      }
    }
    whole[2 * event + EVENT_WHOLE.pair] = pair;
    if (last < tails[WINDOW.hour]!) into.whole[inAt + IN_WHOLE.payers1h]! += 1;
    if (last < tails[WINDOW.day]!) into.whole[inAt + IN_WHOLE.payers24h]! += 1;
    if (last < tails[WINDOW.week]!) into.whole[inAt + IN_WHOLE.payers7d]! += 1;
    if (last < tails[WINDOW.month]!) out.whole[outAt + OUT_WHOLE.payees30d]! += 1;
    const { records } = this.pairs;
    records.numbers[pair * records.width + PAIR.lastSeq] = seq;
    records.whole[2 * pair * records.width + PAIR_WHOLE.count90d]! += 1;
  }

  expire(log: EventLog, seq: number, window: number): void {
    const event = 2 * log.at(seq);
    const marks = log.whole[event + EVENT_WHOLE.logAmountAndMarks]!;
    const latest = (marks & MARK.pairSuperseded) === 0;
    const first = (marks & MARK.firstOfPair) !== 0;
    const out = this.#outflow.records;
    const outAt = 2 * out.width * log.whole[event + EVENT_WHOLE.payer]!;
    const into = this.#inflow.records;
    const inAt = 2 * into.width * log.whole[event + EVENT_WHOLE.payee]!;
    switch (window) {
      case WINDOW.hour:
        if (latest) into.whole[inAt + IN_WHOLE.payers1h]! -= 1;
        break;
      case WINDOW.day:
        if (latest) into.whole[inAt + IN_WHOLE.payers24h]! -= 1;
        if (first) out.whole[outAt + OUT_WHOLE.newPayees24h]! -= 1;
        break;
      case WINDOW.week:
        if (latest) into.whole[inAt + IN_WHOLE.payers7d]! -= 1;
        if (first) into.whole[inAt + IN_WHOLE.newPayers7d]! -= 1;
        break;
      case WINDOW.month:
        if (latest) out.whole[outAt + OUT_WHOLE.payees30d]! -= 1;
        break;
      case WINDOW.quarter: {
        const { records } = this.pairs;
        records.whole[2 * records.width * log.whole[event + EVENT_WHOLE.pair]! + PAIR_WHOLE.count90d]! -= 1;
        break;
      }
    }
  }
}
