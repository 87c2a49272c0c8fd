import { escapeText } from "@esteira/models/pictures/svg";
import type { TypologyRow } from "../monitoring/novelty.ts";
import { badge, named, orDash, type Page, section, share, table } from "./page.ts";
import { shareSketch, weeksSketch } from "./small-pictures.ts";

/** Is it still the fraud that the model learnt? */
export function typologySection(page: Page): string {
  const { report, words } = page;
  const { typologies, all } = report.novelty;
  const order = [...typologies].sort((a, b) => urgency(a) - urgency(b) || b.frauds - a.frauds);
  const spoken = { en: words.allTypologies, "pt-BR": words.allTypologies };
  const rows = [
    ...order.map((row) => ({ kind: row.level, cells: cellsOf(row, page) })),
    ...(all.frauds > 0 ? [{ kind: "total", cells: cellsOf({ ...all, spoken }, page) }] : []),
  ];
  const columns = [
    { head: words.typology, left: true },
    { head: words.trained, wideOnly: true },
    { head: words.knownFrauds },
    { head: words.byWeek, wideOnly: true },
    { head: words.before },
    { head: words.now },
    { head: words.nowAndBefore, wideOnly: true },
  ];
  const legend = `<p class="legend wide"><i class="one"></i>${words.caught}<i class="two"></i>${words.missed}<i class="tick"></i>${words.before}</p>`;
  return section(
    words.typologies,
    words.typologiesNote,
    rows.length === 0 ? `<p class="note">${words.noTypologies}</p>` : legend + table(columns, rows),
  );
}

function cellsOf(row: TypologyRow, { words, figures, language }: Page): string[] {
  const alarming = row.level === "act" || row.level === "watch";
  const spoken = `${words.now} ${share(row.recall, figures)}, ${words.before} ${share(row.referenceRecall, figures)}`;
  return [
    named(
      escapeText(row.spoken[language]),
      badge(alarming ? row.level : row.status === "as_before" ? "ok" : "info", words.status[row.status]),
    ),
    orDash(row.trained, figures.count),
    figures.count(row.frauds),
    weeksSketch(row.weeks, row.weeks.map((week) => `${week.caught}/${week.frauds}`).join(", ")),
    share(row.referenceRecall, figures),
    share(row.recall, figures),
    shareSketch(
      row.frauds === 0 ? undefined : { value: row.recall, interval: row.recallInterval, alarming },
      row.referenceRecall,
      spoken,
    ),
  ];
}

const urgency = (row: TypologyRow): number => (row.level === "act" ? 0 : row.level === "watch" ? 1 : 2);
