import { emptyTransfer, type Transfer } from "../../ledger/ledger.ts";
import type { CalendarDay } from "./calendar.ts";
import type { Records } from "./records.ts";

/** The records that features read. */
export interface MomentRecords {
  /** What accounts paid (fields OUT) and received (fields IN). */
  readonly outflow: Records;
  readonly inflow: Records;
  /** Pairs (fields PAIR). */
  readonly pairs: Records;
  /** Devices (fields DEVICE) and links (fields LINK). */
  readonly devices: Records;
  readonly links: Records;
}

/**
 * Everything that a feature may look at for one transfer: the transfer itself and the places, in the records, of the
 * entities it names, as they were before it. Filled anew for each row; nothing here is kept.
 *
 * A place is where a record's numbers begin; its whole numbers begin at twice that.
 */
export class Moment {
  transfer: Transfer = emptyTransfer();
  /** The clock of the windows: the transfer's time, or the newest time seen when the transfer comes late. */
  now = 0;
  /** ln(1 + R$) of the transfer. */
  logAmount = 0;
  /** Local minute of the day (0..1439), hour, and day counted from 1970-01-01. */
  minute = 0;
  hour = 0;
  day: CalendarDay = { isDayOff: false, daysSincePayday: 0 };
  isNight = false;
  /** Number of the limit period: two a day, changing at 06:00 and 20:00 local. */
  limitPeriod = 0;

  readonly outflow: Records;
  readonly inflow: Records;
  payerOut = 0;
  payerIn = 0;
  payeeIn = 0;

  /** -1 where nobody paid so before. */
  readonly pairs: Records;
  pair = -1;
  hasReversePair = false;
  reversePairLast24h = false;

  /** -1 unknown or never seen. */
  readonly devices: Records;
  device = -1;
  readonly links: Records;
  link = -1;

  payerRingFrauds = 0;
  payeeRingSize = 0;
  payeeRingFrauds = 0;
  /** Known frauds of everybody over payments, of the last 90 days, that are older than 7 days; NaN without any. */
  baseRate = Number.NaN;

  constructor(records: MomentRecords) {
    this.outflow = records.outflow;
    this.inflow = records.inflow;
    this.pairs = records.pairs;
    this.devices = records.devices;
    this.links = records.links;
  }
}
