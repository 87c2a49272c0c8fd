import type { Transfer, TransferColumns } from "../ledger/ledger.ts";
import type { FeaturePlan } from "./catalogue.ts";
import { Calendar, type Holidays } from "./state/calendar.ts";
import { DeviceUse } from "./state/device-use.ts";
import { EventLog, eventFields, eventWholeFields, markBits } from "./state/event-log.ts";
import { Inflow } from "./state/inflow.ts";
import { type KnownFraud, KnownFrauds } from "./state/known-frauds.ts";
import { Moment } from "./state/moment.ts";
import { Outflow } from "./state/outflow.ts";
import { Prefetch } from "./state/prefetch.ts";
import { pairFields, Relations } from "./state/relations.ts";
import { Rings } from "./state/rings.ts";
import { DAY, HOUR, logOfCents, MINUTE, scaled, WINDOW_LENGTHS, windows } from "./state/windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const WINDOW = windows;
const EVENT = eventFields;
const EVENT_WHOLE = eventWholeFields;
const MARK_BITS = markBits;
const PAIR = pairFields;

export interface FeatureStateOptions {
  /** Columns of the vector, in order. */
  readonly plan: FeaturePlan;
  /** Milliseconds to add to UTC for the customer's clock. */
  readonly utcOffset: number;
  readonly holidays: Holidays;
  /** Room to start with; everything grows by itself. */
  readonly expected?: { readonly accounts?: number; readonly devices?: number; readonly events?: number };
}

const NIGHT_ENDS = 6;
const NIGHT_BEGINS = 20;

/**
 * The past, as far as features need it, and the vector of the next transfer against it. Offline tables and the online
 * service run this one class, so they agree to the bit.
 *
 * The order of calls is the order of the world: `compute` a transfer, `update` with it, go on to the next. A transfer
 * sees every one updated before it, those of its own millisecond too, and nothing else; the frauds it sees are those with
 * `knownAt` at or before its time. A transfer whose time lies before the newest one seen is computed as of the newest.
 */
export class FeatureState {
  readonly width: number;
  /** The newest instant seen, ms since the epoch; -Infinity at first. */
  clock = Number.NEGATIVE_INFINITY;
  readonly #plan: FeaturePlan;
  readonly #row: Float64Array;
  readonly #utcOffset: number;
  readonly #calendar: Calendar;
  readonly #moment: Moment;
  readonly #log: EventLog;
  /** Sequence number of the oldest event in each window. */
  readonly #tails = new Float64Array(WINDOW_LENGTHS.length);
  readonly #outflow: Outflow;
  readonly #inflow: Inflow;
  readonly #relations: Relations;
  readonly #rings: Rings;
  readonly #devices: DeviceUse;
  readonly #frauds: KnownFrauds;
  readonly #prefetch: Prefetch;

