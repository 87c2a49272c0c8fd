import { EVENT, type EventLog } from "./event-log.ts";
import { IN, type Inflow } from "./inflow.ts";
import { OUT, type Outflow } from "./outflow.ts";
import { PairTable } from "./pair-table.ts";
import { Records } from "./records.ts";
import { WINDOW } from "./windows.ts";

/** Fields of a pair (payer, payee). */
export const PAIR = { firstTime: 0, lastTime: 1, lastSeq: 2, count90d: 3 } as const;

/**
 * Who paid whom: the pairs themselves, and the distinct counterparts of each account over windows. A counterpart counts
 * in a window when its latest event does, so only the event that no later one of the pair supersedes is subtracted.
 */
export class Relations {
  readonly table: PairTable;
  readonly records: Records;
  readonly #outflow: Outflow;
  readonly #inflow: Inflow;
  #payer = -1;
  #payee = -1;
  #pair = -1;

  constructor(outflow: Outflow, inflow: Inflow, expected: number) {
    this.table = new PairTable(expected);
    this.records = new Records([Number.NaN, Number.NaN, -1, 0], expected);
    this.#outflow = outflow;
    this.#inflow = inflow;
  }

  /** The pair's number or -1. The last answer is kept: a row is first computed, then added. */
  find(payer: number, payee: number): number {
    if (payer !== this.#payer || payee !== this.#payee) {
      this.#pair = this.table.find(payer, payee);
      this.#payer = payer;
      this.#payee = payee;
    }
    return this.#pair;
  }

  /** The pair's number, new when it was not known. */
  number(payer: number, payee: number): number {
    if (this.find(payer, payee) < 0) {
      this.#pair = this.table.add(payer, payee);
      this.records.ensure(this.#pair);
    }
    return this.#pair;
  }

  /** `tails` are the sequence numbers of the oldest event in each window. */
  add(log: EventLog, seq: number, tails: Float64Array): void {
    const slot = seq & log.mask;
    const { data, stride } = this.records;
    const at = log.pair[slot]! * stride;
    const last = data[at + PAIR.lastSeq]!;
    const out = this.#outflow.records.data;
    const outAt = log.payer[slot]! * this.#outflow.records.stride;
    const into = this.#inflow.records.data;
    const inAt = log.payee[slot]! * this.#inflow.records.stride;
    if (last < 0) {
      data[at + PAIR.firstTime] = log.time[slot]!;
      log.flags[slot]! |= EVENT.firstOfPair;
      out[outAt + OUT.newPayees24h]! += 1;
      into[inAt + IN.newPayers7d]! += 1;
    } else if (last >= log.tail) log.flags[last & log.mask]! |= EVENT.pairSuperseded;
    if (last < tails[WINDOW.hour]!) into[inAt + IN.payers1h]! += 1;
    if (last < tails[WINDOW.day]!) into[inAt + IN.payers24h]! += 1;
    if (last < tails[WINDOW.week]!) into[inAt + IN.payers7d]! += 1;
    if (last < tails[WINDOW.month]!) out[outAt + OUT.payees30d]! += 1;
    data[at + PAIR.lastTime] = log.time[slot]!;
    data[at + PAIR.lastSeq] = seq;
    data[at + PAIR.count90d]! += 1;
  }

  expire(log: EventLog, seq: number, window: number): void {
    const slot = seq & log.mask;
    const flags = log.flags[slot]!;
    const latest = (flags & EVENT.pairSuperseded) === 0;
    const first = (flags & EVENT.firstOfPair) !== 0;
    const into = this.#inflow.records;
    const out = this.#outflow.records;
    switch (window) {
      case WINDOW.hour:
        if (latest) into.data[log.payee[slot]! * into.stride + IN.payers1h]! -= 1;
        break;
      case WINDOW.day:
        if (latest) into.data[log.payee[slot]! * into.stride + IN.payers24h]! -= 1;
        if (first) out.data[log.payer[slot]! * out.stride + OUT.newPayees24h]! -= 1;
        break;
      case WINDOW.week:
        if (latest) into.data[log.payee[slot]! * into.stride + IN.payers7d]! -= 1;
        if (first) into.data[log.payee[slot]! * into.stride + IN.newPayers7d]! -= 1;
        break;
      case WINDOW.month:
        if (latest) out.data[log.payer[slot]! * out.stride + OUT.payees30d]! -= 1;
        break;
      case WINDOW.quarter:
        this.records.data[log.pair[slot]! * this.records.stride + PAIR.count90d]! -= 1;
        break;
    }
  }
}
