import { describe, expect, it } from "vitest";
import { monitor } from "../monitoring/monitor.ts";
import { LANGUAGES } from "../monitoring/reason-words.ts";
import { world } from "../monitoring/test-world.ts";
import { renderReportHtml } from "./report-html.ts";
import { REPORT_WORDS } from "./report-words.ts";

const alarmed = monitor(world({ lateTypology: 14, drift: 0.8 }));

/** Text of the page, without styles and pictures' markup. */
const textOf = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

/** Elements left open, or closed out of turn. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === "/" || name === "meta") continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe.each(LANGUAGES)("the page in %s", (language) => {
  const html = renderReportHtml(alarmed, { language });

  it("stands alone: nothing is fetched, nothing runs, every element is closed", () => {
    expect(html.startsWith("<!doctype html>")).toBe(true);
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=/);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    expect(unbalanced(html)).toEqual([]);
    expect(html).toMatch(/prefers-color-scheme: dark/);
    expect(html.length).toBeLessThan(150_000);
  });

  it("begins with the verdict and its reasons, in this language", () => {
    const text = textOf(html);
    const verdict = text.indexOf(REPORT_WORDS[language].verdict.act);
    expect(verdict).toBeGreaterThan(0);
    const kind = { en: "coercion", "pt-BR": "coação" }[language];
    expect(verdict).toBeLessThan(text.indexOf(kind));
    expect(text).toContain("T6 fake sale");
    expect(text.indexOf(kind)).toBeLessThan(text.indexOf(REPORT_WORDS[language].drift));
  });

  it("shows no figure that does not exist", () => {
    expect(textOf(html)).not.toMatch(/NaN|undefined|null|Infinity/);
  });
});

it("writes figures as the language does", () => {
  expect(textOf(renderReportHtml(alarmed, { language: "en" }))).toMatch(/28,000.*0\.\d+%/);
  const portuguese = textOf(renderReportHtml(alarmed, { language: "pt-BR" }));
  expect(portuguese).toMatch(/28\.000.*0,\d+%/);
  expect(portuguese).toMatch(/R\$\s/);
});

it("marks young cohorts and keeps them out of the first figure", () => {
  const html = renderReportHtml(alarmed, { language: "en" });
  expect(html.match(/<tr class="young">/g)).toHaveLength(2);
  expect(html.match(/<tr class="mature">/g)).toHaveLength(2);
  const { mature } = alarmed.performance;
  expect(textOf(html)).toContain(`Recall, mature ${(mature!.recall * 100).toFixed(1).replace(/\.0$/, "")}%`);
});

it("says so when nothing is mature, nothing is known, nothing was measured", () => {
  const input = world();
  input.decisions.fraud.fill(0);
  const { latencyMs: _latencyMs, ...decisions } = input.decisions;
  const text = textOf(
    renderReportHtml(monitor({ ...input, decisions, features: [], settings: { maturityDays: 90 } }), {
      language: "en",
    }),
  );
  expect(text).toContain("no cohort is mature yet");
  expect(text).toContain("not measured");
  expect(text).toContain("nothing can be said of how soon labels come");
  expect(text).not.toMatch(/NaN|Infinity/);
});

it("lets no name write markup", () => {
  const hostile = monitor({ ...world(), identity: { ...world().identity, model: `<img src=x onerror="alert(1)">` } });
  expect(renderReportHtml(hostile, { language: "en" })).not.toContain("<img");
});

it("renders a report that went through JSON alike", () => {
  const again: typeof alarmed = JSON.parse(JSON.stringify(alarmed));
  expect(textOf(renderReportHtml(again, { language: "en" }))).toBe(
    textOf(renderReportHtml(alarmed, { language: "en" })),
  );
});
