/** Numbers, shares and dates of sentences in one language. */
export interface Figures {
  percent(share: number): string;
  number(value: number): string;
  count(value: number): string;
  decimals(value: number, digits: number): string;
  date(time: number): string;
  /** Without the year, for tables. */
  day(time: number): string;
  /** With its hour, UTC. */
  moment(time: number): string;
  /** Whole units; from ten thousand on in thousands or millions. */
  money(value: number, currency: string): string;
}

export function figuresOf(locale: string): Figures {
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(locale, {
    ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    ...{ timeZone: "UTC", timeZoneName: "short" },
  } as const);
  return {
    percent: (share) => {
      // One decimal where it is readable, more where the share is small.
      const digits = Math.abs(share) >= 0.01 || share === 0 ? 1 : Math.abs(share) >= 0.001 ? 2 : 3;
      return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(share);
    },
    number: (value) => number.format(value),
    count: (value) => count.format(value),
    decimals: (value, digits) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value),
    date: (time) => date.format(time),
    day: (time) => day.format(time),
    moment: (time) => moment.format(time),
    money: (value, currency) =>
      new Intl.NumberFormat(locale, {
        style: "currency",
        currency,
        notation: Math.abs(value) >= 10_000 ? "compact" : "standard",
        maximumFractionDigits: Math.abs(value) >= 10_000 ? 1 : 0,
      }).format(value),
  };
}
