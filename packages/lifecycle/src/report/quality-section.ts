import { escapeText } from "@esteira/models/pictures/svg";
import { type HourSpan, hoursIn } from "../monitoring/quality/hour-spans.ts";
import { type Page, section, table } from "./page.ts";

/** What is wrong with the data itself: units, ranges, sources that had stopped, hours without a decision. */
export function qualitySection({ report, words, figures }: Page): string {
  const { rescaled, beyond, missing, silent } = report.quality;
  const hours = (span: HourSpan) => `${figures.moment(span.from)}, ${words.hours(figures.count(hoursIn(span)))}`;
  const rows = [
    ...rescaled.map(({ feature, factor }) => [feature, words.otherUnit, `× ${figures.number(factor)}`]),
    ...beyond.map(({ feature, share, least, largest }) => [
      feature,
      words.beyondRange,
      words.outside(figures.percent(share), `${figures.number(least)} – ${figures.number(largest)}`),
    ]),
    ...(missing ?? []).map((span) => [
      span.feature,
      words.sourceStopped,
      `${hours(span)}: ${words.of(figures.count(span.missing), figures.count(span.rows))}`,
    ]),
    ...(silent ?? []).map((span) => [
      words.decisions,
      words.nothingDecided,
      `${hours(span)}: ${words.usual(figures.count(span.expected))}`,
    ]),
  ];
  const columns = [
    { head: words.what, left: true },
    { head: words.problem, left: true },
    { head: words.found, left: true },
  ];
  return section(
    words.quality,
    rows.length === 0 ? words.qualityNothing : words.qualityNote,
    rows.length === 0
      ? ""
      : table(
          columns,
          rows.map((cells) => ({ cells: cells.map(escapeText) })),
        ),
  );
}
