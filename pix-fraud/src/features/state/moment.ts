import { emptyTransfer, type Transfer } from "../../ledger/ledger.ts";
import type { CalendarDay } from "./calendar.ts";

const NOTHING = new Float64Array(0);

/**
 * Everything that a feature may look at for one transfer: the transfer itself and the places, in the records, of the
 * entities it names, as they were before it. Filled anew for each row; nothing here is kept.
 */
export class Moment {
  transfer: Transfer = emptyTransfer();
  /** The clock of the windows: the transfer's time, or the newest time seen when the transfer comes late. */
  now = 0;
  /** Local minute of the day (0..1439), hour, and day counted from 1970-01-01. */
  minute = 0;
  hour = 0;
  day: CalendarDay = { isDayOff: false, daysSincePayday: 0 };
  isNight = false;
  /** Number of the limit period: two a day, changing at 06:00 and 20:00 local. */
  limitPeriod = 0;

  /** What accounts paid (fields OUT) and received (fields IN); where the records of payer and payee begin. */
  outflow: Float64Array = NOTHING;
  inflow: Float64Array = NOTHING;
  payerOut = 0;
  payerIn = 0;
  payeeIn = 0;
  /** Payments by hour of the day, 24 an account; where the payer's begin. */
  hours: Uint32Array = new Uint32Array(0);
  payerHours = 0;

  /** Pairs (fields PAIR); -1 where nobody paid so before. */
  pairs: Float64Array = NOTHING;
  pair = -1;
  reversePair = -1;

  /** Devices (fields DEVICE) and links (fields LINK); -1 unknown or never seen. */
  devices: Float64Array = NOTHING;
  device = -1;
  links: Float64Array = NOTHING;
  link = -1;

  payerRingFrauds = 0;
  payeeRingSize = 0;
  payeeRingFrauds = 0;
  /** Known frauds of everybody over payments, of the last 90 days, that are older than 7 days; NaN without any. */
  baseRate = Number.NaN;
}
