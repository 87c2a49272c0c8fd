import { escapeText } from "@esteira/models/pictures/svg";
import type { Language } from "../monitoring/reason-words.ts";
import { badge, table } from "../report/page.ts";
import { REPORT_CSS } from "../report/report-css.ts";
import { shareSketch } from "../report/small-pictures.ts";
import type { ModelCard } from "./card.ts";
import type { Block, Cell, Section } from "./document.ts";
import { writeDocument } from "./write-document.ts";

/** What a card needs beyond a report's style. */
const CARD_CSS = `
header .badge{margin:.5rem .35rem 0 0;max-width:100%;white-space:normal;overflow-wrap:anywhere}
code{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl.facts{grid-template-columns:minmax(8rem,14rem) 1fr;gap:0 1.4rem}
dl.facts>*{padding:.45rem 0;border-bottom:1px solid var(--esteira-grid)}
dl.facts dd>div+div{margin-top:.2rem}
dl.facts small{display:inline-block}
dd{min-width:0}
.limits{list-style:none;padding:0;margin:.6rem 0 0;max-width:52rem}
.limits li{padding:.45rem 0 .45rem .9rem;border-left:3px solid var(--esteira-grid);margin:.4rem 0;overflow-wrap:anywhere}
.limits li.act{border-color:var(--tone);background:color-mix(in srgb,var(--tone) 6%,var(--esteira-paper))}
.scroll+.scroll,.scroll+dl,dl+.scroll,.note+.scroll{margin-top:1.4rem}
.scroll+.note{margin-top:.7rem}
td.left{white-space:normal;overflow-wrap:break-word}
td.left code{overflow-wrap:break-word}
th{overflow-wrap:anywhere}
h1,.note,.figures span{overflow-wrap:anywhere}
@media(max-width:44rem){
dl.facts{grid-template-columns:1fr}dl.facts dt{border:0;padding-bottom:0}dl.facts dd{padding-top:.05rem;margin:0}
}
`;

/** The card as one standalone page: no scripts, nothing fetched, light or dark as the reader's system is. */
export function renderCardHtml(card: ModelCard, options: { readonly language: Language }): string {
  const document = writeDocument(card, options.language);
  const figures = document.figures.map(
    ({ name, value, more }) =>
      `<div><span>${escapeText(name)}</span><b>${escapeText(value)}</b><span>${escapeText(more)}</span></div>`,
  );
  return `<!doctype html>
<html lang="${options.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escapeText(`${document.kicker} · ${document.name} ${document.version}`)}</title>
<style>${REPORT_CSS}${CARD_CSS}</style></head><body><main>
<header><p class="kicker">${escapeText(document.kicker)}</p>
<h1>${escapeText(document.name)} <span>${escapeText(document.version)}</span></h1>
<p class="note">${escapeText(document.note)}</p>${document.badges.map(cellHtml).join("")}</header>
${figures.length === 0 ? "" : `<div class="figures">${figures.join("")}</div>`}
${document.sections.map(sectionHtml).join("\n")}
</main></body></html>
`;
}

const sectionHtml = ({ title, note, blocks }: Section): string =>
  `<section><h2>${escapeText(title)}</h2>${note === undefined ? "" : `<p class="note">${escapeText(note)}</p>`}${blocks.map(blockHtml).join("")}</section>`;

function blockHtml(block: Block): string {
  switch (block.kind) {
    case "text":
      return `<p class="note">${escapeText(block.text)}</p>`;
    case "list":
      return `<ul class="limits">${block.items
        .map(
          ({ text, badge: kind, language }) =>
            `<li${kind === undefined ? "" : ` class="${kind}"`}${langOf(language)}>${escapeText(text)}</li>`,
        )
        .join("")}</ul>`;
    case "facts":
      return `<dl class="facts">${block.rows
        .map(
          ({ name, cells }) =>
            `<dt>${escapeText(name)}</dt><dd>${cells.map((cell) => `<div>${cellHtml(cell)}</div>`).join("")}</dd>`,
        )
        .join("")}</dl>`;
    case "table":
      return table(
        block.columns.map(({ head, isText, isWideOnly }) => ({
          head: escapeText(head),
          left: isText === true,
          wideOnly: isWideOnly === true,
        })),
        block.rows.map((cells) => ({ cells: cells.map(cellHtml) })),
      );
  }
}

function cellHtml({ text, isCode, badge: kind, more, share, language }: Cell): string {
  if (share !== undefined) {
    const name = `${Math.round(share.value * 100)}%`;
    return shareSketch({ ...share, alarming: false }, Number.NaN, name);
  }
  const safe = escapeText(text);
  const inner = kind !== undefined ? badge(kind, safe) : isCode === true ? `<code>${safe}</code>` : safe;
  const said = language === undefined ? inner : `<span${langOf(language)}>${inner}</span>`;
  return more === undefined || more === "" ? said : `${said} <small>${escapeText(more)}</small>`;
}

const langOf = (language: string | undefined): string =>
  language === undefined ? "" : ` lang="${escapeText(language)}"`;
