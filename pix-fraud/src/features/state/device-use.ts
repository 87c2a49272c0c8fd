import { EVENT, type EventLog } from "./event-log.ts";
import { PairTable } from "./pair-table.ts";
import { Records } from "./records.ts";
import type { Rings } from "./rings.ts";
import { WINDOW } from "./windows.ts";

/** Fields of a device. `member` is one account that used it (-1 none), so that the next one joins its ring. */
export const DEVICE = { count1h: 0, count24h: 1, customers7d: 2, knownFrauds: 3, member: 4 } as const;

/** Fields of a link (device, payer). */
export const LINK = { firstTime: 0, lastSeq: 1 } as const;

/** Which device pays for which account. Events without a device (-1) leave no trace here. */
export class DeviceUse {
  readonly records: Records;
  readonly links: Records;
  readonly #table: PairTable;
  readonly #rings: Rings;
  #device = -1;
  #payer = -1;
  #link = -1;

  constructor(rings: Rings, devices: number) {
    this.records = new Records([0, 0, 0, 0, -1, 0, 0, 0], devices);
    this.links = new Records([Number.NaN, -1], devices);
    this.#table = new PairTable(devices);
    this.#rings = rings;
  }

  /** The number of the link (device, payer), or -1. The last answer is kept, as in Relations. */
  find(device: number, payer: number): number {
    if (device !== this.#device || payer !== this.#payer) {
      this.#link = this.#table.find(device, payer);
      this.#device = device;
      this.#payer = payer;
    }
    return this.#link;
  }

  add(log: EventLog, seq: number, tails: Float64Array): void {
    const slot = seq & log.mask;
    const device = log.device[slot]!;
    if (device < 0) return;
    const payer = log.payer[slot]!;
    const { data, stride } = this.records;
    const at = device * stride;
    data[at + DEVICE.count1h]! += 1;
    data[at + DEVICE.count24h]! += 1;
    if (this.find(device, payer) < 0) {
      this.#link = this.#table.add(device, payer);
      this.links.ensure(this.#link);
      this.links.data[this.#link * this.links.stride + LINK.firstTime] = log.time[slot]!;
      const member = data[at + DEVICE.member]!;
      if (member < 0) data[at + DEVICE.member] = payer;
      else this.#rings.join(payer, member);
    }
    const lastAt = this.#link * this.links.stride + LINK.lastSeq;
    const last = this.links.data[lastAt]!;
    if (last < tails[WINDOW.week]!) data[at + DEVICE.customers7d]! += 1;
    if (last >= log.tail) log.flags[last & log.mask]! |= EVENT.linkSuperseded;
    this.links.data[lastAt] = seq;
  }

  expire(log: EventLog, seq: number, window: number): void {
    const slot = seq & log.mask;
    const device = log.device[slot]!;
    if (device < 0) return;
    const { data, stride } = this.records;
    const at = device * stride;
    if (window === WINDOW.hour) data[at + DEVICE.count1h]! -= 1;
    else if (window === WINDOW.day) data[at + DEVICE.count24h]! -= 1;
    else if (window === WINDOW.week && (log.flags[slot]! & EVENT.linkSuperseded) === 0) {
      data[at + DEVICE.customers7d]! -= 1;
    }
  }
}
