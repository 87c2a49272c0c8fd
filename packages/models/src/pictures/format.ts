/** Formatters of tick labels and figures in one language. */
export interface Formats {
  readonly percent: (value: number) => string;
  /** One decimal. */
  readonly percentShort: (value: number) => string;
  readonly number: (value: number) => string;
  /** Three significant digits, for figures in a sentence. */
  readonly figure: (value: number) => string;
  readonly count: (value: number) => string;
  readonly day: (time: number) => string;
}

export function formats(locale = "en"): Formats {
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 4 });
  const percentShort = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 });
  const figure = new Intl.NumberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  return {
    percent: (value) => percent.format(Number(value.toPrecision(4))),
    percentShort: (value) => percentShort.format(value),
    number: (value) => number.format(Object.is(value, -0) ? 0 : value),
    figure: (value) => figure.format(value),
    count: (value) => count.format(value),
    day: (time) => day.format(time).replace(/ de /g, " ").replace(/\.$/, ""),
  };
}
