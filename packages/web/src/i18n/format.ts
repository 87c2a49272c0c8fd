import { lazily } from "../shell/lazily.ts";
import type { Language } from "./language.ts";

/** What MLflow stores for infinities. */
const LARGEST = 1.7976931348623157e308;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Format {
  /** A count or any plain number. */
  number(value: number | bigint): string;
  /** A metric's value: five significant digits, very large and small ones in scientific notation. */
  metric(value: number): string;
  /** A metric's value with every digit it has. */
  exact(value: number): string;
  /** Milliseconds since the epoch as a day. */
  date(ms: number): string;
  /** The same without its year, for axes. */
  shortDate(ms: number): string;
  /** The day of an instant (milliseconds since the epoch), and its time of day. */
  day(ms: number): string;
  time(ms: number): string;
  /** Milliseconds since the epoch as date and time. */
  dateTime(ms: number): string;
  /** Milliseconds since the epoch as "3 hours ago", against `now`. */
  relative(ms: number, now: number): string;
  /** Milliseconds as at most two units: "2 min 3 s". */
  duration(ms: number): string;
  bytes(count: number): string;
  /** A share, 0 to 1, as per cent with two significant digits or more. */
  percent(share: number): string;
  /** Whole units of a currency, by its ISO code. */
  money(amount: number, currency: string): string;
}

type Unit = () => Intl.NumberFormat;

export function formatOf(language: Language): Format {
  // Each is made when it is first needed: to make one takes the browser as long as to format a thousand values.
  const integer = lazily(() => new Intl.NumberFormat(language, { maximumFractionDigits: 0 }));
  const digits = lazily(() => new Intl.NumberFormat(language, { maximumSignificantDigits: 5 }));
  const scientific = lazily(
    () => new Intl.NumberFormat(language, { notation: "scientific", maximumSignificantDigits: 5 }),
  );
  const all = lazily(() => new Intl.NumberFormat(language, { maximumSignificantDigits: 17, useGrouping: false }));
  const date = lazily(() => new Intl.DateTimeFormat(language, { dateStyle: "medium" }));
  const shortDate = lazily(() => new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }));
  const dateTime = lazily(() => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }));
  const day = lazily(() => new Intl.DateTimeFormat(language, { dateStyle: "full" }));
  const time = lazily(() => new Intl.DateTimeFormat(language, { timeStyle: "medium" }));
  const relative = lazily(() => new Intl.RelativeTimeFormat(language, { numeric: "auto" }));
  const unit = (name: string, fraction = 0) =>
    lazily(
      () =>
        new Intl.NumberFormat(language, {
          style: "unit",
          unit: name,
          unitDisplay: "short",
          maximumFractionDigits: fraction,
        }),
    );
  const units = {
    day: unit("day"),
    hour: unit("hour"),
    minute: unit("minute"),
    second: unit("second"),
    fineSecond: unit("second", 1),
    millisecond: unit("millisecond"),
  };
  // Short, English says "3 byte".
  const bytes = lazily(() => new Intl.NumberFormat(language, { style: "unit", unit: "byte", unitDisplay: "long" }));
  const sizes = [bytes, unit("kilobyte", 1), unit("megabyte", 1), unit("gigabyte", 1), unit("terabyte", 1)];

  const percent = lazily(() => new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 3 }));

  const special = (value: number): string | undefined => {
    if (Number.isNaN(value)) return "NaN";
    if (Math.abs(value) >= LARGEST) return value > 0 ? "∞" : "−∞";
    return undefined;
  };
  const pair = (ms: number, big: number, bigUnit: Unit, small: number, smallUnit: Unit) => {
    const bigs = Math.floor(ms / big);
    const smalls = Math.floor((ms - bigs * big) / small);
    return smalls === 0 ? bigUnit().format(bigs) : `${bigUnit().format(bigs)} ${smallUnit().format(smalls)}`;
  };

  return {
    number: (value) => integer().format(value),
    exact: (value) => special(value) ?? (value === 0 || sized(value) ? all().format(value) : String(value)),
    metric(value) {
      const odd = special(value);
      if (odd !== undefined) return odd;
      if (value !== 0 && !sized(value)) return scientific().format(value);
      return Number.isInteger(value) ? integer().format(value) : digits().format(value);
    },
    date: (ms) => date().format(ms),
    shortDate: (ms) => shortDate().format(ms),
    day: (ms) => day().format(ms),
    time: (ms) => time().format(ms),
    dateTime: (ms) => dateTime().format(ms),
    relative(ms, now) {
      const past = ms - now;
      const size = Math.abs(past);
      if (size < MINUTE) return relative().format(Math.round(past / SECOND), "second");
      if (size < HOUR) return relative().format(Math.round(past / MINUTE), "minute");
      if (size < DAY) return relative().format(Math.round(past / HOUR), "hour");
      if (size < 30 * DAY) return relative().format(Math.round(past / DAY), "day");
      if (size < 365 * DAY) return relative().format(Math.round(past / (30 * DAY)), "month");
      return relative().format(Math.round(past / (365 * DAY)), "year");
    },
    duration(ms) {
      if (ms < 0) return "–";
      if (ms < SECOND) return units.millisecond().format(ms);
      if (ms < MINUTE) return units.fineSecond().format(Math.min(ms / SECOND, 59.9));
      if (ms < HOUR) return pair(ms, MINUTE, units.minute, SECOND, units.second);
      if (ms < DAY) return pair(ms, HOUR, units.hour, MINUTE, units.minute);
      return pair(ms, DAY, units.day, HOUR, units.hour);
    },
    percent: (share) => percent().format(share),
    money: (amount, currency) =>
      new Intl.NumberFormat(language, { style: "currency", currency, maximumFractionDigits: 0 }).format(amount),
    bytes(count) {
      const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), sizes.length - 1);
      return sizes[power]!().format(count / 1000 ** power);
    },
  };
}

const sized = (value: number) => Math.abs(value) >= 1e-4 && Math.abs(value) < 1e9;
