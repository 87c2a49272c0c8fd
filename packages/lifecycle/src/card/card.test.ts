import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../monitoring/reason-words.ts";
import { FACTS, MISSING_REASONS, modelCardJsonSchema, modelCardSchema, renderCardJson } from "./card.ts";
import { CARD_WORDS } from "./card-words.ts";
import { hostileCard } from "./hostile-card.testing.ts";
import { renderCardHtml } from "./render-html.ts";
import { renderCardMarkdown } from "./render-markdown.ts";

/** Text of the page, without styles. */
const textOf = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === "/" || name === "meta") continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe.each(LANGUAGES)("the card in %s", (language) => {
  const html = renderCardHtml(hostileCard(), { language });
  const markdown = renderCardMarkdown(hostileCard(), { language });

  it("is a page that stands alone, whatever it is told", () => {
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=|<[^>]*\sonload=/);
    expect(unbalanced(html)).toEqual([]);
    expect(textOf(html)).not.toMatch(/NaN|undefined|\bnull\b|Infinity/);
  });

  it("is Markdown in which nothing that it is told is markup", () => {
    expect(markdown).not.toMatch(/<script|https?:\/\/|(^|[^\\])\*\*bold|\]\(javascript|@here/);
    // Headings are its own, and no row of a table has another number of cells than its head.
    const { title, limits, lineage } = CARD_WORDS[language];
    const headings = markdown.split("\n").filter((line) => line.startsWith("#"));
    expect(headings[0]).toContain(title);
    expect(headings).toContain(`## ${limits}`);
    expect(headings).toContain(`## ${lineage}`);
    expect(headings).toHaveLength(10);
    const cells = (line: string) => line.split(/(?<!\\)\|/).length;
    const lines = markdown.split("\n");
    lines.forEach((line, i) => {
      if (line.startsWith("|") && lines[i - 1]?.startsWith("|")) expect(cells(line)).toBe(cells(lines[i - 1]!));
    });
  });

  it("says what speaks against the version before anything else of its limits", () => {
    for (const text of [textOf(html), markdown]) {
      const { otherModel, changedCode } = CARD_WORDS[language];
      const [first, second] = [
        text.indexOf(otherModel.replace("'", text === markdown ? "'" : "&#39;")),
        text.indexOf(changedCode),
      ];
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(first);
    }
  });

  it("writes figures as the language does, with their intervals", () => {
    expect(textOf(html)).toMatch(language === "en" ? /0\.309 0\.205 – 0\.450/ : /0,309 0,205 – 0,450/);
    expect(markdown).toContain(language === "en" ? "76.2% | 56.5% – 87.8%" : "76,2% | 56,5% – 87,8%");
  });
});

it("has a word for every fact and reason in both languages", () => {
  for (const language of LANGUAGES) {
    expect(Object.keys(CARD_WORDS[language].facts)).toEqual([...FACTS]);
    expect(Object.keys(CARD_WORDS[language].reasons)).toEqual([...MISSING_REASONS]);
  }
});

it("is the same card after JSON", () => {
  expect(modelCardSchema.parse(JSON.parse(renderCardJson(hostileCard())))).toEqual(hostileCard());
});

it("the published JSON Schema is the one that the code has (npm run schema -w packages/lifecycle)", () => {
  const published = readFileSync(new URL("../../schema/model-card.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(modelCardJsonSchema())));
});
