import { DAY } from "./windows.ts";

/** Whose days off count besides the weekend: Brazil's national and bank holidays, or nobody's. */
export type Holidays = "BR" | "none";

export interface CalendarDay {
  /** Saturday, Sunday or a holiday. */
  readonly isDayOff: boolean;
  /** Business days since the latest 5th business day of a month; 0 on the day itself. */
  readonly daysSincePayday: number;
}

/** The same date every year, as month * 100 + day, and the first year in force. */
const FIXED: readonly (readonly [date: number, since: number])[] = [
  [101, 0],
  [421, 0],
  [501, 0],
  [907, 0],
  [1012, 0],
  [1102, 0],
  [1115, 0],
  [1120, 2024],
  [1225, 0],
];

/** Days from Easter Sunday: carnival Monday and Tuesday (banks), Good Friday, Corpus Christi (banks). */
const FROM_EASTER: readonly number[] = [-48, -47, -2, 60];

/** Local days, counted from 1970-01-01. Each day is worked out once. */
export class Calendar {
  readonly #holidays: Holidays;
  readonly #days = new Map<number, CalendarDay>();
  /** The day asked for last: transfers come in order of time, so it is nearly always the next one's too. */
  #latest = { number: Number.NaN, day: { isDayOff: false, daysSincePayday: 0 } as CalendarDay };

  constructor(holidays: Holidays) {
    this.#holidays = holidays;
  }

  day(day: number): CalendarDay {
    if (day === this.#latest.number) return this.#latest.day;
    let known = this.#days.get(day);
    if (known === undefined) {
      known = { isDayOff: this.#isDayOff(day), daysSincePayday: this.#sincePayday(day) };
      this.#days.set(day, known);
    }
    this.#latest = { number: day, day: known };
    return known;
  }

  #isDayOff(day: number): boolean {
    // 1970-01-01 was a Thursday.
    const weekday = (((day + 4) % 7) + 7) % 7;
    if (weekday === 0 || weekday === 6) return true;
    if (this.#holidays === "none") return false;
    const date = new Date(day * DAY);
    const year = date.getUTCFullYear();
    const monthAndDay = (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
    if (FIXED.some(([fixed, since]) => fixed === monthAndDay && year >= since)) return true;
    const easter = easterSunday(year);
    return FROM_EASTER.some((days) => easter + days === day);
  }

  #sincePayday(day: number): number {
    const date = new Date(day * DAY);
    const year = date.getUTCFullYear();
    const month = date.getUTCMonth();
    let payday = this.#fifthBusinessDay(year, month);
    if (payday > day) payday = this.#fifthBusinessDay(year, month - 1);
    let count = 0;
    for (let at = payday + 1; at <= day; at++) if (!this.#isDayOff(at)) count++;
    return count;
  }

  #fifthBusinessDay(year: number, month: number): number {
    let day = Date.UTC(year, month, 1) / DAY;
    for (let business = this.#isDayOff(day) ? 0 : 1; business < 5; ) {
      day++;
      if (!this.#isDayOff(day)) business++;
    }
    return day;
  }
}

/** Easter Sunday of a Gregorian year, in days since 1970-01-01 (the computus of Meeus, Jones and Butcher). */
const easterSunday = (year: number): number => {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const monthAndDay = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(monthAndDay / 31) - 1, (monthAndDay % 31) + 1) / DAY;
};