  constructor(options: FeatureStateOptions) {
    const accounts = options.expected?.accounts ?? 0;
    const events = options.expected?.events ?? 1024;
    this.#plan = options.plan;
    this.width = options.plan.columns.length;
    this.#row = new Float64Array(options.plan.scratchWidth);
    this.#utcOffset = options.utcOffset;
    this.#calendar = new Calendar(options.holidays);
    this.#log = new EventLog(events);
    this.#outflow = new Outflow(accounts);
    this.#inflow = new Inflow(this.#outflow, accounts);
    this.#relations = new Relations(this.#outflow, this.#inflow, Math.ceil(events / 2));
    this.#rings = new Rings(accounts);
    this.#devices = new DeviceUse(this.#rings, options.expected?.devices ?? 0);
    this.#frauds = new KnownFrauds(this.#inflow, this.#devices, this.#rings);
    this.#prefetch = new Prefetch({
      log: this.#log,
      tails: this.#tails,
      outflow: this.#outflow,
      inflow: this.#inflow,
      relations: this.#relations,
      devices: this.#devices,
      rings: this.#rings,
    });
    this.#moment = new Moment({
      outflow: this.#outflow.records,
      inflow: this.#inflow.records,
      pairs: this.#relations.pairs.records,
      devices: this.#devices.records,
      links: this.#devices.links.records,
    });
  }

  /** Writes the transfer's `width` features at `out[offset]` and on. Leaves no trace but the clock. */
  compute(transfer: Transfer, out: Float32Array | Float64Array, offset: number): void {
    this.#arrive(transfer);
    this.#write(transfer, out, offset);
  }

  /** Makes the transfer part of the past. */
  update(transfer: Transfer): void {
    this.#arrive(transfer);
    this.#add(transfer, logOfCents(transfer.amountCents));
  }

  /** `compute`, then `update`. */
  process(transfer: Transfer, out: Float32Array | Float64Array, offset: number): void {
    this.#arrive(transfer);
    this.#write(transfer, out, offset);
    this.#add(transfer, this.#moment.logAmount);
  }

  /** Hint: rows `from` and on of the ledger come next, PREFETCH_ROWS of them. Makes them faster, changes nothing. */
  prefetch(transfers: TransferColumns, from: number): void {
    this.#prefetch.read(transfers, from);
  }

  /** A fraud was reported and accepted. Before `knownAt` it is kept and changes nothing. */
  learn(fraud: KnownFraud): void {
    this.#ensure(fraud.payer, fraud.payee, fraud.device);
    this.#frauds.learn(fraud);
  }

  #write(transfer: Transfer, out: Float32Array | Float64Array, offset: number): void {
    this.#look(transfer);
    const row = this.#row;
    const { writes, starts, columns } = this.#plan;
    for (let group = 0; group < writes.length; group++) writes[group]!(this.#moment, row, starts[group]!);
    for (let at = 0; at < columns.length; at++) out[offset + at] = row[columns[at]!]!;
  }

  #add(transfer: Transfer, logAmount: number): void {
    const log = this.#log;
    const seq = log.push();
    const event = log.at(seq);
    log.numbers[event + EVENT.time] = this.clock;
    log.numbers[event + EVENT.amount] = transfer.amountCents;
    log.whole[2 * event + EVENT_WHOLE.payer] = this.#outflow.number(transfer.payer);
    log.whole[2 * event + EVENT_WHOLE.payee] = transfer.payee;
    log.whole[2 * event + EVENT_WHOLE.device] = transfer.device;
    log.whole[2 * event + EVENT_WHOLE.logAmountAndMarks] = scaled(logAmount) << MARK_BITS;
    this.#outflow.add(log, seq, transfer, this.#hour(this.clock), this.#limitPeriod(this.clock));
    this.#inflow.add(log, seq, transfer.payer);
    this.#relations.add(log, seq, transfer.payer, this.#tails);
    this.#devices.add(log, seq, transfer.payer, this.#tails);
  }

  #arrive(transfer: Transfer): void {
    this.#ensure(transfer.payer, transfer.payee, transfer.device);
    if (transfer.time > this.clock) this.clock = transfer.time;
    this.#expire(this.clock);
    this.#frauds.advance(this.clock);
  }

  #ensure(payer: number, payee: number, device: number): void {
    const account = Math.max(payer, payee);
    if (account >= this.#inflow.records.size) {
      this.#outflow.ensure(account);
      this.#inflow.records.ensure(account);
      this.#rings.ensure(account);
    }
    if (device >= this.#devices.records.size) this.#devices.records.ensure(device);
  }

  /** Takes out of every window, shortest first, what lies at or before its edge. */
  #expire(now: number): void {
    const log = this.#log;
    const tails = this.#tails;
    for (let window = 0; window < WINDOW_LENGTHS.length; window++) {
      const edge = now - WINDOW_LENGTHS[window]!;
      let seq = tails[window]!;
      while (seq < log.head) {
        const time = log.numbers[log.at(seq) + EVENT.time]!;
        if (time > edge) break;
        this.#outflow.expire(log, seq, window, window === WINDOW.quarter ? this.#hour(time) : 0);
        if (window !== WINDOW.tenMinutes) {
          this.#inflow.expire(log, seq, window);
          this.#relations.expire(log, seq, window);
          this.#devices.expire(log, seq, window);
        }
        seq++;
      }
      tails[window] = seq;
    }
    log.tail = tails[WINDOW.quarter]!;
  }

  #look(transfer: Transfer): void {
    const m = this.#moment;
    const { payer, payee, device } = transfer;
    m.transfer = transfer;
    m.now = this.clock;
    m.logAmount = logOfCents(transfer.amountCents);
    const local = transfer.time + this.#utcOffset;
    const day = Math.floor(local / DAY);
    m.minute = Math.floor((local - day * DAY) / MINUTE);
    m.hour = Math.floor(m.minute / 60);
    m.day = this.#calendar.day(day);
    m.isNight = m.hour < NIGHT_ENDS || m.hour >= NIGHT_BEGINS;
    m.limitPeriod = this.#limitPeriod(transfer.time);

    m.payerOut = this.#outflow.find(payer) * m.outflow.width;
    m.payerIn = payer * m.inflow.width;
    m.payeeIn = payee * m.inflow.width;

    const pair = this.#relations.find(payer, payee);
    m.pair = pair < 0 ? -1 : pair * m.pairs.width;
    const reverse = this.#relations.pairs.find(payee, payer);
    m.hasReversePair = reverse >= 0;
    m.reversePairLast24h =
      reverse >= 0 && m.pairs.numbers[reverse * m.pairs.width + PAIR.lastSeq]! >= this.#tails[WINDOW.day]!;

    if (device < 0) {
      m.device = -1;
      m.link = -1;
    } else {
      const link = this.#devices.find(device, payer);
      m.device = device * m.devices.width;
      m.link = link < 0 ? -1 : link * m.links.width;
    }
    m.payerRingFrauds = this.#rings.fraudsOf(payer);
    m.payeeRingSize = this.#rings.sizeOf(payee);
    m.payeeRingFrauds = this.#rings.fraudsOf(payee);
    const old = this.#tails[WINDOW.week]! - this.#tails[WINDOW.quarter]!;
    m.baseRate = old > 0 ? this.#frauds.count / old : Number.NaN;
  }

  #hour(time: number): number {
    const local = time + this.#utcOffset;
    return Math.floor((local - Math.floor(local / DAY) * DAY) / HOUR);
  }

  /** Days turn into nights at 20:00 and nights into days at 06:00: two periods from each 06:00 on. */
  #limitPeriod(time: number): number {
    const sinceSix = time + this.#utcOffset - NIGHT_ENDS * HOUR;
    const day = Math.floor(sinceSix / DAY);
    return 2 * day + (sinceSix - day * DAY >= (NIGHT_BEGINS - NIGHT_ENDS) * HOUR ? 1 : 0);
  }
}
