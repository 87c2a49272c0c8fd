import { escapeText } from "@esteira/models/pictures/svg";
import { timeSeriesPicture } from "@esteira/models/pictures/time-series";
import { badge, orDash, type Page, responsive, section, share } from "./page.ts";

/** The verdict, its reasons in plain words, and the figures that a person asks for first. */
export function summarySection(page: Page): string {
  const { report, words, figures, language } = page;
  const { identity, window } = report;
  const reasons = report.reasons.map(
    ({ level, text }) =>
      `<li class="${level}">${badge(level, words.levels[level])}<p>${escapeText(text[language])}</p></li>`,
  );
  return `<header><p class="kicker">${words.title}</p>
<h1>${escapeText(identity.model)} <span>${words.version} ${escapeText(identity.version)}</span></h1>
<p class="note">${figures.date(window.from)} – ${figures.date(window.to)} · ${words.asOf} ${figures.date(report.asOf)}</p></header>
<section class="verdict ${report.verdict}"><p class="word">${words.verdict[report.verdict]}</p><ul>${reasons.join("")}</ul></section>
${keyFigures(page)}`;
}

function keyFigures({ report, words, figures }: Page): string {
  const { alertRate, latency, performance } = report;
  const mature = performance.mature;
  const range = (low: number, high: number) => `${figures.percent(low)} – ${figures.percent(high)}`;
  const noMature = [words.matureRecall, "–", words.noneMature] as const;
  const shown = [
    [words.transfers, figures.count(alertRate.transfers), `${figures.count(alertRate.alerts)} ${words.alerts}`],
    [words.alertRate, share(alertRate.rate, figures), `${words.budget} ${figures.percent(alertRate.budget)}`],
    mature === null
      ? noMature
      : [
          words.matureRecall,
          share(mature.recall, figures),
          range(mature.recallInterval.low, mature.recallInterval.high),
        ],
    mature === null
      ? [words.matureMoney, "–", words.noneMature]
      : [
          words.matureMoney,
          share(mature.valueRecall, figures),
          words.of(
            figures.money(mature.moneyCaught, report.identity.currency),
            figures.money(mature.money, report.identity.currency),
          ),
        ],
    latency === null
      ? [words.latency, "–", words.notMeasured]
      : [words.latency, `${orDash(latency.p99, figures.number)} ms`, `p50 ${orDash(latency.p50, figures.number)} ms`],
  ];
  return `<div class="figures">${shown
    .map(([name, value, more]) => `<div><span>${name}</span><b>${value}</b><span>${more}</span></div>`)
    .join("")}</div>`;
}

/** Alerts by day against the budget, and the service's latency. */
export function operationSection({ report, words, figures, language }: Page): string {
  const { days, budget } = report.alertRate;
  const { latency } = report;
  const chart = (width: number) =>
    timeSeriesPicture({
      title: words.perDay,
      locale: language,
      yTitle: "",
      width,
      height: 260,
      format: figures.percent,
      series: [
        {
          name: words.alertRate,
          x: days.map(({ from }) => from),
          y: days.map(({ transfers, alerts }) => (transfers === 0 ? Number.NaN : alerts / transfers)),
          dots: days.length <= 45,
        },
      ],
      limits: [{ at: budget, text: `${words.budget} ${figures.percent(budget)}` }],
    });
  const quantiles =
    latency === null
      ? ""
      : `<div class="figures tight">${(["p50", "p90", "p95", "p99", "max"] as const)
          .map(
            (name) =>
              `<div><span>${name === "max" ? words.slowest : name}</span><b>${orDash(latency[name], figures.number)} ms</b></div>`,
          )
          .join("")}</div>`;
  return section(
    words.operation,
    latency === null ? words.operationNote : words.operationNoteLatency(figures.count(latency.count)),
    responsive(chart) + quantiles,
  );
}
