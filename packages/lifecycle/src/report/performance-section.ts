import { lineChart } from "@esteira/models/pictures/line-chart";
import { escapeText } from "@esteira/models/pictures/svg";
import { cohortPicture } from "./cohort-picture.ts";
import { badge, named, orDash, type Page, responsive, section, share, table } from "./page.ts";

/** Realised performance: mature cohorts, and the young beside them, marked. */
export function performanceSection(page: Page): string {
  const { report, words, figures } = page;
  const rows = report.performance.cohorts.map((cohort) => ({
    kind: cohort.mature ? "mature" : "young",
    cells: [
      named(figures.day(cohort.from), badge(cohort.mature ? "ok" : "info", cohort.mature ? words.mature : words.young)),
      figures.count(cohort.transfers),
      figures.count(cohort.frauds),
      orDash(cohort.expectedFrauds, figures.count),
      share(cohort.labelsToCome, figures),
      Number.isFinite(cohort.recall)
        ? `${figures.percent(cohort.recall)} <small>${figures.percent(cohort.recallInterval.low)} – ${figures.percent(cohort.recallInterval.high)}</small>`
        : "–",
      cohort.estimated !== null && Number.isFinite(cohort.estimated.recall.value)
        ? `${figures.percent(cohort.estimated.recall.value)} <small>${figures.percent(cohort.estimated.recall.interval.low)} – ${figures.percent(cohort.estimated.recall.interval.high)}</small>`
        : "–",
      share(cohort.precision, figures),
      orDash(
        cohort.valueRecall,
        (value) =>
          `${figures.percent(value)} <small>${figures.money(cohort.moneyCaught, report.identity.currency)}</small>`,
      ),
    ],
  }));
  const columns = [
    { head: words.cohort, left: true },
    { head: words.transfers, wideOnly: true },
    { head: words.knownFrauds },
    { head: words.expectedFrauds, wideOnly: true },
    { head: words.toCome },
    { head: words.recall },
    { head: words.estimatedRecall, wideOnly: true },
    { head: words.precision, wideOnly: true },
    { head: words.money, wideOnly: true },
  ];
  return section(
    words.performance,
    words.performanceNote(figures.count(report.settings.maturityDays)),
    responsive((width) => cohortPicture(page, width)) + table(columns, rows) + maturity(page) + typologyMaturity(page),
  );
}

/** How soon labels become known: what "mature" rests on. */
function maturity({ report, words, figures, language }: Page): string {
  const { maturity: curve, settings } = report;
  if (curve.cases === 0) return `<p class="note">${words.noDelays}</p>`;
  const end = Math.max(1, Math.min(curve.knownByDay.length - 1, Math.ceil(settings.maturityDays * 1.5)));
  const days = Array.from({ length: end + 1 }, (_, day) => day);
  return responsive((width) =>
    lineChart({
      title: words.labelsByAge,
      subtitle: words.labelsByAgeNote({
        cases: figures.count(curve.cases),
        median: figures.decimals(curve.medianDays, 1),
        p90: figures.decimals(curve.p90Days, 1),
      }),
      width,
      height: 250,
      locale: language,
      x: { title: words.ageInDays, domain: [0, end], format: figures.count },
      y: { title: "", domain: [0, 1], ticks: [0, 0.5, 1], format: figures.percent },
      series: [{ name: words.labelsByAge, x: days, y: days.map((day) => curve.knownByDay[day] ?? Number.NaN) }],
      ...(settings.maturityDays < end ? { spans: [{ from: settings.maturityDays, to: end, text: words.mature }] } : {}),
    }),
  );
}

/** The same by typology: some kinds of fraud are told the same day, others after weeks. */
function typologyMaturity({ report, words, figures, language }: Page): string {
  const spoken = new Map(report.novelty.typologies.map((row) => [row.name, row.spoken[language]]));
  const days = (value: number) => orDash(value, (known) => figures.decimals(known, 1));
  const rows = report.maturityByTypology.map(({ name, curve }) => ({
    cells: [
      escapeText(spoken.get(name) ?? name),
      figures.count(curve.cases),
      days(curve.medianDays),
      days(curve.p90Days),
    ],
  }));
  if (rows.length === 0) return "";
  const columns = [
    { head: words.typology, left: true },
    { head: words.knownFrauds },
    { head: words.halfKnown },
    { head: words.mostKnown },
  ];
  return table(columns, rows);
}
