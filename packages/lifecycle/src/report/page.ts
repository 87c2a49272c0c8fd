import { type Figures, figuresOf } from "../monitoring/figures.ts";
import type { MonitorReport } from "../monitoring/monitor.ts";
import type { Language } from "../monitoring/reason-words.ts";
import { REPORT_WORDS, type ReportWords } from "./report-words.ts";

/** What every section is drawn from. */
export interface Page {
  readonly report: MonitorReport;
  readonly words: ReportWords;
  readonly figures: Figures;
  readonly language: Language;
}

export const pageOf = (report: MonitorReport, language: Language): Page => ({
  report,
  words: REPORT_WORDS[language],
  figures: figuresOf(language),
  language,
});

/** A figure that may not exist: NaN in memory, null after JSON. */
export const orDash = (value: number, text: (value: number) => string): string =>
  Number.isFinite(value) ? text(value) : "–";

export const share = (value: number, figures: Figures): string => orDash(value, figures.percent);

/** Columns of a table: heading, and whether a phone can do without it. */
export interface Column {
  readonly head: string;
  readonly wideOnly?: boolean;
  readonly left?: boolean;
}

/** A table; the cells are markup, already safe. */
export function table(
  columns: readonly Column[],
  rows: readonly { readonly cells: readonly string[]; readonly kind?: string }[],
): string {
  const classOf = (column: Column | undefined) => {
    const names = [column?.wideOnly === true ? "wide-cell" : "", column?.left === true ? "left" : ""].join(" ").trim();
    return names === "" ? "" : ` class="${names}"`;
  };
  const head = columns.map((column) => `<th scope="col"${classOf(column)}>${column.head}</th>`).join("");
  const body = rows.map(({ cells, kind }) => {
    const inner = cells.map((cell, i) => `<td${classOf(columns[i])}>${cell}</td>`).join("");
    return `<tr${kind === undefined ? "" : ` class="${kind}"`}>${inner}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

/** A picture drawn twice, for a desk and for a phone: shrinking one would shrink its letters too. */
export const responsive = (draw: (width: number) => string): string =>
  `<div class="picture wide">${draw(964)}</div><div class="picture narrow">${draw(390)}</div>`;

export const section = (title: string, note: string, content: string): string =>
  `<section><h2>${title}</h2><p class="note">${note}</p>${content}</section>`;

/** What a row is about, with its state: side by side at a desk, one above the other on a phone. */
export const named = (name: string, state: string): string =>
  `<div class="who"><span class="name">${name}</span>${state}</div>`;

export const badge = (kind: string, text: string): string => `<span class="badge ${kind}">${text}</span>`;
