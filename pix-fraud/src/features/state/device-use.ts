import { type EventLog, eventFields, eventWholeFields, marks } from "./event-log.ts";
import { PairTable } from "./pair-table.ts";
import { Records } from "./records.ts";
import type { Rings } from "./rings.ts";
import { windows } from "./windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const WINDOW = windows;
const EVENT = eventFields;
const EVENT_WHOLE = eventWholeFields;
const MARK = marks;

/** Whole numbers of a device. `member` is one account that used it (-1 none), so that the next one joins its ring. */
const DEVICE_WHOLE = { count1h: 0, count24h: 1, customers7d: 2, knownFrauds: 3, member: 4 } as const;

/** Numbers of a link (device, payer), after the table's own. */
const LINK = { firstTime: 1, lastSeq: 2 } as const;

export const deviceFields = DEVICE_WHOLE;
export const linkFields = LINK;

const DEVICE_LAYOUT = { width: 4, whole: [[DEVICE_WHOLE.member, -1]] } as const;
const LINK_LAYOUT = { width: 4 } as const;

/** Which device pays for which account. Events without a device (-1) leave no trace here. */
export class DeviceUse {
  readonly records: Records;
  readonly links: PairTable;
  readonly #rings: Rings;
  #device = -1;
  #payer = -1;
  #link = -1;

  constructor(rings: Rings, devices: number) {
    this.records = new Records(DEVICE_LAYOUT, devices);
    this.links = new PairTable(LINK_LAYOUT, devices);
    this.#rings = rings;
  }

  /** The number of the link (device, payer), or -1. The last answer is kept, as in Relations. */
  find(device: number, payer: number): number {
    if (device !== this.#device || payer !== this.#payer) {
      this.#link = this.links.find(device, payer);
      this.#device = device;
      this.#payer = payer;
    }
    return this.#link;
  }

  /** Reads the device and the place where its link with the payer is looked for. */
  peek(device: number, payer: number): number {
    if (device < 0) return 0;
    return this.records.whole[2 * device * this.records.width]! ^ this.links.peek(device, payer);
  }

  add(log: EventLog, seq: number, payer: number, tails: Float64Array): void {
    const event = log.at(seq);
    const device = log.whole[2 * event + EVENT_WHOLE.device]!;
    if (device < 0) return;
    const { whole, width } = this.records;
    const at = 2 * device * width;
    whole[at + DEVICE_WHOLE.count1h]! += 1;
    whole[at + DEVICE_WHOLE.count24h]! += 1;
    let link = this.find(device, payer);
    let last = -1;
    if (link < 0) {
      link = this.links.add(device, payer);
      this.#link = link;
      const links = this.links.records;
      links.numbers[link * links.width + LINK.firstTime] = log.numbers[event + EVENT.time]!;
      const member = whole[at + DEVICE_WHOLE.member]!;
      if (member < 0) whole[at + DEVICE_WHOLE.member] = payer;
      else this.#rings.join(payer, member);
    } else last = this.links.records.numbers[link * this.links.records.width + LINK.lastSeq]!;
    if (last < tails[WINDOW.week]!) whole[at + DEVICE_WHOLE.customers7d]! += 1;
    // Nobody asks for the mark of an event that has left the week.
    else log.whole[2 * log.at(last) + EVENT_WHOLE.logAmountAndMarks]! |= MARK.linkSuperseded;
    const links = this.links.records;
    links.numbers[link * links.width + LINK.lastSeq] = seq;
  }

  expire(log: EventLog, seq: number, window: number): void {
    const event = 2 * log.at(seq);
    const device = log.whole[event + EVENT_WHOLE.device]!;
    if (device < 0) return;
    const { whole, width } = this.records;
    const at = 2 * device * width;
    if (window === WINDOW.hour) whole[at + DEVICE_WHOLE.count1h]! -= 1;
    else if (window === WINDOW.day) whole[at + DEVICE_WHOLE.count24h]! -= 1;
    else if (window === WINDOW.week) {
      const marks = log.whole[event + EVENT_WHOLE.logAmountAndMarks]!;
      if ((marks & MARK.linkSuperseded) === 0) whole[at + DEVICE_WHOLE.customers7d]! -= 1;
    }
  }
}
