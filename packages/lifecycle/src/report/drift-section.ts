import { escapeText } from "@esteira/models/pictures/svg";
import type { DriftRow } from "../monitoring/drift.ts";
import { badge, named, orDash, type Page, section, table } from "./page.ts";
import { histogramSketch } from "./small-pictures.ts";

/** How many features the table shows; the rest moved less, or matter less. */
const SHOWN = 15;

/** What has moved, ranked by what it does to the model. */
export function driftSection(page: Page): string {
  const { report, words, figures } = page;
  const shown = report.drift.slice(0, SHOWN);
  const rows = [
    { row: { ...report.scoreDrift, feature: words.score }, kind: "total" },
    ...shown.map((row) => ({ row, kind: row.level })),
  ].map(({ row, kind }) => ({ kind, cells: cellsOf(row, page) }));
  const columns = [
    { head: words.feature, left: true },
    { head: words.distribution },
    { head: "PSI" },
    { head: words.byChance, wideOnly: true },
    { head: "KS", wideOnly: true },
    { head: "p", wideOnly: true },
    { head: words.missing, wideOnly: true },
    { head: words.importance },
  ];
  const legend = `<p class="legend"><i class="quiet"></i>${words.reference}<i class="one"></i>${words.present}</p>`;
  const rest = report.drift.length - shown.length;
  const more = rest > 0 ? `<p class="note">${words.moreFeatures(figures.count(rest))}</p>` : "";
  return section(words.drift, words.driftNote, legend + table(columns, rows) + more);
}

function cellsOf(row: DriftRow, { words, figures }: Page): string[] {
  return [
    named(escapeText(row.feature), badge(row.level === "stable" ? "ok" : row.level, words.level[row.level])),
    histogramSketch(row.histogram.reference, row.histogram.current, words.distribution),
    orDash(row.psi, (value) => figures.decimals(value, 3)),
    orDash(row.expectedPsi, (value) => figures.decimals(value, 3)),
    orDash(row.ks, (value) => figures.decimals(value, 3)),
    orDash(row.p, (value) => (value < 0.001 ? `&lt; ${figures.decimals(0.001, 3)}` : figures.decimals(value, 3))),
    row.missingReference === 0 && row.missingCurrent === 0
      ? "–"
      : `${figures.percent(row.missingReference)} → ${figures.percent(row.missingCurrent)}`,
    row.feature === words.score ? "" : figures.percent(row.importance),
  ];
}
