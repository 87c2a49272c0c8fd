import { escapeText } from "@esteira/models/pictures/svg";
import type { Page } from "./page.ts";

/** What was monitored, to the digest, and how. */
export function identitySection({ report, words, figures }: Page): string {
  const { identity, window } = report;
  const entries: [string, string][] = [
    [words.model, `models:/${identity.model}/${identity.version}`],
    [words.modelDigest, identity.modelDigest],
    [words.threshold, figures.number(identity.threshold)],
    [words.window, `${instant(window.from)} – ${instant(window.to)}`],
    [words.asOf, instant(report.asOf)],
    [words.data, identity.data],
    [words.dataDigest, identity.dataDigest],
    [words.reference, identity.reference],
  ];
  const list = entries.map(([name, text]) => `<dt>${name}</dt><dd>${escapeText(text)}</dd>`).join("");
  const notes = words.methodNotes.map((note) => `<li>${escapeText(note)}</li>`).join("");
  return `<section><h2>${words.identity}</h2><dl>${list}</dl></section>
<section><h2>${words.method}</h2><ul class="notes">${notes}</ul></section>`;
}

/** Unambiguous in any language: this is the record, not the reading. */
const instant = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
