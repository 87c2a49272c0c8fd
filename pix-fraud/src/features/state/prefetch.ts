import type { TransferColumns } from "../../ledger/ledger.ts";
import type { DeviceUse } from "./device-use.ts";
import { type EventLog, eventWholeFields } from "./event-log.ts";
import type { Inflow } from "./inflow.ts";
import { type Outflow, outFields } from "./outflow.ts";
import { pairFields, type Relations } from "./relations.ts";
import type { Rings } from "./rings.ts";
import { WINDOW_LENGTHS, windows } from "./windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const WINDOW = windows;
const EVENT_WHOLE = eventWholeFields;
const OUT = outFields;
const PAIR = pairFields;

/** Rows that are fetched at a time: enough to wait for many at once, few enough that all they need stays near. */
export const PREFETCH_ROWS = 32;

/** Whose places are read. */
export interface PrefetchStates {
  readonly log: EventLog;
  /** Sequence number of the oldest event in each window. */
  readonly tails: Float64Array;
  readonly outflow: Outflow;
  readonly inflow: Inflow;
  readonly relations: Relations;
  readonly devices: DeviceUse;
  readonly rings: Rings;
}

/**
 * Reads what the next rows of a ledger will touch, and does nothing with it. The state of a million transfers is larger
 * than any cache and each row needs some thirty places of it: one after the other, the processor would wait for each.
 * Asked for in bulk, by short loops in which no read depends on another, they arrive together.
 */
export class Prefetch {
  readonly #states: PrefetchStates;
  readonly #payers = new Int32Array(PREFETCH_ROWS);
  readonly #payees = new Int32Array(PREFETCH_ROWS);
  readonly #devices = new Int32Array(PREFETCH_ROWS);
  readonly #outs = new Int32Array(PREFETCH_ROWS);
  readonly #pairs = new Int32Array(PREFETCH_ROWS);
  /** The first event of each window that was not read yet. */
  readonly #unread = new Float64Array(WINDOW_LENGTHS.length);

  /** What was read, kept so that the engine does not leave the reading out. */
  readonly #kept = new Int32Array(1);

  constructor(states: PrefetchStates) {
    this.#states = states;
  }

  /** Reads for rows `from` and on. */
  read(transfers: TransferColumns, from: number): void {
    const count = this.#name(transfers, from);
    this.#kept[0] = this.#entities(count) ^ this.#relations(count) ^ this.#events(count) ^ this.#expiring();
  }

  /** Keeps who takes part in the rows, as far as they are known, and returns how many rows that are. */
  #name(transfers: TransferColumns, from: number): number {
    const { payer, payee, device } = transfers;
    const { inflow, devices } = this.#states;
    const end = Math.min(from + PREFETCH_ROWS, payer.length);
    for (let row = from; row < end; row++) {
      if (Math.max(payer[row]!, payee[row]!) >= inflow.records.size) return row - from;
      this.#payers[row - from] = payer[row]!;
      this.#payees[row - from] = payee[row]!;
      const used = device?.[row] ?? -1;
      this.#devices[row - from] = used < devices.records.size ? used : -1;
    }
    return end - from;
  }

  #entities(count: number): number {
    const { inflow, outflow, devices, rings } = this.#states;
    const payers = this.#payers;
    const payees = this.#payees;
    let sum = 0;
    for (let row = 0; row < count; row++) sum ^= inflow.peek(payers[row]!) ^ inflow.peek(payees[row]!);
    for (let row = 0; row < count; row++) {
      const number = outflow.find(payers[row]!);
      this.#outs[row] = number;
      sum ^= outflow.peek(number);
    }
    for (let row = 0; row < count; row++) sum ^= rings.peek(payers[row]!) ^ rings.peek(payees[row]!);
    for (let row = 0; row < count; row++) sum ^= devices.peek(this.#devices[row]!, payers[row]!);
    return sum;
  }

  #relations(count: number): number {
    const { relations } = this.#states;
    let sum = 0;
    for (let row = 0; row < count; row++) sum ^= relations.pairs.peek(this.#payers[row]!, this.#payees[row]!);
    for (let row = 0; row < count; row++)
      this.#pairs[row] = relations.pairs.find(this.#payers[row]!, this.#payees[row]!);
    return sum;
  }

  /** The latest events of the same pairs, and the events of the same payers that a large amount looks back to. */
  #events(count: number): number {
    const { log, relations, outflow } = this.#states;
    const pairs = relations.pairs.records;
    const out = outflow.records;
    let sum = 0;
    for (let row = 0; row < count; row++) {
      const pair = this.#pairs[row]!;
      if (pair >= 0) sum ^= log.peek(pairs.numbers[pair * pairs.width + PAIR.lastSeq]!);
    }
    for (let row = 0; row < count; row++) sum ^= log.peek(out.numbers[this.#outs[row]! * out.width + OUT.maxBack]!);
    for (let row = 0; row < count; row++) {
      const back = out.numbers[this.#outs[row]! * out.width + OUT.maxBack]!;
      if (back >= 0) sum ^= log.peek(back - log.whole[2 * log.at(back) + EVENT_WHOLE.previousMax]!);
    }
    return sum;
  }

  /** The accounts whose events leave a window next: about as many as there are rows to come, or somewhat more. */
  #expiring(): number {
    const { log, tails, outflow, inflow, relations } = this.#states;
    const pairs = relations.pairs.records;
    const devices = this.#states.devices.records;
    let sum = 0;
    for (let window: number = WINDOW.hour; window < WINDOW_LENGTHS.length; window++) {
      const start = Math.max(this.#unread[window]!, tails[window]!);
      const end = Math.min(tails[window]! + PREFETCH_ROWS + PREFETCH_ROWS / 2, log.head);
      for (let seq = start; seq < end; seq++) {
        const event = 2 * log.at(seq);
        sum ^= outflow.peek(log.whole[event + EVENT_WHOLE.payer]!);
        sum ^= inflow.peek(log.whole[event + EVENT_WHOLE.payee]!);
        const device = log.whole[event + EVENT_WHOLE.device]!;
        if (device >= 0) sum ^= devices.whole[2 * devices.width * device]!;
        if (window === WINDOW.quarter) sum ^= pairs.whole[2 * pairs.width * log.whole[event + EVENT_WHOLE.pair]!]!;
      }
      this.#unread[window] = end;
    }
    return sum;
  }
}
