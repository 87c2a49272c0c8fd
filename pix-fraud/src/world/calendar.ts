/** The Brazilian calendar: holidays, business days, paydays. Days are whole days since 1970-01-01 on the local clock. */
import { invalid } from "@esteira/core/errors";

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** Brasília is three hours behind UTC all year since 2019. */
export const UTC_OFFSET_MS = -3 * HOUR_MS;

/** "2026-03-02" to whole days since the epoch. */
export function parseDay(text: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const ms = match ? Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text)
    throw invalid(`The start day "${text}" is not a date: write it as YYYY-MM-DD, for example 2026-03-02.`);
  return ms / DAY_MS;
}

/** 0 is Sunday. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

const epochDay = (year: number, month: number, date: number): number => Date.UTC(year, month - 1, date) / DAY_MS;

/** Easter Sunday by the anonymous Gregorian computus. */
function easter(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return epochDay(year, Math.floor(n / 31), (n % 31) + 1);
}

/** National bank holidays of a year: the fixed ones, Carnival, Good Friday and Corpus Christi. */
function holidaysOf(year: number): number[] {
  const moving = easter(year);
  const fixed = [
    [1, 1],
    [4, 21],
    [5, 1],
    [9, 7],
    [10, 12],
    [11, 2],
    [11, 15],
    [12, 25],
  ].map(([month, date]) => epochDay(year, month!, date!));
  // Black Awareness Day is national since 2024 (Law 14.759/2023).
  if (year >= 2024) fixed.push(epochDay(year, 11, 20));
  return [...fixed, moving - 48, moving - 47, moving - 2, moving + 60];
}

/** What the arrivals need of each day of the period. */
export interface Calendar {
  readonly firstDay: number;
  readonly days: number;
  readonly weekday: Uint8Array;
  readonly holiday: Uint8Array;
  /** 1 on weekends and holidays. */
  readonly idle: Uint8Array;
  readonly dayOfMonth: Uint8Array;
  /** Days since the last payday of each kind (0 on the day itself, 255 before the first): 5th business day, 20th, last business day. */
  readonly sincePayday: readonly [Uint8Array, Uint8Array, Uint8Array];
}

interface Paydays {
  readonly fifth: number;
  readonly twentieth: number;
  readonly last: number;
}

function paydaysOf(year: number, month: number, isHoliday: (day: number) => boolean): Paydays {
  const first = epochDay(year, month, 1);
  const next = epochDay(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1);
  const business: number[] = [];
  for (let day = first; day < next; day++) {
    const weekday = weekdayOf(day);
    if (weekday !== 0 && weekday !== 6 && !isHoliday(day)) business.push(day);
  }
  return { fifth: business[4]!, twentieth: first + 19, last: business.at(-1)! };
}

export function calendarOf(firstDay: number, days: number): Calendar {
  const holidays = new Set<number>();
  const firstYear = new Date(firstDay * DAY_MS).getUTCFullYear();
  const lastYear = new Date((firstDay + days) * DAY_MS).getUTCFullYear();
  for (let year = firstYear - 1; year <= lastYear + 1; year++) for (const day of holidaysOf(year)) holidays.add(day);
  const isHoliday = (day: number): boolean => holidays.has(day);

  const weekday = new Uint8Array(days);
  const holiday = new Uint8Array(days);
  const idle = new Uint8Array(days);
  const dayOfMonth = new Uint8Array(days);
  const since: [Uint8Array, Uint8Array, Uint8Array] = [
    new Uint8Array(days).fill(255),
    new Uint8Array(days).fill(255),
    new Uint8Array(days).fill(255),
  ];
  for (let i = 0; i < days; i++) {
    const date = new Date((firstDay + i) * DAY_MS);
    weekday[i] = weekdayOf(firstDay + i);
    holiday[i] = isHoliday(firstDay + i) ? 1 : 0;
    idle[i] = holiday[i] === 1 || weekday[i] === 0 || weekday[i] === 6 ? 1 : 0;
    dayOfMonth[i] = date.getUTCDate();
  }
  for (let year = firstYear - 1; year <= lastYear; year++) {
    for (let month = 1; month <= 12; month++) {
      const { fifth, twentieth, last } = paydaysOf(year, month, isHoliday);
      for (const [kind, payday] of [fifth, twentieth, last].entries()) {
        for (let ahead = 0; ahead < 31; ahead++) {
          const index = payday + ahead - firstDay;
          if (index >= 0 && index < days) since[kind]![index] = ahead;
        }
      }
    }
  }
  return { firstDay, days, weekday, holiday, idle, dayOfMonth, sincePayday: since };
}
